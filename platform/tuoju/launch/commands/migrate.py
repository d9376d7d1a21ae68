"""`tuoju migrate`."""

import typer

from tuoju.launch.commands.console import say
from tuoju.launch.commands.lazy import setup
from tuoju.launch.language import gettext

app = typer.Typer(add_completion=False)


@app.command()
def migrate_command() -> None:
    """Update the tables of the database."""
    setup.migrate_database(setup.make_parts())
    say(gettext("The database is up to date."))
