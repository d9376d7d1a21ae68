"""`tuoju plan`."""

import json
from typing import Annotated

import typer

from tuoju.launch.commands.console import console, fail, say
from tuoju.launch.commands.lazy import plan_trial, region_queries, scopes, setup
from tuoju.launch.commands.wording import operators_label
from tuoju.launch.language import gettext

app = typer.Typer(add_completion=False)


@app.command()
def plan(
    region: Annotated[str, typer.Argument(help="Code of a county or city.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Compute the best plan for all open needs of a region and compare other methods. Nothing is saved or sent."""
    try:
        with setup.make_parts().unit_of_work.read(scopes.SYSTEM) as session, console.status("..."):
            result = plan_trial.trial(session, region)
    except region_queries.RegionNotFound as error:
        raise fail(gettext("%(region)s is not a known region.") % {"region": region}) from error
    if as_json:
        typer.echo(json.dumps(result))
        return
    say(
        gettext("%(needs)s needs, %(placed)s with a project; gap %(gap)s; ranked by %(ranking)s"),
        needs=result["needs"],
        placed=result["placed"],
        gap=f"{result['gap']:.6%}",
        ranking=result["ranker"],
    )
    for mode, figures in result["modes"].items():
        counts = ", ".join(f"{operators_label('urgency', name)} {count}" for name, count in figures["placed"].items())
        say(
            gettext("%(method)s: %(counts)s; total fit %(quality)s, mean wait %(days)s days"),
            method=operators_label("plan_mode", mode),
            counts=counts or "-",
            quality=f"{figures['quality']:.3f}",
            days=f"{figures['waited']:.0f}",
        )
