"""`tuoju match`: the matching on two spreadsheets, without a server."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlmodel import Session

from tuoju.cities.folder import read_demo_folder, read_folder
from tuoju.database.engine import make_engine
from tuoju.documents.match_reading import BadSheets as BadSheets
from tuoju.documents.match_reading import divisions_of, needs_of_sheet, projects_of_sheet
from tuoju.documents.match_writing import MatchResult, plan_workbook
from tuoju.matchmaking.models import RankerVersion
from tuoju.matchmaking.ranking import Ranking, ranking_in_use
from tuoju.words.languages import use_language
from tuoju_matching.assign import Plan, assign
from tuoju_matching.compiled import interpreted
from tuoju_matching.problem import PlanOptions
from tuoju_matching.sentences import Language

SAMPLES = files("tuoju.documents") / "samples"
Report = Callable[[str], None]
"""Called with a line for each step that begins."""


@dataclass(frozen=True)
class SheetFiles:
    """The two sheets to read and the workbook to write."""

    needs: Path
    projects: Path
    output: Path
    city: Path | None = None
    """The folder of the city; None for the one that ships."""


def ranking_of(database_url: str) -> Ranking:
    """The ranking in use in a database, so that sheets are ranked as the pages are.

    The rules where there is no ranking or no database; none is created. Raises sqlalchemy.exc.OperationalError if the
    database does not answer.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return Ranking()
    with Session(make_engine(database_url)) as session:
        has_rankings = inspect(session.connection()).has_table(str(RankerVersion.__tablename__))
        return ranking_in_use(session) if has_rankings else Ranking()


def run(
    sheets: SheetFiles, *, language: Language, today: date, ranking: Ranking, report: Report = lambda _line: None
) -> Plan:
    """Read both sheets, assign every need by the ranking, and write the plan with its reasons. Raises BadSheets,
    CityFolderError."""
    report("Reading the divisions ...")
    divisions = divisions_of(read_folder(sheets.city) if sheets.city else read_demo_folder())
    report("Reading the sheets ...")
    projects = projects_of_sheet(sheets.projects, divisions)
    needs = needs_of_sheet(sheets.needs, divisions)
    report(f"Matching {len(needs.profiles)} needs with {len(projects.profiles)} projects ...")
    options = PlanOptions(learned=ranking.met, sizes=needs.places)
    with interpreted(len(needs.profiles) * len(projects.profiles)):
        plan = assign(needs.profiles, projects.profiles, today, options)
        report("Writing the plan ...")
        with use_language("zh_CN" if language == "zh" else "en"):
            result = MatchResult(plan, needs, projects, divisions, ranking, today)
            sheets.output.write_bytes(plan_workbook(result, language))
    return plan


def write_samples(folder: Path) -> list[Path]:
    """Copy the two sample sheets, needs and projects, into a folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in ("needs.xlsx", "projects.xlsx"):
        target = folder / name
        target.write_bytes((SAMPLES / name).read_bytes())
        written.append(target)
    return written
