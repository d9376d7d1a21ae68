"""`tuoju migrate`."""

import typer

from tuoju.launch.commands.console import console, make_parts, migrate_database

app = typer.Typer(add_completion=False)


@app.command()
def migrate_command() -> None:
    """Update the tables of the database."""
    migrate_database(make_parts())
    console.print("The database is up to date.")
