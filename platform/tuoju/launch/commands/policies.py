"""`tuoju policies`."""

import typer

from tuoju.cases.policies import load_policies
from tuoju.launch.commands.console import console, make_parts

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def policies() -> None:
    """The dated policy rows."""


@app.command("load")
def load_shipped_policies() -> None:
    """Load the policy rows of Chuzhou that are shipped. Existing rows do not change."""
    with make_parts().unit_of_work.write() as session:
        count = load_policies(session)
    console.print(f"{count} policy rows added.")
