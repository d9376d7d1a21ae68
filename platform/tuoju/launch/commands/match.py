"""`tuoju match`: matching on two sheets, without a server."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from tuoju.database.engine import UnsupportedDatabase
from tuoju.database.records import now
from tuoju.documents.match_sheets import BadSheets, SheetFiles, ranking_of, run, write_samples
from tuoju.launch.commands.console import console, fail
from tuoju.launch.settings import DataSettings
from tuoju.regions.calendar import china_day
from tuoju_matching.sentences import Language

app = typer.Typer(add_completion=False)


@app.command()
def match_command(
    needs: Annotated[Path | None, typer.Argument(help="The needs sheet (.xlsx).")] = None,
    projects: Annotated[Path | None, typer.Argument(help="The projects sheet (.xlsx).")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write the plan to.")] = Path("plan.xlsx"),
    english: Annotated[bool, typer.Option("--english", help="Write the reasons in English.")] = False,
    sample: Annotated[Path | None, typer.Option(help="Write sample sheets into this folder and stop.")] = None,
) -> None:
    """Match the needs of one sheet with the projects of another, without a server. Uses the ranking in use if
    there is a database on this machine, otherwise the rules."""
    if sample is not None:
        for path in write_samples(sample):
            console.print(f"{path} written.")
        return
    if needs is None or projects is None:
        raise fail("Give two sheets: needs.xlsx projects.xlsx. To get a sample of each, use --sample FOLDER.")
    try:
        ranking = ranking_of(DataSettings().database_url)
    except OperationalError as error:
        raise fail(
            "The database does not answer, so the ranking in use is not known. Check TUOJU_DATABASE_URL."
        ) from error
    except UnsupportedDatabase as error:
        raise fail(str(error)) from error
    try:
        with console.status("...") as status:
            language: Language = "en" if english else "zh"
            sheets = SheetFiles(needs, projects, output)
            today = china_day(now())
            plan = run(sheets, language=language, today=today, ranking=ranking, report=status.update)
    except BadSheets as error:
        for problem in error.problems[:50]:
            console.print(f"[red]{problem}[/]")
        raise fail(f"{len(error.problems)} problem(s). Nothing was written.") from error
    console.print(
        f"{len(plan.chosen)} needs assigned, {len(plan.without)} without a project; total fit {plan.quality:.3f}, "
        f"dual bound {plan.bound:.3f}, gap {plan.gap:.2%}, ranked by {ranking.signature}. Plan with reasons: {output}"
    )
