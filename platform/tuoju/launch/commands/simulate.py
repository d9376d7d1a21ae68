"""`tuoju simulate`."""

from datetime import datetime, timedelta
from time import perf_counter
from typing import Annotated

import typer
from rich.progress import Progress

from tuoju.launch.commands.console import console, fail, say
from tuoju.launch.commands.lazy import (
    days,
    demo_city,
    records,
    region_queries,
    scopes,
    settings,
    setup,
    simulated_city,
    units_of_work,
)
from tuoju.launch.language import gettext

app = typer.Typer(add_completion=False)


@app.command()
def simulate(
    city: Annotated[bool, typer.Option("--city", help="Confirm that you want the whole city.")] = False,
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="Month to simulate. Default: last month.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed and month give the same rows.")] = 2024,
) -> None:
    """Fill an empty database with a simulated month of all 1,233 societies. `tuoju figures` prints the totals."""
    if not city:
        raise fail(
            gettext("Add --city to confirm: this fills the database with invented people and takes some minutes.")
        )
    settings.begin_demo()
    parts = setup.make_parts()
    setup.require_no_production(parts)
    setup.migrate_database(parts)
    quiet = units_of_work.UnitOfWork(parts.unit_of_work.engine)
    with quiet.read(scopes.SYSTEM) as session:
        if demo_city.is_built(session) or region_queries.top_regions(session):
            raise fail(gettext("This database is in use. Set TUOJU_DATABASE_URL to an empty one."))
    today = days.china_day(records.now())
    first = month.date() if month else (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    if first >= today.replace(day=1):
        raise fail(gettext("%(month)s is not over. Choose a month in the past.") % {"month": f"{first:%Y-%m}"})
    started = perf_counter()
    with Progress(*Progress.get_default_columns(), console=console) as progress:
        task = progress.add_task("...", total=1.0)
        simulated_city.simulate_city(
            quiet, first, seed=seed, tell=lambda words, share: progress.update(task, description=words, completed=share)
        )
    facts = {"month": f"{first:%Y-%m}", "seconds": round(perf_counter() - started)}
    say(gettext("%(month)s is simulated in %(seconds)s s. Next: tuoju figures --json"), **facts)
