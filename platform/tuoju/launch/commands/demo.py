"""`tuoju demo`."""

from pathlib import Path
from typing import Annotated

import typer

from tuoju.launch.commands.lazy import city_problems, data_folders, demo_building, reports, settings, setup, supervisor
from tuoju.launch.commands.serve import run_first

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web pages.")] = 8000,
    city: Annotated[
        Path | None, typer.Option(help="Folder of the city (see `tuoju city`). Default: the city of the demo.")
    ] = None,
    build_only: Annotated[bool, typer.Option("--build-only", help="Build the demo city and stop.")] = False,
) -> None:
    """Build a demo city if there is none, and run everything on this machine."""
    settings.begin_demo()
    if build_only:
        _build(city)
        return
    chosen = settings.Settings()
    data_folders.keep_files_private(chosen.data_folder)
    with data_folders.lock_data_folder(chosen.data_folder):
        run_first("demo", "--build-only", *(("--city", str(city)) if city is not None else ()))
        raise typer.Exit(supervisor.supervise(chosen, "127.0.0.1", port))


def _build(city: Path | None) -> None:
    parts = setup.make_parts()
    setup.require_no_production(parts)
    setup.migrate_database(parts)
    try:
        demo_building.build_demo(parts.unit_of_work, city)
    except city_problems.CityFolderError as error:
        raise reports.fail_with_report(error.problems) from error
