"""From the link to a closed referral on a phone without an account: taps, and seconds at the server and in all.

`python -m benchmarks.charity_link --json`: a real Chromium 390 pixels wide against a real server over a demo city. The
tap that opens the link in the messenger counts. Seconds are those of the machine: what a person reads and thinks comes
on top.
"""

import argparse
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Locator, Page, sync_playwright
from sqlmodel import col, select
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.keys import use_invented_keys
from tuoju.accounts.models import User
from tuoju.accounts.queries import actor_of
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.policies import Scheme
from tuoju.cases.service import add_need, open_case
from tuoju.database.engine import make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealed_files import use_files
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate
from tuoju.referrals import links, service
from tuoju.referrals.models import Referral
from tuoju.referrals.proposing import propose
from tuoju.referrals.status import ReferralState
from tuoju.residents.consents import give_consent
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import ConsentGiver, ConsentPurpose
from tuoju.residents.service import register
from tuoju.simulation.demo_city import build_demo_city
from tuoju.web.app import create_app
from tuoju.web.kit.settings import WebSettings
from tuoju_projects.models import Project

PHONE = {"width": 390, "height": 844}
SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class Timed:
    """Counts the seconds that the application takes to answer; assets are left out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.seconds = app, 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        await self.app(scope, receive, send)
        if scope["type"] == "http" and not scope["path"].startswith("/static"):
            self.seconds += time.perf_counter() - start


class Thumb:
    """Taps and types as a person would, and counts the taps."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def open(self, address: str) -> None:
        self.taps += 1
        self.page.goto(address)
        self.tap(self.page.get_by_role("button", name="打开"))

    def tap(self, target: Locator) -> None:
        self.taps += 1
        target.click()


def send_referral(unit_of_work: UnitOfWork, name: str) -> tuple[int, str]:
    """A new referral of an invented resident of this name: its id and the token of its link."""
    with unit_of_work.write(SYSTEM) as session:
        worker = actor_of(session.exec(select(User).where(User.username == "worker")).one())
        inputs = ResidentInput.model_validate(
            {
                "name": name,
                "id_type": "none",
                "born_on": "1948-02-03",
                "sex": "female",
                "region_code": worker.region_code,
                "phone": "13800001234",
                "address": "演示组2号",
                "relief_category": "TKGY",
                "vulnerabilities": ["SN"],
                "self_care": "partly_unable",
            }
        )
        resident = register(session, worker, inputs)
        case = open_case(session, worker, resident, CaseInput(hardship_cause="1", scheme=Scheme.charity_referral))
        need = add_need(session, worker, case, NeedInput(category="A01", text="一个人住,做饭洗衣都困难"))
        project = session.get_one(Project, propose(session, need, limit=1).ranked[0].project.id)
        give_consent(
            session,
            worker,
            resident,
            purpose=ConsentPurpose.referral,
            organization_id=project.organization_id,
            given_by=ConsentGiver.self,
            method="paper",
        )
        referral = service.send(session, worker, need, project)
        link = links.find_current_link(session, referral)
        assert link is not None
        return referral.pk, links.token_of(link)


@contextmanager
def serving(unit_of_work: UnitOfWork) -> Iterator[tuple[str, Timed]]:
    """The address of a server over the unit of work, and its clock."""
    timed = Timed(create_app(unit_of_work, WebSettings("s" * 32, secure_cookies=False)))
    server = uvicorn.Server(uvicorn.Config(timed, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", timed
    server.should_exit = True
    thread.join(10)


def journey(page: Page, address: str, timed: Timed, name: str) -> dict[str, float]:
    """Open, accept, see whom to serve, record a visit, close; after each what it took so far."""
    thumb, result = Thumb(page), {}
    start, served = time.perf_counter(), timed.seconds
    thumb.open(address)
    thumb.tap(page.get_by_role("button", name="接收", exact=True))
    page.get_by_role("link", name="记录服务").wait_for()
    result |= {
        "taps_to_accept": thumb.taps,
        "seconds_to_accept": time.perf_counter() - start,
        "server_seconds_to_accept": timed.seconds - served,
    }
    thumb.tap(page.get_by_role("button", name="查看姓名、电话和住址"))
    page.get_by_text(name).first.wait_for()
    thumb.tap(page.get_by_role("link", name="记录服务"))
    thumb.tap(page.get_by_role("button", name="保存服务记录"))
    thumb.tap(page.locator("summary", has_text="办结"))
    thumb.tap(page.locator("label.pick", has_text="需求已满足"))
    thumb.tap(page.get_by_role("button", name="办结"))
    page.wait_for_url("**/done")
    return result | {
        "taps_to_close": thumb.taps,
        "seconds_to_close": time.perf_counter() - start,
        "server_seconds_to_close": timed.seconds - served,
    }


def measure(chromium: str) -> dict[str, float]:
    """Two journeys over one demo city, the second measured: the first warms the templates and the browser."""
    with tempfile.TemporaryDirectory() as folder:
        use_invented_keys()
        use_files(FolderStore(Path(folder) / "files"))
        engine = make_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate(engine)
        unit_of_work = UnitOfWork(engine)
        build_demo_city(unit_of_work, people=6, tell=lambda _words: None)
        with serving(unit_of_work) as (address, timed), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
            for name in ("周桂英", "吴秀兰"):
                referral_id, token = send_referral(unit_of_work, name)
                context = browser.new_context(viewport=PHONE, locale="zh-CN", has_touch=True)  # type: ignore[arg-type]
                result = journey(context.new_page(), f"{address}/a/{token}", timed, name)
                context.close()
            browser.close()
        with unit_of_work.read(SYSTEM) as session:
            query = select(Referral.state).where(col(Referral.id) == referral_id)
            assert session.exec(query).one() is ReferralState.completed
        engine.dispose()
    return {name: round(value, 3) for name, value in result.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    as_json = parser.parse_args().json
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    chromium = os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit("no Chromium was found: set CHROMIUM to its path")
    result = measure(chromium)
    if as_json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name.replace('_', ' '):<26} {value:g}")


if __name__ == "__main__":
    main()
