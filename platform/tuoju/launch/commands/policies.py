"""`tuoju policies`."""

from pathlib import Path
from typing import Annotated

import typer

from tuoju.launch.commands.console import say
from tuoju.launch.commands.lazy import (
    case_policies,
    city_folder,
    city_problems,
    data_policies,
    region_queries,
    reports,
    scopes,
    setup,
)
from tuoju.launch.language import gettext

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def policies() -> None:
    """The dated policy rows."""


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="As policies.csv or data_policies.csv.")],
) -> None:
    """Put policies into force: those of a file with the columns of policies.csv or data_policies.csv of a city folder
    (see `tuoju city new`). The one before ends the day before; rows that are there do not change."""
    try:
        with setup.make_parts().unit_of_work.write(scopes.SYSTEM) as session:
            city = next(iter(region_queries.top_regions(session)), "")
            cases, data = city_folder.read_policy_file(file, city, region_queries.all_codes(session))
            count = case_policies.load_policies(session, cases) + data_policies.load_data_policies(session, data)
            setup.record_command(session, "load_policies", rows=count)
    except city_problems.CityFolderError as error:
        raise reports.fail_with_report(error.problems) from error
    say(gettext("%(count)s policy rows added."), count=count)
