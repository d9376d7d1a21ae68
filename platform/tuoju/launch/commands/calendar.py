"""`tuoju calendar`."""

from pathlib import Path
from typing import Annotated

import typer

from tuoju.cases.calendars import recompute_deadlines
from tuoju.launch.commands.console import console, fail, make_parts
from tuoju.referrals.service import recompute_answer_deadlines
from tuoju.regions.loading import RegionFileError, load_special_days

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def calendar() -> None:
    """The working-day calendar."""


@app.command("load")
def load_calendar(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="The official announcement that the days come from.")] = "",
) -> None:
    """Load the holidays and make-up days of a year from a CSV file with the columns
    date,is_workday,name_en,name_zh. Provisional due dates are recalculated."""
    try:
        with make_parts().unit_of_work.write() as session:
            count = load_special_days(session, file, source=source)
            recompute_deadlines(session)
            recompute_answer_deadlines(session)
    except RegionFileError as error:
        raise fail(f"{file}: {error}. Nothing was loaded.") from error
    console.print(f"{count} special days loaded.")
