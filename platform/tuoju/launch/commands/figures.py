"""`tuoju figures`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from tuoju.launch.commands.console import fail, say
from tuoju.launch.commands.lazy import account_models, city_figures, permissions, region_queries, scopes, setup
from tuoju.launch.commands.wording import operators_label
from tuoju.launch.language import gettext

app = typer.Typer(add_completion=False)


@app.command()
def figures(
    region: Annotated[str, typer.Option(help="Code of the region to count. Default: the whole city.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Print the figures of the city report, counted from the rows."""
    manager = account_models.Role.program_manager
    try:
        with setup.make_parts().unit_of_work.read(scopes.SYSTEM) as session:
            region = region or next(iter(region_queries.top_regions(session)), "")
            operator = permissions.Actor(user_id=0, display_name="", role=manager, region_code=region)
            figures_by_name = asdict(city_figures.city_figures(session, operator))
    except region_queries.RegionNotFound as error:
        raise fail(gettext("%(region)s is not a known region.") % {"region": region}) from error
    if as_json:
        typer.echo(json.dumps(figures_by_name))
        return
    for name, value in figures_by_name.items():
        is_money = name == "relief_paid_fen"
        amount = f"{value / 100:,.2f}" if is_money else "-" if value is None else f"{value:,}"
        say(f"{operators_label('city_figure', name)}: %(amount)s", amount=amount)
