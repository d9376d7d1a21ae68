"""The day of a moment is the day in China: between 00:00 and 08:00 there, UTC still has the day before."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("platform", "projects", "notifications", "matching", "tests", "benchmarks")


def _is_utc(value: ast.expr) -> bool:
    text = ast.unparse(value)
    return "now()" in text or "UTC)" in text or (text.endswith("_at") and text.islower())


def _days_of_utc(source: str) -> list[str]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    methods = [call.func for call in calls if isinstance(call.func, ast.Attribute)]
    return [ast.unparse(method) for method in methods if method.attr == "date" and _is_utc(method.value)]


def test_no_day_is_taken_from_a_moment_in_utc() -> None:
    sources = {path: path.read_text(encoding="utf-8") for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")}
    days = {str(path.relative_to(ROOT)): _days_of_utc(source) for path, source in sources.items()}
    assert {path: calls for path, calls in days.items() if calls} == {}


def test_the_guard_sees_a_day_of_utc() -> None:
    source = "first = case.accepted_at.date(), (now() + DAY).date(), datetime.now(UTC).date(), MONDAY.date()"
    assert len(_days_of_utc(source)) == 3
