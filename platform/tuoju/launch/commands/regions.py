"""`tuoju regions`."""

from pathlib import Path
from typing import Annotated

import typer

from tuoju.launch.commands.console import console, fail, make_parts
from tuoju.regions.loading import RegionFileError, load_divisions

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def regions() -> None:
    """The region tree."""


@app.command("load")
def load_regions(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Load the regions of a city from a CSV file with the columns code,name,level,parent_code."""
    try:
        with make_parts().unit_of_work.write() as session:
            count = load_divisions(session, file)
    except RegionFileError as error:
        raise fail(f"{file}: {error}. Nothing was loaded.") from error
    console.print(f"{count} regions loaded.")
