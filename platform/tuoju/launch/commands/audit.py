"""`tuoju audit`."""

import typer

from tuoju.accounts import audit as audit_chain
from tuoju.accounts.errors import AuditBroken
from tuoju.launch.commands.console import console, fail, make_parts

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def audit() -> None:
    """The audit chain."""


@app.command()
def verify() -> None:
    """Check every audit chain."""
    try:
        with make_parts().unit_of_work.read() as session:
            counts = audit_chain.verify(session)
    except AuditBroken as error:
        raise fail(str(error)) from error
    for scope, count in counts.items():
        console.print(f"{scope}: {count} entries, unbroken")
