"""`tuoju simulate`."""

from datetime import datetime, timedelta
from time import perf_counter
from typing import Annotated

import typer
from rich.progress import Progress
from sqlmodel import select

from tuoju.database.records import now
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.commands.console import console, fail, make_parts, migrate_database
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region
from tuoju.simulation.demo_city import is_built
from tuoju.simulation.simulated_city import simulate_city

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
        raise fail("Add --city to confirm: this fills the database with invented people and takes some minutes.")
    parts = make_parts()
    migrate_database(parts)
    quiet = UnitOfWork(parts.unit_of_work.engine)
    with quiet.read() as session:
        if is_built(session) or session.exec(select(Region.code)).first() is not None:
            raise fail("This database is in use. Set TUOJU_DATABASE_URL to an empty one.")
    today = china_day(now())
    first = month.date() if month else (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    if first >= today.replace(day=1):
        raise fail(f"{first:%Y-%m} is not over. Choose a month in the past.")
    started = perf_counter()
    with Progress(*Progress.get_default_columns(), console=console) as progress:
        task = progress.add_task("...", total=1.0)
        simulate_city(
            quiet, first, seed=seed, tell=lambda words, share: progress.update(task, description=words, completed=share)
        )
    console.print(f"{first:%Y-%m} is simulated in {perf_counter() - started:.0f} s. Next: tuoju figures --json")
