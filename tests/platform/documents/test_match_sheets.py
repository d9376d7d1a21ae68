"""`tuoju match` on the sample pair, and on sheets with mistakes."""

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlmodel import Session
from typer.testing import CliRunner

from factories.learning import make_ranking
from tuoju.database.engine import make_engine
from tuoju.documents.match_sheets import BadSheets, SheetFiles, ranking_of, run, write_samples
from tuoju.launch.cli import app
from tuoju.launch.migrations import migrate
from tuoju.matchmaking.ranking import RULES, Ranking
from tuoju_matching.sentences import Language
from tuoju_projects.sheets import half_width_cell

TODAY = date(2026, 11, 23)


def read(path: Path) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def write(path: Path, rows: list[list[object]]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)


@pytest.mark.parametrize(("language", "words"), [("zh", "服务范围包括"), ("en", "It serves")])
def test_the_needs_of_the_sample_are_assigned_with_reasons(tmp_path: Path, language: Language, words: str) -> None:
    needs, projects = write_samples(tmp_path)
    steps: list[str] = []
    files = SheetFiles(needs, projects, tmp_path / "plan.xlsx")
    plan = run(files, language=language, today=TODAY, ranking=Ranking(), report=steps.append)
    sheets = read(tmp_path / "plan.xlsx")
    assert len(sheets["方案"]) - 1 == len(plan.chosen)
    assert len(sheets["方案"]) + len(sheets["未分配"]) - 2 == 30
    assert words in str(sheets["方案"][1][5])
    assert plan.gap < 1e-6
    assert steps


def test_a_bad_sheet_is_reported_and_nothing_is_written(tmp_path: Path) -> None:
    _needs, projects = write_samples(tmp_path)
    with pytest.raises(BadSheets) as caught:
        run(SheetFiles(projects, projects, tmp_path / "plan.xlsx"), language="zh", today=TODAY, ranking=Ranking())
    assert caught.value.problems[0].sentence == "Columns are missing: %(columns)s."
    assert not (tmp_path / "plan.xlsx").exists()


@pytest.mark.parametrize(
    ("language", "of_needs", "of_projects"),
    [
        ("zh", "needs.xlsx第2行：需要名额：“x”不是1到99之间的整数。", "projects.xlsx第2行：名额：请填写数字。"),
        ("en", "needs.xlsx, row 2: 需要名额: “x” is not a number from 1 to 99.", "projects.xlsx, row 2: 名额: Enter a"),
    ],
)
def test_the_command_says_what_is_wrong_in_the_language_of_the_operator(
    tmp_path: Path, language: str, of_needs: str, of_projects: str
) -> None:
    needs, projects = write_samples(tmp_path)
    rows, *_others = read(needs).values()
    write(needs, [rows[0] + ["需要名额"], rows[1] + ["x"], *rows[2:]])
    arguments = ["--language", language, "match", str(needs), str(projects)]
    assert of_needs in CliRunner().invoke(app, arguments).output
    lines, *_others = read(projects).values()
    lines[1][[half_width_cell(cell).rstrip("*") for cell in lines[0]].index("名额")] = "many"
    write(projects, lines)
    assert of_projects in CliRunner().invoke(app, arguments).output


def test_a_household_takes_as_many_places_as_its_row_says(tmp_path: Path) -> None:
    needs, projects = write_samples(tmp_path)
    rows, *_others = read(needs).values()
    write(needs, [rows[0] + ["需要名额"], rows[1] + [99], *rows[2:]])
    plan = run(SheetFiles(needs, projects, tmp_path / "plan.xlsx"), language="zh", today=TODAY, ranking=Ranking())
    assert 2 in plan.without
    write(needs, [rows[0] + ["需要名额"], rows[1] + ["x"], *rows[2:]])
    with pytest.raises(BadSheets, match="需要名额: “x” is not a number from 1 to 99"):
        run(SheetFiles(needs, projects, tmp_path / "plan.xlsx"), language="zh", today=TODAY, ranking=Ranking())


@pytest.fixture
def installed(tmp_path: Path) -> str:
    """The address of a database with a learned ranking in use."""
    url = f"sqlite:///{tmp_path / 'tuoju.db'}"
    engine = make_engine(url)
    migrate(engine)
    with Session(engine) as session:
        make_ranking(session, 3, nearness=2.0)
        session.commit()
    return url


def test_sheets_are_ranked_as_the_pages_are(tmp_path: Path, installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    needs, projects = write_samples(tmp_path)
    monkeypatch.setenv("TUOJU_DATABASE_URL", installed)
    result = CliRunner().invoke(app, ["match", str(needs), str(projects), "-o", str(tmp_path / "plan.xlsx")])
    assert result.exit_code == 0, result.output
    assert "learned-3" in result.output
    assert ["排序", "learned-3"] in read(tmp_path / "plan.xlsx")["说明"]
    files = SheetFiles(needs, projects, tmp_path / "again.xlsx")
    plan = run(files, language="zh", today=TODAY, ranking=ranking_of(installed))
    for ranked in plan.chosen.values():
        amounts = {part.feature.value: part.amount for part in ranked.contributions if part.weight}
        assert amounts.keys() == {"nearness"}
        assert ranked.score == amounts["nearness"]


def test_without_a_database_the_rules_rank_and_no_database_is_created(tmp_path: Path) -> None:
    assert ranking_of(f"sqlite:///{tmp_path / 'none.db'}").signature == RULES
    (tmp_path / "empty.db").touch()
    assert ranking_of(f"sqlite:///{tmp_path / 'empty.db'}").signature == RULES
    assert not (tmp_path / "none.db").exists()
