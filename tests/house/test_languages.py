"""zh-CN and English are complete (design.md section 9)."""

import re
from importlib.resources import files

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tuoju.words.languages import FOLDER, merged_catalog

PLACEHOLDER = re.compile(r"%\(\w+\)s")
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


def messages() -> set[str | tuple[str, str]]:
    entries = [
        entry
        for package in ("tuoju.words", "tuoju.documents", "tuoju.web")
        for entry in extract_from_dir(str(files(package)), method_map=METHODS, keywords=KEYWORDS)
    ]
    return {entry[2] if isinstance(entry[2], str) else entry[2][:2] for entry in entries}


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
