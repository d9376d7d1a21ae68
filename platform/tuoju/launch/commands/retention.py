"""`tuoju retention`."""

from typing import Annotated

import typer

from tuoju.launch.commands.console import console, say
from tuoju.launch.commands.lazy import days, records, retention, scopes, setup
from tuoju.launch.language import gettext

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def retention_command() -> None:
    """Personal data that was kept long enough."""


@app.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what is due; write nothing.")] = False,
) -> None:
    """List what is due and propose it on /erasures, where two persons decide. Nothing is erased here."""
    parts, today = setup.make_parts(), days.china_day(records.now())
    if dry_run:
        with parts.unit_of_work.read(scopes.SYSTEM) as session:
            lines = [
                f"{due.what} {due.region_code} {due.resident_id or ''} since {due.due_on}: {due.count}"
                for due in retention.find_due(session, today)
            ]
    else:
        with parts.unit_of_work.write(scopes.SYSTEM) as session:
            lines = [
                f"{row.what} {row.region_code} {row.resident_id or ''} since {row.due_on}: {row.row_count}"
                for row in retention.propose_due(session, today)
            ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    say(gettext("%(count)s due.") if dry_run else gettext("%(count)s proposed on /erasures."), count=len(lines))
