"""The page of matches with 1,000 projects: time and queries, against the page of an empty registry."""

import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlmodel import select

from benchmarks.keys import use_invented_keys
from tuoju.accounts.models import User
from tuoju.accounts.service import sign_in
from tuoju.cases.models import Case, Need
from tuoju.cases.status import NeedState
from tuoju.database.engine import make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealed_files import use_files
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate
from tuoju.simulation.demo_city import build_demo_city
from tuoju.simulation.sign_ins import PASSWORD
from tuoju.web.app import create_app
from tuoju.web.kit.dependencies import SESSION_COOKIE
from tuoju.web.kit.settings import WebSettings
from tuoju_projects import capacity
from tuoju_projects.models import Organization, Project
from tuoju_projects.status import ProjectState

PAGES = ("/needs/{need}/matches", "/needs", "/residents", "/cases", "/referrals", "/figures", "/projects", "/")


def main() -> None:
    use_invented_keys()
    with tempfile.TemporaryDirectory() as folder:
        use_files(FolderStore(Path(folder)))
        engine = make_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate(engine)
        unit_of_work = UnitOfWork(engine)
        build_demo_city(unit_of_work, people=40, tell=lambda _words: None)
        with unit_of_work.write(SYSTEM) as session:
            owner = session.exec(select(Organization)).first()
            chance = random.Random(1)
            today = capacity.china_today()
            for number in range(987):
                project = Project(
                    organization_id=owner.id if owner else 0,
                    name=f"项目{number}",
                    description=chance.choice(["上门做饭洗衣", "探访陪伴", "心理疏导", "课业辅导"]),
                    categories=chance.sample(["A01", "B01", "B03", "C01", "C02", "C06"], 2),
                    areas=["341100000000"],
                    starts_on=today - timedelta(days=9),
                    ends_on=today + timedelta(days=99),
                    places_total=0,
                    state=ProjectState.open,
                )
                session.add(project)
                session.flush()
                capacity.publish(session, project, 5, by=None)
            token, _user = sign_in(session, "worker", PASSWORD)
            worker = session.exec(select(User).where(User.username == "worker")).one()
            here = (
                select(Need.id).join(Case).where(Case.region_code == worker.region_code, Need.state == NeedState.open)
            )
            need = session.exec(here).first()
        client = TestClient(create_app(unit_of_work, WebSettings("s" * 32, secure_cookies=False)))
        client.cookies.set(SESSION_COOKIE, token)
        queries: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *event_values: queries.append(event_values[2]))
        print(f"Python {sys.version.split()[0]}; user {worker.username}; 1,000 projects; medians of 30 requests")
        for page in PAGES:
            address = page.format(need=need)
            assert client.get(address).status_code == 200
            taken = []
            for _ in range(30):
                queries.clear()
                start = time.perf_counter()
                client.get(address)
                taken.append((time.perf_counter() - start) * 1000)
            print(
                f"{page:<24} p50 {statistics.median(taken):6.1f} ms  max {max(taken):6.1f} ms  {len(queries)} queries"
            )
        engine.dispose()


if __name__ == "__main__":
    main()
