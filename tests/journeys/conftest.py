"""A real server on a real database, and a real browser."""

import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine

from factories.databases import UnitOfWork
from factories.plans import do
from tuoju.database.engine import make_engine
from tuoju.database.jobs import Job
from tuoju.database.scopes import SYSTEM
from tuoju.simulation.demo_city import build_demo_city
from tuoju.simulation.sign_ins import demo_sign_ins
from tuoju.web.app import create_app
from tuoju.web.kit.settings import WebSettings

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next((which for name in NAMES if (which := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        if os.environ.get("TUOJU_TEST_REQUIRE_ALL"):
            pytest.fail("no Chromium was found, and here one is required")
        pytest.skip("no Chromium was found: browser tests are left out (set CHROMIUM to its path)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


def _do(engine: Engine, jobs: Sequence[Job]) -> None:
    for job in jobs:
        do(UnitOfWork(engine, start=lambda more: _do(engine, more)), job)


@pytest.fixture(scope="module")
def city(databases: Any) -> Iterator[UnitOfWork]:
    """A small demo city of each journey's own, whose worker is a thread of this process: what one approves would
    change what is best for the next."""
    engine = make_engine(databases.fresh())
    unit_of_work = UnitOfWork(engine, start=lambda jobs: threading.Thread(target=_do, args=(engine, jobs)).start())
    build_demo_city(unit_of_work, people=10, waiting=40, tell=lambda _words: None)
    yield unit_of_work
    engine.dispose()


@pytest.fixture(scope="module")
def server(city: UnitOfWork) -> Iterator[str]:
    """The address of the application over the demo city."""
    with city.read(SYSTEM) as session:
        sign_ins = demo_sign_ins(session)
    app = create_app(city, WebSettings(secret_key="s" * 32, secure_cookies=False, demo_sign_ins=sign_ins))
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not running.started:
        assert time.monotonic() < deadline, "the server did not start"
        thread.join(0.02)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def axe() -> str:
    return (Path(__file__).parent.parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
