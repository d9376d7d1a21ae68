"""`tuoju demo`."""

from typing import Annotated

import typer

from tuoju.launch.commands.console import console, make_parts, migrate_database
from tuoju.launch.demo import run_demo

app = typer.Typer(add_completion=False)


@app.command()
def demo(port: Annotated[int, typer.Option(help="Port of the web pages.")] = 8000) -> None:
    """Build a demo city if there is none, and run everything on this machine."""
    parts = make_parts()
    migrate_database(parts)
    raise typer.Exit(run_demo(parts, port, console))
