"""`tuoju serve`."""

from typing import Annotated

import typer

from tuoju.launch.commands.console import console, make_parts, migrate_database
from tuoju.launch.supervisor import supervise

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port of the web pages.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run web, worker and scheduler on this machine, with your own data."""
    parts = make_parts()
    migrate_database(parts)
    raise typer.Exit(supervise(parts.settings, host, port, console))
