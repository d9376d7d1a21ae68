"""`tuoju match`: matching on two sheets, without a server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tuoju.launch.commands.console import console, fail, say
from tuoju.launch.commands.lazy import (
    city_problems,
    database_errors,
    days,
    import_messages,
    match_sheets,
    records,
    reports,
    settings,
)
from tuoju.launch.language import gettext, operators_language
from tuoju.words.languages import use_language

if TYPE_CHECKING:
    from tuoju.documents.match_reading import SheetProblem
    from tuoju_matching.sentences import Language

app = typer.Typer(add_completion=False)
PROBLEMS_SHOWN = 50


@app.command()
def match_command(
    needs: Annotated[Path | None, typer.Argument(help="The needs sheet (.xlsx).")] = None,
    projects: Annotated[Path | None, typer.Argument(help="The projects sheet (.xlsx).")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write the plan to.")] = Path("plan.xlsx"),
    english: Annotated[bool, typer.Option("--english", help="Write the reasons in English.")] = False,
    city: Annotated[
        Path | None, typer.Option(help="Folder of the city (see `tuoju city`). Default: the city of the demo.")
    ] = None,
    sample: Annotated[Path | None, typer.Option(help="Write sample sheets into this folder and stop.")] = None,
) -> None:
    """Match the needs of one sheet with the projects of another, without a server. Uses the ranking in use if
    there is a database on this machine, otherwise the rules."""
    if sample is not None:
        for path in match_sheets.write_samples(sample):
            say(gettext("%(file)s written."), file=path)
        return
    if needs is None or projects is None:
        sentence = gettext("Give two sheets: needs.xlsx projects.xlsx. To get a sample of each, use --sample FOLDER.")
        raise fail(sentence)
    try:
        ranking = match_sheets.ranking_of(settings.DataSettings().database_url)
    except database_errors.OperationalError as error:
        sentence = gettext(
            "The database does not answer, so the ranking in use is not known. Check TUOJU_DATABASE_URL."
        )
        raise fail(sentence) from error
    language: Language = "en" if english else "zh"
    sheets, today = match_sheets.SheetFiles(needs, projects, output, city), days.china_day(records.now())
    try:
        with console.status("..."):
            plan = match_sheets.run(sheets, language=language, today=today, ranking=ranking)
    except city_problems.CityFolderError as error:
        raise reports.fail_with_report(error.problems) from error
    except match_sheets.BadSheets as error:
        for problem in error.problems[:PROBLEMS_SHOWN]:
            console.print(f"[red]{escape(_line_of(problem))}[/]", soft_wrap=True)
        count = len(error.problems)
        raise fail(gettext("Problems: %(count)s. Nothing was written.") % {"count": count}) from error
    say(
        gettext("%(assigned)s needs assigned, %(without)s without a project; total fit %(quality)s."),
        assigned=len(plan.chosen),
        without=len(plan.without),
        quality=f"{plan.quality:.3f}",
    )
    say(
        gettext("At most %(bound)s is possible, a gap of %(gap)s. Ranked by %(ranking)s. Plan with reasons: %(file)s"),
        bound=f"{plan.bound:.3f}",
        gap=f"{plan.gap:.2%}",
        ranking=ranking.signature,
        file=output,
    )


def _line_of(problem: "SheetProblem") -> str:
    """A problem in the language of the operator."""
    if problem.cell is None:
        sentence = gettext(problem.sentence) % problem.facts
    else:
        with use_language(operators_language()):
            message = import_messages.cell_message(problem.cell)
        sentence = gettext("%(column)s: %(problem)s") % {"column": problem.column, "problem": message}
    facts = {"file": problem.file, "row": problem.row, "problem": sentence}
    if problem.row is None:
        return gettext("%(file)s: %(problem)s") % facts
    return gettext("%(file)s, row %(row)s: %(problem)s") % facts
