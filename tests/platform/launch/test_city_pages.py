"""The eight numbers on the dashboard of the simulated month: each is shown, and the rows behind it add up to it."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from factories.cities import BY_ANOTHER_PATH
from factories.databases import UnitOfWork
from factories.pages import SETTINGS, counted
from tuoju.reports.city_pages import FIGURES
from tuoju.simulation.sign_ins import PASSWORD
from tuoju.web.app import create_app

ADDED = {"relief_paid_fen", "service_person_times", "average_handling_working_days"}
"""Numbers whose rows each say how much they add; of the others a row is one."""


@pytest.fixture(scope="module")
def manager(small_city: UnitOfWork) -> Iterator[TestClient]:
    with TestClient(create_app(small_city, SETTINGS)) as client:
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', client.get("/sign-in").text)
        assert token is not None
        client.post("/sign-in", data={"form_token": token[1], "username": "manager", "password": PASSWORD})
        yield client


def cells_of(page: str) -> list[list[str]]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [[unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td.*?</td>", row, re.S)] for row in rows]


def rows_behind(manager: TestClient, figure: str, region: str = "") -> list[list[str]]:
    results: list[list[str]] = []
    for page in range(1, 50):
        answer = manager.get(f"/figures/city/{figure}?region={region}&page={page}").text
        results += cells_of(answer)
        if f"page={page + 1}" not in answer:
            return results
    raise AssertionError("no end of pages")


def added(figure: str, rows: list[list[str]]) -> float:
    if figure not in ADDED:
        return len(rows)
    return sum(float(row[-1].replace(",", "")) for row in rows)


def shown_on(page: str, figure: str) -> float:
    search = re.search(rf'href="/figures/city/{figure}\?[^"]*"[^>]*>\s*<b>¥?([\d,.]+)</b>', page)
    assert search is not None, figure
    return float(search[1].replace(",", ""))


@pytest.mark.parametrize("figure", FIGURES)
def test_each_number_is_on_the_dashboard_and_its_rows_add_up_to_it(
    small_city: UnitOfWork, manager: TestClient, figure: str
) -> None:
    shown, rows = shown_on(manager.get("/figures").text, figure), rows_behind(manager, figure)
    if figure == "average_handling_working_days":
        assert added(figure, rows) / len(rows) == shown == 1.5
        return
    assert round(added(figure, rows), 2) == shown
    with small_city.read() as session:
        counted = session.connection().execute(text(BY_ANOTHER_PATH[figure])).scalar_one()
    assert counted == round(shown * 100) if figure == "relief_paid_fen" else counted == shown


@pytest.mark.parametrize("figure", ["societies", "relief_person_times", "relief_paid_fen", "service_person_times"])
def test_the_parts_of_the_city_add_up_down_to_the_villages(manager: TestClient, figure: str) -> None:
    total = shown_on(manager.get("/figures/relief").text, figure)
    parts = parts_of(manager, "")
    assert round(sum(shown_on(parts[code], figure) for code in parts), 2) == total
    county = next(iter(parts))
    townships = parts_of(manager, county)
    assert round(sum(shown_on(page, figure) for page in townships.values()), 2) == shown_on(parts[county], figure)


def parts_of(manager: TestClient, region: str) -> dict[str, str]:
    page = manager.get(f"/figures/relief?region={region}").text.partition('id="parts"')[2]
    codes = re.findall(r'<td[^>]*><a href="/figures/relief\?region=(\d{12})', page)
    return {code: manager.get(f"/figures/relief?region={code}").text for code in codes}


def test_another_month_has_nothing_but_its_societies(manager: TestClient) -> None:
    page = manager.get("/figures/relief?month=2026-01").text
    assert shown_on(page, "societies") == 24
    assert shown_on(page, "relief_person_times") == 0
    assert manager.get("/figures/relief?month=2026-10").text.count("¥23,900.00") == 1


@pytest.mark.parametrize("path", ["/figures", "/figures/relief", "/supervision", "/summaries?month=2026-10"])
def test_the_number_of_queries_does_not_grow_with_the_societies(
    small_city: UnitOfWork, manager: TestClient, path: str
) -> None:
    manager.get(path)
    with counted(small_city.engine) as total:
        manager.get(path)
    sub = re.sub(r"\?|$", "?region=341124105205&county=341124000000&", path, count=1)
    with counted(small_city.engine) as part:
        manager.get(sub)
    assert abs(len(total) - len(part)) <= 3
    assert len(total) < 40
