"""`tuoju match` on the sample pair, and on sheets with mistakes."""

from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tuoju.launch.match_sheets import BadSheets, run, write_samples

TODAY = date(2026, 11, 23)


def read(path: Path) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize(("language", "words"), [("zh", "服务范围包括"), ("en", "It serves")])
def test_the_sample_is_placed_with_reasons(tmp_path: Path, language: str, words: str) -> None:
    needs, projects = write_samples(tmp_path)
    said: list[str] = []
    plan = run(needs, projects, tmp_path / "plan.xlsx", language, said.append, TODAY)  # type: ignore[arg-type]
    sheets = read(tmp_path / "plan.xlsx")
    assert len(sheets["方案"]) - 1 == len(plan.chosen)
    assert len(sheets["方案"]) + len(sheets["未分配"]) - 2 == 30
    assert words in str(sheets["方案"][1][5])
    assert plan.gap < 1e-6
    assert said


def test_a_bad_row_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    _needs, projects = write_samples(tmp_path)
    with pytest.raises(BadSheets) as caught:
        run(projects, projects, tmp_path / "plan.xlsx", "zh", lambda _words: None, TODAY)
    assert "columns missing" in caught.value.problems[0]
    assert not (tmp_path / "plan.xlsx").exists()
