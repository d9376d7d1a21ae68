"""A whole installation under `tuoju serve` for tests of faults, and people who use it and note what they were told."""

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx2
from benchmarks.processes import environment, wait_until
from sqlmodel import col, func, select

from factories.accounts import PASSWORD, make_user
from factories.databases import UnitOfWork
from factories.fault_table import FaultRow
from factories.projects import make_project
from factories.referrals import make_scene
from factories.residents import make_consent
from tuoju.accounts.models import Role
from tuoju.database.engine import make_engine
from tuoju.referrals import service
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.status import ReferralState, ReferralVerb
from tuoju.residents.models import Resident

TUOJU = [sys.executable, "-c", "from tuoju.launch.cli import app; app()"]
_numbers = itertools.count()
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许", "一二三四五六七八九十百千万春夏秋冬东南西北中"


class Installation:
    """`tuoju serve` over a database, with its data in `folder`."""

    def __init__(self, folder: Path, database_url: str, broker: str = "embedded://") -> None:
        self.folder, self.database_url = folder, database_url
        with socket.create_server(("127.0.0.1", 0)) as door:
            self.port = int(door.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self.env = environment(folder, database=database_url, broker=broker, mail_port=1, web="http://127.0.0.1:1") | {
            "TUOJU_SECURE_COOKIES": "false",
            "TUOJU_PUBLIC_ADDRESS": self.address,
        }
        self.engine = make_engine(database_url)
        self.unit_of_work = UnitOfWork(self.engine)

    def start(self) -> None:
        """Start everything and wait until all parts are up."""
        self.output = self.folder.parent / f"{self.folder.name}-{time.monotonic_ns()}.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [*TUOJU, "serve", "--port", str(self.port)], env=self.env, stdout=output, stderr=output
            )
        wait_until(lambda: "is running" in self.output.read_text() or self.process.poll() is not None, 180, "all up")
        assert self.process.poll() is None, self.output.read_text()

    def children(self) -> list[int]:
        """The processes: web, worker, worker of long work, as far as they run."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_one(self, chance: random.Random) -> None:
        """Kill any one process at once."""
        with suppress(ProcessLookupError):
            os.kill(chance.choice(self.children()), signal.SIGKILL)

    def freeze_web(self) -> None:
        """Stop the web process without ending it, and wait until another one stands in its place."""
        (web,) = (pid for pid in self.children() if b"commands.web" in Path(f"/proc/{pid}/cmdline").read_bytes())
        os.kill(web, signal.SIGSTOP)
        wait_until(lambda: web not in self.children(), 240, "the frozen process is replaced")

    def kill_supervisor(self) -> None:
        """Kill the supervisor, and start it again when its children have ended."""
        self.process.kill()
        self.process.wait(10)
        self.start()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(40)
        self.engine.dispose()


class Traffic:
    """Officers register people and charities accept referrals, again until they are told that it is done."""

    def __init__(self, installation: Installation, *, referrals: int, threads: int = 3) -> None:
        self._address, self._unit_of_work = installation.address, installation.unit_of_work
        self._chance = random.Random(1)
        with self._unit_of_work.write() as session:
            self._officer = make_user(session, username=f"officer{uuid.uuid4().hex[:8]}").username
            project = make_project(session, places=referrals)
            charity = make_user(
                session,
                username=f"charity{uuid.uuid4().hex[:8]}",
                role=Role.charity_staff,
                organization_id=project.organization_id,
            )
            self._charity = charity.username
        self.waiting = []
        for _each in range(referrals):  # each by itself: a long transaction would hold the whole installation up
            with self._unit_of_work.write() as session:
                scene = make_scene(session)
                make_consent(session, scene.worker, scene.resident, project.organization_id)
                self.waiting.append(service.send(session, scene.worker, scene.need, project).pk)
        self.registered: dict[int, str] = {}
        self.accepted: set[int] = set()
        self.names: list[str] = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.refused: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _each in range(threads)]

    @property
    def was_used(self) -> bool:
        """Whether people were registered and referrals accepted."""
        return bool(self.registered and self.accepted)

    @property
    def answered(self) -> int:
        """How many requests were answered with success."""
        return len(self.registered) + len(self.accepted)

    def start(self) -> None:
        with self._client() as client:  # one sign-in for all threads: sign-ins from one address are limited
            self._tokens = (self._token(client, self._officer), self._token(client, self._charity))
        for thread in self._threads:
            thread.start()

    def wait_for(self, more: int, seconds: float = 120) -> None:
        """Wait until so many more requests were answered with success."""
        wanted = self.answered + more
        wait_until(lambda: self.answered >= wanted, seconds, f"{more} more requests answered")

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)

    def note(self, row: FaultRow) -> None:
        """Compare what was answered with what is stored."""
        with self._unit_of_work.read() as session:
            names = Counter(resident.name for resident in session.exec(select(Resident)))
            ids = set(session.exec(select(Resident.id)))
            accepted = set(
                session.exec(
                    select(Referral.id).where(
                        col(Referral.id).in_(self.accepted), Referral.state == ReferralState.accepted
                    )
                )
            )
            twice = session.exec(
                select(func.count())
                .where(ReferralEvent.verb == ReferralVerb.accept)
                .group_by(col(ReferralEvent.referral_id))
                .having(func.count() > 1)
            ).all()
        row.answered += self.answered
        row.lost += len(self.registered.keys() - ids) + len(self.accepted - accepted)
        row.doubled += sum(names[name] - 1 for name in self.names if names[name] > 1) + len(twice)

    def _client(self) -> httpx2.Client:
        return httpx2.Client(base_url=f"{self._address}/api/v1", timeout=20)

    def _run(self) -> None:
        officer, charity = self._tokens
        with self._client() as client:
            while not self._stopping.wait(0.05):
                with self._lock:
                    referral_id = self.waiting.pop() if self.waiting and self._chance.random() < 0.4 else None
                    number = next(_numbers)
                if referral_id is not None:
                    self._accept(client, charity, referral_id)
                else:
                    self._register(client, officer, number)

    def _token(self, client: httpx2.Client, username: str) -> str:
        answer = self._until_done(client, "/tokens", {"username": username, "password": PASSWORD}, {})
        assert answer is not None, "stopped before it began"
        return str(answer.json()["token"])

    def _register(self, client: httpx2.Client, token: str, number: int) -> None:
        first, rest = divmod(number, len(_GIVEN))
        name = _SURNAMES[first % len(_SURNAMES)] + _GIVEN[rest] + _GIVEN[first // len(_SURNAMES) % len(_GIVEN)]
        self.names.append(name)
        body = {"name": name, "region_code": "341124105205", "id_type": "none", "another_person": True}
        headers = {"authorization": f"Bearer {token}", "idempotency-key": uuid.uuid4().hex}
        answer = self._until_done(client, "/residents", body, headers)
        if answer is not None and answer.is_success:
            self.registered[int(answer.json()["id"])] = name

    def _accept(self, client: httpx2.Client, token: str, referral_id: int) -> None:
        headers = {"authorization": f"Bearer {token}"}
        answer = self._until_done(client, f"/referrals/{referral_id}/accept", {}, headers)
        if answer is not None and answer.is_success:
            self.accepted.add(referral_id)

    def _until_done(
        self, client: httpx2.Client, path: str, body: dict[str, object], headers: dict[str, str]
    ) -> httpx2.Response | None:
        """Ask again, with the same key, while there is no answer or one that says to come again."""
        while not self._stopping.is_set():
            try:
                answer = client.post(path, json=body, headers=headers)
            except httpx2.HTTPError:
                self._stopping.wait(0.3)
                continue
            if answer.status_code < 500:
                if not answer.is_success:
                    self.refused[f"{path.split('/')[1]} {answer.status_code}"] += 1
                return answer
            self._stopping.wait(0.3)
        return None
