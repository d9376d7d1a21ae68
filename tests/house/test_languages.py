"""zh-CN and English are complete (design.md section 9)."""

import re
from importlib import import_module
from importlib.resources import files
from typing import Any

import typer
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tuoju.backups.errors import BackupError
from tuoju.launch.cli import COMMANDS, app
from tuoju.words.languages import FOLDER, merged_catalog

PLACEHOLDER = re.compile(r"%\(\w+\)s")
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
BACKUP_ERRORS = dict.fromkeys([error.__name__ for error in (BackupError, *BackupError.__subclasses__())])
"""Their first argument is a message."""


def messages() -> set[str | tuple[str, str]]:
    entries = [
        entry
        for package in ("tuoju.words", "tuoju.cities", "tuoju.documents", "tuoju.web", "tuoju.launch")
        for entry in extract_from_dir(str(files(package)), method_map=METHODS, keywords=KEYWORDS)
    ]
    entries += extract_from_dir(str(files("tuoju.backups")), method_map=METHODS, keywords=BACKUP_ERRORS)
    return {entry[2] if isinstance(entry[2], str) else entry[2][:2] for entry in entries} | help_of_commands()


def help_of_commands() -> set[str]:
    """The help of all commands, their options and arguments, as `cli.translate_help` looks it up."""
    commands = [typer.main.get_command(import_module(entry.module).app) for entry in COMMANDS.values()]
    commands.append(typer.main.get_command(app))
    parts: list[Any] = []
    while commands:
        command: Any = commands.pop()
        parts += [command, *command.params, command.get_help_option(typer.Context(command))]
        commands += getattr(command, "commands", {}).values()
    texts = {" ".join(part.help.split()) for part in parts if getattr(part, "help", None)}
    return texts | {entry.help for entry in COMMANDS.values()}


def test_every_message_is_in_chinese() -> None:
    catalog = merged_catalog("zh_CN")
    missing = []
    for message in messages():
        entry = catalog.get(message if isinstance(message, str) else message[0])
        if (
            entry is None
            or not entry.string
            or not all(entry.string if isinstance(entry.string, tuple) else [entry.string])
        ):
            missing.append(message)
    assert missing == []


def test_placeholders_are_the_same() -> None:
    for entry in merged_catalog("zh_CN"):
        if entry.id:
            source = entry.id[-1] if isinstance(entry.id, tuple) else entry.id
            target = entry.string[0] if isinstance(entry.string, tuple) else entry.string
            assert set(PLACEHOLDER.findall(source)) == set(PLACEHOLDER.findall(target)), source


def test_one_message_has_one_translation() -> None:
    known: dict[str, str] = {}
    for path in (FOLDER / "zh_CN").iterdir():
        with path.open("rb") as file:
            for entry in read_po(file):
                if entry.id:
                    assert known.setdefault(str(entry.id), str(entry.string)) == str(entry.string), entry.id


def test_no_translation_is_left_over() -> None:
    used = {message if isinstance(message, str) else message[0] for message in messages()}
    translated = {
        entry.id[0] if isinstance(entry.id, tuple) else entry.id for entry in merged_catalog("zh_CN") if entry.id
    }
    assert sorted(translated - used) == []
