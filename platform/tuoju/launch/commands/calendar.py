"""`tuoju calendar`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuoju.launch.commands.console import console, say
from tuoju.launch.commands.lazy import (
    calendars,
    city_folder,
    city_problems,
    referrals,
    region_loading,
    reports,
    scopes,
    setup,
)
from tuoju.launch.language import gettext

if TYPE_CHECKING:
    from sqlmodel import Session

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def calendar() -> None:
    """The working-day calendar."""


@app.command("load")
def load_calendar(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="The official announcement that the days come from.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask after showing what changes.")] = False,
) -> None:
    """Load the holidays and make-up days of a year from a CSV file with the columns date,is_workday,name_en,name_zh.
    What changes is shown first. A year whose New Year's Day is in the file is complete: its other days go."""
    try:
        days = city_folder.read_calendar_file(file)
    except city_problems.CityFolderError as error:
        raise reports.fail_with_report(error.problems) from error
    unit_of_work = setup.make_parts().unit_of_work
    with unit_of_work.read(scopes.SYSTEM) as session:
        shown = region_loading.differences_of(session, days, whole_years=True)
    _print(shown)
    if not yes:
        typer.confirm(gettext("Load these days?"), abort=True)
    with unit_of_work.write(scopes.SYSTEM) as session:
        if region_loading.differences_of(session, days, whole_years=True) != shown:
            raise typer.Abort
        _load(session, days, source)
    say(gettext("%(count)s special days loaded."), count=len(days))


def _load(session: "Session", days: "Sequence[region_loading.SpecialDay]", source: str) -> None:
    region_loading.set_special_days(session, days, source=source, whole_years=True)
    years = sorted(region_loading.complete_years(days))
    setup.record_command(session, "load_calendar", rows=len(days), years=years)
    calendars.recompute_deadlines(session)
    referrals.recompute_answer_deadlines(session)


def _print(changes: "Sequence[region_loading.DayChange]") -> None:
    if not changes:
        console.print(gettext("No day changes."))
    for change in changes:
        say("%(day)s  %(before)s → %(after)s", day=change.day, before=_words(change.before), after=_words(change.after))


def _words(special: "region_loading.SpecialDay | None") -> str:
    if special is None:
        return gettext("no special day")
    sentence = gettext("working day (%(name)s)") if special.is_workday else gettext("holiday (%(name)s)")
    return sentence % {"name": special.name_zh}
