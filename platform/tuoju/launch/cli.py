"""The command line: `tuoju --help`."""

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


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
    "figures": CommandEntry(
        "tuoju.launch.commands.figures", "Print the figures of the city report, counted from the rows."
    ),
    "plan": CommandEntry(
        "tuoju.launch.commands.plan", "Compute the best plan for all open needs of a region and compare other methods."
    ),
    "regions": CommandEntry("tuoju.launch.commands.regions", "The region tree."),
    "calendar": CommandEntry("tuoju.launch.commands.calendar", "The working-day calendar."),
    "policies": CommandEntry("tuoju.launch.commands.policies", "The dated policy rows."),
    "user": CommandEntry("tuoju.launch.commands.user", "Accounts."),
    "audit": CommandEntry("tuoju.launch.commands.audit", "The audit chain."),
}
"""All commands. A module is imported when its command runs: numba, scipy and the tables take seconds to import."""


class LazyCommand(TyperCommand):
    """Stands for a command in the list; becomes the real one when it is to run or to show its own help."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        command = typer.main.get_command(import_module(COMMANDS[str(self.name)].module).app)
        return command.make_context(info_name, args, parent=parent, **extra)


class LazyGroup(TyperGroup):
    """The commands of COMMANDS, in that order."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        entry = COMMANDS.get(cmd_name)
        return LazyCommand(cmd_name, help=entry.help) if entry else None


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, add_completion=False)


@app.callback()
def tuoju() -> None:
    """Tuoju 托举: from need to service."""
