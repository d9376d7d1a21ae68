"""`tuoju plan`."""

import json
from typing import Annotated

import typer

from tuoju.launch.commands.console import console, fail, make_parts
from tuoju.plans.trial import trial
from tuoju.regions.queries import RegionNotFound

app = typer.Typer(add_completion=False)


@app.command()
def plan(
    region: Annotated[str, typer.Argument(help="Code of a county or city.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Compute the best plan for all open needs of a region and compare other methods. Nothing is saved or sent."""
    try:
        with make_parts().unit_of_work.read() as session, console.status("..."):
            result = trial(session, region)
    except RegionNotFound as error:
        raise fail(f"{region} is not a known region.") from error
    if as_json:
        typer.echo(json.dumps(result))
        return
    console.print(
        f"{result['needs']} needs, {result['placed']} with a project; gap {result['gap']:.6%}; {result['ranker']}"
    )
    for mode, figures in result["modes"].items():
        counts = ", ".join(f"{urgency} {count}" for urgency, count in figures["placed"].items())
        console.print(f"{mode}: {counts}; total fit {figures['quality']:.3f}, waited {figures['waited']:.0f} days")
