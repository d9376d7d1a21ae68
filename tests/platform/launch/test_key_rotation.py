"""`tuoju keys rotate`: a new key replaces an old one while the system runs, and a killed rotation goes on."""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.keys import SUITE, invented_key
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from factories.accounts import VILLAGE, make_actor
from factories.databases import UnitOfWork
from factories.residents import make_resident
from tuoju.database import key_rotation, sealed_files
from tuoju.database.file_stores import FolderStore
from tuoju.database.key_rotation import count_by_key, count_stale, seal_everything_again
from tuoju.database.keys import AES, SM, KeyRing, Suite, keys
from tuoju.database.sealed_files import get_file, put_file, use_files
from tuoju.launch.keys import use_key_ring
from tuoju.launch.tables import METADATA
from tuoju.residents.identity import index_of, indexes_of
from tuoju.residents.models import Resident
from tuoju_projects.models import Organization

START = "from tuoju.launch.cli import app; app()"
TABLES = METADATA.sorted_tables
ORGANIZATIONS = [METADATA.tables["organization"]]


def ring(*names: str, suite: Suite = SUITE) -> KeyRing:
    """A ring of these keys; the last one seals."""
    return KeyRing({name: invented_key(name) for name in names}, names[-1], invented_key("web"), suite)


@pytest.fixture(autouse=True)
def _own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before, store = keys(), sealed_files._store
    use_files(FolderStore(tmp_path / "files"))
    use_key_ring(ring("old"))
    yield
    use_key_ring(before)
    monkeypatch.setattr(sealed_files, "_store", store)


ELSEWHERE = "341102010003"
"""A village of another county."""


def fill(unit_of_work: UnitOfWork, organizations: int = 0, **values: Any) -> int:
    """Rows under the current key; the id of a resident."""
    with unit_of_work.write() as session:
        officer = make_actor(session, region_code=values.get("region_code", VILLAGE))
        resident = make_resident(session, officer, name="测试甲", **values)
        session.add_all(
            Organization(name=f"机构{number}", org_type="x", region_code="341100000000", contact_name=f"测试{number}")
            for number in range(organizations)
        )
        return resident.pk


def rotate(unit_of_work: UnitOfWork) -> int:
    """Rotate to the end; how many rows and files were sealed again."""
    done: list[int] = []
    assert not seal_everything_again(unit_of_work, TABLES, done.append)
    return sum(done)


class TestRotation:
    @pytest.mark.parametrize("suite", [AES, SM], ids=["aes", "sm"])
    def test_the_old_key_is_no_longer_needed(self, unit_of_work: UnitOfWork, suite: Suite) -> None:
        resident_id, file = fill(unit_of_work, organizations=5), put_file(b"scan")
        use_key_ring(ring("old", "new", suite=suite))
        stale = count_stale(unit_of_work, TABLES)
        assert rotate(unit_of_work) == stale > 6
        assert count_by_key(unit_of_work, TABLES).keys() - {keys().header} <= {
            header for header, count in count_by_key(unit_of_work, TABLES).items() if not count
        }
        use_key_ring(ring("new", suite=suite))
        with unit_of_work.read() as session:
            resident = session.get_one(Resident, resident_id)
            assert (resident.name, get_file(file)) == ("测试甲", b"scan")
            assert resident.id_number is not None
            assert resident.id_number_index == index_of(resident.id_number)
            assert len(session.exec(select(Organization.contact_name)).all()) >= 5
        assert rotate(unit_of_work) == 0

    def test_people_are_found_while_it_runs(self, unit_of_work: UnitOfWork) -> None:
        resident_id = fill(unit_of_work)
        use_key_ring(ring("old", "new"))
        with unit_of_work.read() as session:
            resident = session.get_one(Resident, resident_id)
            assert resident.id_number_index in indexes_of(resident.id_number or "")
            assert resident.id_number_index != index_of(resident.id_number or "")

    def test_what_does_not_open_is_named_and_left(self, unit_of_work: UnitOfWork) -> None:
        resident_id = fill(unit_of_work, organizations=3)
        with unit_of_work.write() as session:
            session.execute(text("UPDATE resident SET phone = name WHERE id = :id"), {"id": resident_id})
        use_key_ring(ring("old", "new"))
        unfinished = seal_everything_again(unit_of_work, TABLES, lambda _done: None)
        assert unfinished.unopened == [f"resident:{resident_id}"]
        assert count_stale(unit_of_work, TABLES) == 1

    def test_a_number_registered_twice_is_named(self, unit_of_work: UnitOfWork) -> None:
        """Two processes that know different keys registered one person, in two villages; a person must decide."""
        first = fill(unit_of_work)
        with unit_of_work.read() as session:
            number = session.get_one(Resident, first).id_number
        use_key_ring(ring("new"))
        second = fill(unit_of_work, id_number=number, region_code=ELSEWHERE)
        use_key_ring(ring("old", "new"))
        unfinished = seal_everything_again(unit_of_work, TABLES, lambda _done: None)
        assert (unfinished.unopened, unfinished.doubled) == ([], [f"resident:{first}"])
        assert second != first

    def test_a_change_in_between_is_kept(self, unit_of_work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
        """The row is written only if it still holds what was read."""
        resident_id = fill(unit_of_work)
        use_key_ring(ring("old", "new"))
        with unit_of_work.read() as session:
            rows = key_rotation._lock_stale_rows(session.connection(), Resident.__table__, None)  # type: ignore[attr-defined]
        with unit_of_work.write() as session:
            session.get_one(Resident, resident_id).name = "测试丁"
        with unit_of_work.write() as session:
            unfinished = key_rotation.Unfinished()
            changes = list(key_rotation._changes_of(Resident.__table__, rows, unfinished))  # type: ignore[attr-defined]
            assert key_rotation._write(session.connection(), Resident.__table__, changes, unfinished) == 0  # type: ignore[attr-defined]
        with unit_of_work.read() as session:
            assert session.get_one(Resident, resident_id).name == "测试丁"


class Writer(threading.Thread):
    """Changes contacts as the running system does, and remembers what it committed."""

    def __init__(self, unit_of_work: UnitOfWork, ids: list[int]) -> None:
        super().__init__()
        self.unit_of_work, self.ids = unit_of_work, ids
        self.committed: dict[int, str] = {}
        self.stopping = threading.Event()

    def run(self) -> None:
        chance, count = random.Random(1), 0
        while not self.stopping.wait(0.005):
            row_id, count = chance.choice(self.ids), count + 1
            try:
                with self.unit_of_work.write() as session:
                    session.get_one(Organization, row_id).contact_phone = f"{count}"
            except OperationalError:
                continue
            self.committed[row_id] = f"{count}"


def start_rotation(database_url: str, folder: Path) -> "subprocess.Popen[bytes]":
    settings = {
        "TUOJU_ENVIRONMENT": "production",
        "TUOJU_DATA_FOLDER": str(folder),
        "TUOJU_DATABASE_URL": database_url,
        "TUOJU_SECRET_KEY": invented_key("web").hex(),
        "TUOJU_AUDIT_KEY": invented_key("audit").hex(),
        "TUOJU_ENCRYPTION_KEYS": json.dumps({name: invented_key(name).hex() for name in ("old", "new")}),
        "TUOJU_ENCRYPTION_KEY_IN_USE": "new",
        "TUOJU_CRYPTO": SUITE.name,
    }
    return subprocess.Popen(
        [sys.executable, "-c", START, "keys", "rotate"],
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def test_it_is_killed_and_goes_on_while_others_write(
    unit_of_work: UnitOfWork, database_url: str, tmp_path: Path
) -> None:
    """Killed at random points and started again, beside a writer: every value is there, under the new key alone."""
    fill(unit_of_work, organizations=1500)
    files = [put_file(f"{number}".encode()) for number in range(200)]
    with unit_of_work.read() as session:
        ids = [row_id for row_id in session.exec(select(Organization.id)) if row_id is not None]
    use_key_ring(ring("old", "new"))
    writer, chance, kills = Writer(unit_of_work, ids), random.Random(2), 0
    writer.start()
    try:
        stale = count_stale(unit_of_work, ORGANIZATIONS)
        while True:
            process = start_rotation(database_url, tmp_path)
            limit = chance.randrange(stale) if kills < 3 else -1
            while process.poll() is None and count_stale(unit_of_work, ORGANIZATIONS) > limit:
                writer.stopping.wait(0.03)
            if process.poll() is not None:
                break
            process.kill()
            process.wait()
            kills, stale = kills + 1, max(count_stale(unit_of_work, ORGANIZATIONS), 1)
    finally:
        writer.stopping.set()
        writer.join()
    assert process.stderr is not None
    assert (process.returncode, process.stderr.read()) == (0, b"")
    assert (kills, count_stale(unit_of_work, TABLES)) == (3, 0)
    use_key_ring(ring("new"))
    assert [get_file(file) for file in files] == [f"{number}".encode() for number in range(200)]
    with unit_of_work.read() as session:
        kept = {row.id: row.contact_phone for row in session.exec(select(Organization))}
        names = set(session.exec(select(Organization.contact_name)))
    assert len(writer.committed) > 10
    assert {row_id: kept[row_id] for row_id in writer.committed} == writer.committed
    assert names >= {f"测试{number}" for number in range(1500)}
