"""Two web hosts and two workers behind PgBouncer in transaction mode share one state (design.md section 8)."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from benchmarks.processes import environment, wait_until, worker
from benchmarks.receivers import Receivers
from sqlmodel import Session, select

from factories.accounts import PASSWORD, make_user
from factories.api import CASE, NEED, resident_body
from factories.projects import make_project
from factories.servers import PgBouncer, Redis, free_port
from tuoju.accounts.models import Role
from tuoju.database.engine import make_engine
from tuoju_notifications.models import Notification
from tuoju_notifications.status import OPEN

pytestmark = pytest.mark.postgres


class Hosts:
    """Two web processes, which one client asks in turn."""

    def __init__(self, env: dict[str, str]) -> None:
        ports = [free_port(), free_port()]
        self.addresses = [f"http://127.0.0.1:{port}" for port in ports]
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tuoju.launch.commands.web", "--port", str(port)],
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for port in ports
        ]
        for address in self.addresses:
            wait_until(lambda address=address: answers(f"{address}/readyz"), 90, "web host ready")  # type: ignore[misc]
        self._turn = 0

    def ask(self, method: str, path: str, token: str = "", **options: Any) -> httpx2.Response:
        """One request, to the other host than the last."""
        self._turn += 1
        headers = {"authorization": f"Bearer {token}"} if token else {}
        address = self.addresses[self._turn % 2]
        return httpx2.request(method, f"{address}/api/v1{path}", headers=headers, timeout=60, **options)

    def sign_in(self, username: str, password: str = PASSWORD) -> httpx2.Response:
        return self.ask("POST", "/tokens", json={"username": username, "password": password})

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(30)


def answers(address: str) -> bool:
    with suppress(httpx2.HTTPError):
        return bool(httpx2.get(address, timeout=5).status_code == 200)
    return False


@pytest.fixture
def env(tmp_path: Path, database_url: str) -> Iterator[dict[str, str]]:
    bouncer, broker, receivers = PgBouncer(database_url), Redis(tmp_path), Receivers().start()
    try:
        yield environment(
            tmp_path / "data",
            database=bouncer.url,
            broker=f"redis://127.0.0.1:{broker.port}/0",
            mail_port=receivers.mail_port,
            web=receivers.web,
        )
    finally:
        bouncer.stop()
        broker.kill()
        receivers.stop()


def test_the_main_job_alternating_between_two_hosts(env: dict[str, str], database_url: str) -> None:
    """Signed in on one host, known on the other; every step on the other host than the one before."""
    engine = make_engine(database_url)
    with Session(engine) as session:
        project = make_project(session, places=3)
        aide = make_user(session)
        staff = make_user(session, role=Role.charity_staff, organization_id=project.organization_id)
        victim = make_user(session)
        project_id, organization_id = project.pk, project.organization_id
        names = aide.username, staff.username, victim.username
        session.commit()
    hosts = Hosts(env)
    workers = []
    try:
        assert not answers(f"{hosts.addresses[0]}/healthz"), "no worker runs yet, and both hosts are ready"
        workers = [worker(env, name=f"w{number}") for number in range(2)]
        officer = hosts.sign_in(names[0]).json()["token"]
        charity = hosts.sign_in(names[1]).json()["token"]

        def send() -> dict[str, Any]:
            resident = hosts.ask("POST", "/residents", officer, json=resident_body()).json()
            agreed = {"organization_id": organization_id}
            hosts.ask("POST", f"/residents/{resident['id']}/consents", officer, json=agreed)
            case = hosts.ask("POST", "/cases", officer, json={**CASE, "resident_id": resident["id"]}).json()
            need = hosts.ask("POST", f"/cases/{case['id']}/needs", officer, json=NEED).json()
            body = {"need_id": need["id"], "project_id": project_id}
            answer = hosts.ask("POST", "/referrals", officer, json=body)
            assert answer.status_code == 201, answer.text
            referral: dict[str, Any] = answer.json()
            return referral

        sent = [send() for _ in range(3)]
        inbox = hosts.ask("GET", "/referrals/inbox", charity).json()["items"]
        assert {item["id"] for item in inbox} == {item["id"] for item in sent}
        path = f"/referrals/{sent[0]['id']}/accept"
        with ThreadPoolExecutor(6) as pool:
            codes = sorted(pool.map(lambda _: hosts.ask("POST", path, charity).status_code, range(6)))
        assert codes == [200] + [409] * 5, "one of six at once wins, whichever host is asked"
        assert hosts.ask("GET", f"/referrals/{sent[0]['id']}", officer).json()["state"] == "accepted"

        wrong = [hosts.sign_in(names[2], "not this one").status_code for _ in range(6)]
        assert set(wrong) <= {401, 429}
        assert hosts.sign_in(names[2]).status_code != 201, "locked on both hosts"

        assert hosts.ask("DELETE", "/tokens/current", officer).status_code < 300
        assert hosts.ask("GET", "/referrals", officer).status_code == 401, "signed out on both"

        def settled() -> bool:
            with Session(engine) as session:
                states = session.exec(select(Notification.state)).all()
                return bool(states) and not any(state in OPEN for state in states)

        wait_until(settled, 90, "every notification delivered by one of the workers")
    finally:
        hosts.stop()
        for running in workers:
            running.stop()
        engine.dispose()
