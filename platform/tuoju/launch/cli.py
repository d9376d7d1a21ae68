"""The command line: `tuoju --help`."""

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

from tuoju.launch.errors import print_error
from tuoju.launch.language import gettext, systems_language, use_language
from tuoju.words.languages import N_
from tuoju_matching.lazy import lazy_module

if TYPE_CHECKING:
    from tuoju.launch import failures
else:
    failures = lazy_module("tuoju.launch.failures")


class CommandEntry(NamedTuple):
    """Where the Typer application `app` of a command is, and its line in the list of commands."""

    module: str
    help: str


COMMANDS = {
    "migrate": CommandEntry("tuoju.launch.commands.migrate", "Update the tables of the database."),
    "match": CommandEntry(
        "tuoju.launch.commands.match", "Match the needs of one sheet with the projects of another, without a server."
    ),
    "demo": CommandEntry(
        "tuoju.launch.commands.demo", "Build a demo city if there is none, and run everything on this machine."
    ),
    "simulate": CommandEntry(
        "tuoju.launch.commands.simulate", "Fill an empty database with a simulated month of all 1,233 societies."
    ),
    "serve": CommandEntry(
        "tuoju.launch.commands.serve", "Run web, worker and scheduler on this machine, with your own data."
    ),
    "web": CommandEntry("tuoju.launch.commands.web", "Serve the web pages and the API."),
    "check": CommandEntry(
        "tuoju.launch.commands.check", "Say what is wrong with this installation, and how to mend it."
    ),
    "figures": CommandEntry(
        "tuoju.launch.commands.figures", "Print the figures of the city report, counted from the rows."
    ),
    "plan": CommandEntry(
        "tuoju.launch.commands.plan", "Compute the best plan for all open needs of a region and compare other methods."
    ),
    "city": CommandEntry("tuoju.launch.commands.city", "A city as a folder of files."),
    "calendar": CommandEntry("tuoju.launch.commands.calendar", "The working-day calendar."),
    "policies": CommandEntry("tuoju.launch.commands.policies", "The dated policy rows."),
    "retention": CommandEntry("tuoju.launch.commands.retention", "Personal data that was kept long enough."),
    "user": CommandEntry("tuoju.launch.commands.user", "Accounts."),
    "audit": CommandEntry("tuoju.launch.commands.audit", "The audit: verify, anchor, export."),
    "backup": CommandEntry("tuoju.launch.commands.backup", "Back up database, files and keys while everything runs."),
    "restore": CommandEntry("tuoju.launch.commands.restore", "Restore the latest backup of FOLDER."),
    "live": CommandEntry("tuoju.launch.commands.live", "Say that a restored copy is the live installation."),
    "keys": CommandEntry("tuoju.launch.commands.keys", "The keys of personal data."),
}
"""All commands. A module is imported when its command runs: numba, scipy and the tables take seconds to import."""


Language = Literal["zh", "en"]


class LazyCommand(TyperCommand):
    """Stands for a command in the list; becomes the real one when it is to run or to show its own help."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        command = typer.main.get_command(import_module(COMMANDS[str(self.name)].module).app)
        translate_help(command)
        return command.make_context(info_name, args, parent=parent, **extra)


class LazyGroup(TyperGroup):
    """The commands of COMMANDS, in that order, in the operator's language. No error leaves it with a traceback."""

    def main(self, *args: Any, **options: Any) -> Any:
        with use_language(systems_language()):
            return super().main(*args, **options)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        entry = COMMANDS.get(cmd_name)
        return LazyCommand(cmd_name, help=gettext(entry.help)) if entry else None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        translate_help(self)
        super().format_help(ctx, formatter)

    def invoke(self, ctx: Any) -> Any:
        _print_any_text()
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException):  # an end, or a usage error, which Typer prints
            raise
        except Exception as error:
            print_error(failures.sentence_of(error))
            raise typer.Exit(1) from None


def _print_any_text() -> None:
    """Let a terminal that cannot print Chinese, or an argument that is no text, get escapes instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def translate_help(command: Any) -> None:
    """Put the help of a command, its parameters and its own commands into the language of the operator."""
    for constant, words in PANELS.items():
        setattr(rich_utils, constant, gettext(words))
    parts = [command, *command.params, command.get_help_option(typer.Context(command))]
    for part in parts:
        sentence = " ".join((getattr(part, "help", None) or "").split())
        if sentence:
            part.help = gettext(sentence)
    for child in getattr(command, "commands", {}).values():
        translate_help(child)


PANELS = {
    "ARGUMENTS_PANEL_TITLE": N_("Arguments"),
    "OPTIONS_PANEL_TITLE": N_("Options"),
    "COMMANDS_PANEL_TITLE": N_("Commands"),
    "ERRORS_PANEL_TITLE": N_("Error"),
    "ABORTED_TEXT": N_("Aborted."),
    "REQUIRED_LONG_STRING": N_("[required]"),
    "DEFAULT_STRING": N_("[default: {}]"),
}
"""Headings of Typer."""


def _use(ctx: typer.Context, chosen: Language | None) -> None:
    if chosen is not None:
        ctx.with_resource(use_language("zh_CN" if chosen == "zh" else "en"))


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, add_completion=False)


@app.callback()
def tuoju(
    language: Annotated[
        Language | None,
        typer.Option(callback=_use, is_eager=True, help="Language of the messages; by default that of your system."),
    ] = None,
) -> None:
    """Tuoju 托举: from need to service."""


if __name__ == "__main__":
    app()
