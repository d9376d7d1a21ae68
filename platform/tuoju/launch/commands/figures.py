"""`tuoju figures`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.launch.commands.console import console, fail, make_parts
from tuoju.regions.queries import RegionNotFound
from tuoju.reports.city_figures import city_figures

app = typer.Typer(add_completion=False)


@app.command()
def figures(
    region: Annotated[str, typer.Option(help="Code of the region to count.")] = "341100000000",
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Print the figures of the city report, counted from the rows."""
    operator = Actor(user_id=0, display_name="", role=Role.program_manager, region_code=region)
    try:
        with make_parts().unit_of_work.read() as session:
            figures_by_name = asdict(city_figures(session, operator))
    except RegionNotFound as error:
        raise fail(f"{region} is not a known region.") from error
    if as_json:
        typer.echo(json.dumps(figures_by_name))
        return
    for name, value in figures_by_name.items():
        console.print(f"{name}: {value}")
