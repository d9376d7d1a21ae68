"""A city as a folder: checked as a whole, loaded once, by the command line."""

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select
from typer.testing import CliRunner

from factories.second_city import CITY, JINTANG_VILLAGES, ZONE, write_second_city
from tuoju.accounts.models import AuditEntry
from tuoju.cases.policies import Policy, Scheme, policy_for
from tuoju.cities.folder import read_demo_folder, read_folder
from tuoju.cities.problems import CityFolderError, Problem
from tuoju.cities.template import FolderInUse, write_template
from tuoju.database.engine import WRITES, make_engine
from tuoju.launch.commands.city import app
from tuoju.launch.migrations import migrate
from tuoju.regions.calendar import calendar_of
from tuoju.regions.models import CalendarYear, Region, RegionLevel
from tuoju.regions.queries import full_name, outlines
from tuoju.words.languages import use_language
from tuoju_projects.models import EligibilityRule, Project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_second_city(tmp_path / "zhoushan")


def problems_of(folder: Path) -> list[Problem]:
    with pytest.raises(CityFolderError) as caught:
        read_folder(folder)
    return list(caught.value.problems)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8-sig")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


class TestReading:
    def test_the_city_that_ships_is_right(self) -> None:
        folder = read_demo_folder()
        levels = [row.level for row in folder.divisions]
        assert (levels.count(RegionLevel.county), levels.count(RegionLevel.village)) == (10, 1267)
        assert len(folder.offers) == 13

    def test_a_real_city_made_of_its_table_is_right(self, folder: Path) -> None:
        city = read_folder(folder)
        assert (city.city.name, len(city.divisions)) == ("舟山市", 470)
        assert {row.code for row in city.divisions if row.parent_code == ZONE} == {"330902006000", "330902050000"}

    def test_a_file_of_an_office_in_gb18030_is_read(self, folder: Path) -> None:
        table = folder / "divisions.csv"
        table.write_bytes(table.read_text(encoding="utf-8").encode("gb18030"))
        assert read_folder(folder).city.name == "舟山市"

    def test_an_empty_template_says_what_is_missing(self, tmp_path: Path) -> None:
        write_template(tmp_path / "new")
        kinds = {(problem.file, problem.kind) for problem in problems_of(tmp_path / "new")}
        assert kinds == {(name, "file_empty") for name in ("divisions.csv", "policies.csv", "data_policies.csv")}

    def test_a_template_overwrites_nothing(self, folder: Path) -> None:
        with pytest.raises(FolderInUse):
            write_template(folder)

    def test_no_folder(self, tmp_path: Path) -> None:
        assert [problem.kind for problem in problems_of(tmp_path / "none")] == ["no_folder"]


class TestChecking:
    @pytest.mark.parametrize(
        ("file", "old", "new", "expected"),
        [
            ("divisions.csv", "330902100000,金塘镇", "33090210000,金塘镇", (13, "code", "region_code")),
            ("divisions.csv", "金塘镇,township", "金塘镇,town", (13, "level", "enum")),
            ("divisions.csv", "330902000000,定海区", "330903000000,定海区", (4, "code", "twice")),
            (
                "divisions.csv",
                "金塘镇,township,330902000000",
                "金塘镇,township,330909000000",
                (16, "parent_code", "no_such_region"),
            ),
            (
                "divisions.csv",
                "金塘镇,township,330902000000",
                "金塘镇,township,330900000000",
                (16, "parent_code", "wrong_level"),
            ),
            ("divisions.csv", "普陀区,county,330900000000", "普陀区,county,", (4, "parent_code", "two_cities")),
            ("development_zones.csv", "330902006000|", "330902006099|", (2, "takes", "no_such_region")),
            ("development_zones.csv", ",county,", ",village,", (2, "level", "literal_error")),
            ("policies.csv", "society_relief,,2024-01-01", "society_relief,,2024-13-01", (2, "valid_from", "date")),
            ("policies.csv", "society_relief", "society", (2, "scheme", "enum")),
            ("policies.csv", "society_relief", "small_urgent", (0, "scheme", "no_policy")),
            ("policies.csv", "society_relief,,", "society_relief,330999000000,", (2, "region_code", "no_such_region")),
            ("data_policies.csv", "consent_referral", "case_file", (0, "kind", "no_data_policy")),
            ("data_policies.csv", ",12,", ",-1,", (2, "months", "greater_than_equal")),
            ("calendar.csv", "2024-01-01,0", "2024-01-01,1", (2, "is_workday", "works_on_weekday")),
            ("calendar.csv", "2024-01-01,0", "2024-01-01,yes?", (2, "is_workday", "bool_parsing")),
            ("projects.csv", "A01|C01", "A01|Z99", (2, "categories", "unknown_code")),
            ("projects.csv", "min_age=60", "min_age", (2, "rules", "rule")),
            ("map.geojson", '"330902"', '"330999"', (0, "features[1].properties.code", "outline_of")),
            ("map.geojson", "122.0", "422.0", (0, "features[1].geometry", "outline_shape")),
            ("map.geojson", '"features"', '"feature"', (0, "", "json_unreadable")),
        ],
    )
    def test_a_mistake_is_named_with_its_place(
        self, folder: Path, file: str, old: str, new: str, expected: tuple[int, str, str]
    ) -> None:
        replace(folder / file, old, new)
        line, column, kind = expected
        matches = [
            problem
            for problem in problems_of(folder)
            if (problem.file, problem.column) == (file, column) and problem.kind.startswith(kind)
        ]
        assert matches
        if line and kind not in {"region_code", "enum", "no_such_region", "wrong_level"}:
            assert line in {problem.line for problem in matches}

    def test_all_mistakes_are_told_at_once(self, folder: Path) -> None:
        replace(folder / "divisions.csv", "金塘镇,township", "金塘镇,town")
        replace(folder / "policies.csv", "society_relief,,2024-01-01", "society_relief,,soon")
        replace(folder / "projects.csv", "A01|C01", "Z99")
        (folder / "calendar.csv").unlink()
        files = {problem.file for problem in problems_of(folder)}
        assert files == {"divisions.csv", "policies.csv", "projects.csv", "calendar.csv"}

    def test_what_is_wrong_and_what_would_be_right_is_said_in_both_languages(self, folder: Path) -> None:
        replace(folder / "divisions.csv", "金塘镇,township,330902000000", "金塘镇,township,330900000000")
        [problem] = [problem for problem in problems_of(folder) if problem.kind == "wrong_level"]
        with use_language("zh_CN"):
            assert (problem.wrong(), problem.right()) == ("乡镇不能直接属于市。", "应为县（市、区）的代码。")
        with use_language("en"):
            assert problem.right() == "The code of a County."


class TestCommands:
    @pytest.fixture
    def database(self, databases: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
        """A migrated database without a city."""
        url: str = databases.empty()  # type: ignore[attr-defined]
        migrate(make_engine(url))
        monkeypatch.setenv("TUOJU_ENVIRONMENT", "demo")
        monkeypatch.setenv("TUOJU_DATABASE_URL", url)
        monkeypatch.setenv("TUOJU_DATA_FOLDER", str(tmp_path / "var"))
        return url

    def run(self, *words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(words))
        return result.exit_code, result.output

    def test_a_city_is_loaded_once(self, database: str, folder: Path) -> None:
        assert self.run("check", str(folder))[0] == 0
        code, output = self.run("load", str(folder))
        assert code == 0, output
        code, output = self.run("load", str(folder))
        assert code == 0, output
        assert "divisions 0, policies 0, years of the calendar 0, outlines 0, projects 0" in " ".join(output.split())
        with Session(make_engine(database).execution_options(**WRITES)) as session:
            assert session.exec(select(func.count()).select_from(Region)).one() == 470
            assert full_name(session, JINTANG_VILLAGES[0]).startswith("金塘镇")
            assert policy_for(session, Scheme.society_relief, JINTANG_VILLAGES[0], date(2026, 6, 1)).opinion_within == 2
            assert [policy.region_code for policy in session.exec(select(Policy))] == [CITY]
            assert len(outlines(session)) == 4
            assert calendar_of(session).confirmed == set(session.exec(select(CalendarYear.year))) == {2024, 2025, 2026}
            [project] = session.exec(select(Project)).all()
            assert project.places_left == 10
            assert session.exec(select(EligibilityRule.project_id)).one() == project.pk
            entries = session.exec(
                select(AuditEntry).where(AuditEntry.action == "load_city").order_by(col(AuditEntry.id))
            )
            assert [entry.detail["divisions"] for entry in entries] == [470, 0]

    def test_with_a_mistake_nothing_is_loaded(self, database: str, folder: Path) -> None:
        replace(folder / "projects.csv", "A01|C01", "Z99")
        code, output = self.run("load", str(folder))
        assert code == 1
        assert "projects.csv:2 categories" in output
        assert "“Z99” is not in the list service_type." in output
        assert "“Z99”不在代码表 service_type 中。" in output
        with Session(make_engine(database)) as session:
            assert session.exec(select(Region)).first() is None

    def test_a_division_that_lies_elsewhere_is_not_moved_silently(self, database: str, folder: Path) -> None:
        assert self.run("load", str(folder))[0] == 0
        replace(folder / "divisions.csv", "金塘镇,township,330902000000", "金塘镇,township,330903000000")
        code, output = self.run("load", str(folder))
        assert code == 1
        assert "tuoju city change" in output

    def test_a_published_year_is_not_replaced_silently(self, database: str, folder: Path) -> None:
        assert self.run("load", str(folder))[0] == 0
        replace(folder / "calendar.csv", "2026-01-02,0", "2026-01-05,0")
        code, output = self.run("load", str(folder))
        assert code == 1
        assert "2026-01-02, 2026-01-05" in output
