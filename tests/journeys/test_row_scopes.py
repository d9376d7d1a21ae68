"""Each page of each account says the same under the policies of PostgreSQL as it does to a transaction that reaches
every row: what the pages need lies within the scope, or is named as an escape (design.md section 7)."""

import re
from collections import Counter, deque
from contextlib import AbstractContextManager

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from factories.databases import UnitOfWork
from factories.forms import without_keys
from tuoju.database import unit_of_work
from tuoju.database.scopes import SYSTEM, RowScope
from tuoju.simulation.sign_ins import PASSWORD, USERNAMES
from tuoju.web.app import create_app
from tuoju.web.kit.settings import WebSettings

PAGES_AT_MOST = 40
"""Of one account; of each form of address at most two."""
SETTINGS = WebSettings(secret_key="s" * 32, secure_cookies=False)


class Unscoped(unit_of_work.UnitOfWork):
    """Reaches every row, whatever scope it is told."""

    def write(self, scope: RowScope) -> AbstractContextManager[Session]:
        return super().write(SYSTEM)

    def read(self, scope: RowScope) -> AbstractContextManager[Session]:
        return super().read(SYSTEM)


def comparable(html: str) -> str:
    """The page without its form token, and without the list of those who opened the file: each look adds itself."""
    html = without_keys(html)
    return re.sub(r"<h2>谁查看过这份档案</h2>.*?</section>", "", html, flags=re.DOTALL)


def links_in(html: str) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)', html)]


@pytest.mark.postgres
@pytest.mark.parametrize("username", USERNAMES)
def test_every_page_is_the_same_with_and_without_policies(city: UnitOfWork, username: str) -> None:
    scoped = TestClient(create_app(unit_of_work.UnitOfWork(city.engine), SETTINGS), follow_redirects=False)
    token = re.search(r'name="form_token" value="(\w+)"', scoped.get("/sign-in").text)
    assert token is not None
    typed = {"form_token": token[1], "username": username, "password": PASSWORD}
    assert scoped.post("/sign-in", data=typed).status_code == 303
    unscoped = TestClient(create_app(Unscoped(city.engine), SETTINGS), cookies=dict(scoped.cookies))
    unscoped.follow_redirects = False
    waiting, seen, forms = deque(["/"]), {"/"}, Counter[str]()
    for _ in range(PAGES_AT_MOST):
        if not waiting:
            break
        path = waiting.popleft()
        as_scoped, as_unscoped = scoped.get(path), unscoped.get(path)
        assert as_scoped.status_code == as_unscoped.status_code, path
        if "html" not in as_scoped.headers.get("content-type", ""):
            continue
        assert comparable(as_scoped.text) == comparable(as_unscoped.text), path
        for link in links_in(as_scoped.text):
            form = re.sub(r"\d+", "N", link.split("?")[0])
            if link not in seen and not link.startswith("/static") and forms[form] < 2:
                seen.add(link)
                forms[form] += 1
                waiting.append(link)
