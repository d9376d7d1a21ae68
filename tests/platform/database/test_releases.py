"""The data of every release come through the upgrade: `releases/` holds a small city as each release wrote it."""

import gzip
import re
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from benchmarks.keys import invented_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, Text, select, text, type_coerce
from sqlmodel import Session

from factories.accounts import make_user
from factories.schemas import declare, read_schema
from tuoju.accounts import audit
from tuoju.accounts.models import User
from tuoju.backups.envelope import make_identity, read_identity, read_recipient
from tuoju.backups.making import Installation, make_backup
from tuoju.backups.restoring import open_backup, restore
from tuoju.backups.secret_keys import SecretKeys
from tuoju.cases.models import Alert
from tuoju.database import sealed_files
from tuoju.database.engine import WRITES, make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.keys import EncryptionError, KeyRing, keys
from tuoju.database.sealed_files import get_file
from tuoju.database.sealing import sealed_columns
from tuoju.invariants.registry import RULES
from tuoju.invariants.service import check_invariants
from tuoju.launch.backups import bring_up_to_date
from tuoju.launch.keys import use_key_ring
from tuoju.launch.migrations import migrate
from tuoju.launch.tables import METADATA
from tuoju.residents.models import Resident

RELEASES = Path(__file__).parent / "releases"
_ANY_DUMP = RELEASES / "0.1.0.sqlite.sql.gz"
DUMPS = [
    pytest.param(path, marks=[pytest.mark.postgres] if ".postgres." in path.name else [], id=path.name)
    for path in sorted(RELEASES.glob("*.sql.gz"))
]

MADE_UP = ("plan_part", "plan_line", "plan", "ranker_version", "attachment")
"""Tables whose only row in the dumps is made up, so that every table has one; it obeys no rule. The made-up
summary is signed, which the database keeps."""


@pytest.fixture(params=DUMPS)
def released(request: pytest.FixtureRequest, tmp_path: Path, databases: Any) -> Iterator[Engine]:
    """A database as a release left it, with the key that it was written with."""
    ring = keys()
    use_key_ring(KeyRing({"test": b"t" * 32}, "test", b"s" * 32, ring.suite))
    statements = gzip.decompress(request.param.read_bytes()).decode()
    if ".postgres." in request.param.name:
        url = databases.empty()
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.connection.driver_connection.execute(statements)  # type: ignore[union-attr]
        engine.dispose()  # the dump leaves its connection without a search path
    else:
        url = f"sqlite:///{tmp_path / 'release.db'}"
        with sqlite3.connect(tmp_path / "release.db") as connection:
            connection.executescript(statements)
        connection.close()
    engine = make_engine(url)
    yield engine
    engine.dispose()
    use_key_ring(ring)


@pytest.fixture
def upgraded(released: Engine) -> Engine:
    """The same, brought to the present tables."""
    migrate(released)
    return released


def test_every_release_has_a_dump_of_both_databases() -> None:
    versions = [path.name.removesuffix(".sql.gz").rsplit(".", 1) for path in RELEASES.glob("*.sql.gz")]
    assert {version for version, _ in versions} >= {"0.1.0"}
    for version, _ in versions:
        assert sorted(name for other, name in versions if other == version) == ["postgres", "sqlite"]


class TestUpgradedRelease:
    def test_its_schema_is_the_declared_one(self, upgraded: Engine, tmp_path: Path, databases: Any) -> None:
        on_sqlite = upgraded.dialect.name == "sqlite"
        declared = make_engine(f"sqlite:///{tmp_path / 'declared.db'}" if on_sqlite else databases.empty())
        declare(declared)
        with upgraded.connect() as before, declared.connect() as after:
            assert read_schema(before) == read_schema(after)
        declared.dispose()

    def test_every_table_has_rows_and_is_read(self, upgraded: Engine) -> None:
        """Reading opens each sealed value and turns each word into its enum."""
        released = set(
            re.findall(r"CREATE TABLE (?:public\.)?\"?(\w+)", gzip.decompress(_ANY_DUMP.read_bytes()).decode())
        )
        with upgraded.connect() as connection:
            for table in METADATA.sorted_tables:
                rows = connection.execute(select(table)).all()
                assert rows or table.name not in released, table.name

    def test_a_sealed_value_is_opened(self, upgraded: Engine) -> None:
        with Session(upgraded) as session:
            resident = session.scalars(select(Resident)).first()
            assert resident is not None
            stored = session.execute(text("SELECT name FROM resident WHERE id = :id"), {"id": resident.id}).scalar_one()
        assert stored.startswith(keys().header)
        assert resident.name not in stored
        assert 2 <= len(resident.name) <= 4

    def test_the_audit_is_kept_and_sealed(self, upgraded: Engine) -> None:
        """Entries of 0.1.0 have no key: they verify by its rule, and stand before an entry that has one."""
        with Session(upgraded.execution_options(**WRITES)) as session, session.begin():
            before = audit.verify(session)
            assert {finding.kind for finding in before.findings} == {"unsealed"}
            assert audit.seal_history(session) == len(before.entries)
        with Session(upgraded) as session:
            after = audit.verify(session)
        assert after.findings == []
        assert after.plain == sum(before.entries.values()) > 200

    def test_what_always_holds_holds(self, upgraded: Engine) -> None:
        """Without the rows of "x" that stand in tables which the city of the dump does not use."""
        with Session(upgraded.execution_options(**WRITES)) as session, session.begin():
            audit.seal_history(session)
            for table in MADE_UP:
                session.execute(text(f"DELETE FROM {table}"))
        findings = check_invariants(upgraded, rules=RULES.keys() - {"summaries_equal_recount"})
        assert (findings.violations, len(findings.checked)) == ([], len(RULES) - 1)

    def test_every_value_was_sealed_again(self, upgraded: Engine) -> None:
        """The old format is gone, and the texts that stood in plain are sealed."""
        with upgraded.connect() as connection:
            for table in METADATA.sorted_tables:
                for column in sealed_columns(table):
                    stored = connection.execute(select(type_coerce(column, Text)).where(column.is_not(None))).scalars()
                    assert {value[: len(keys().header)] for value in stored} <= {keys().header}, column

    def test_a_value_of_the_old_format_is_refused(self, upgraded: Engine) -> None:
        sealed = "test:" + b64encode(AESGCM(b"t" * 32).encrypt(b"n" * 12, "张三".encode(), None)).decode()
        with upgraded.execution_options(**WRITES).begin() as connection:
            connection.execute(text("UPDATE resident SET name = :sealed"), {"sealed": sealed})
        with Session(upgraded) as session, pytest.raises(EncryptionError):
            session.scalars(select(Resident)).first()

    def test_people_are_found_by_their_number(self, upgraded: Engine) -> None:
        with Session(upgraded) as session:
            for kind in (Resident, Alert):
                for row in session.scalars(select(kind)):
                    assert (row.id_number and keys().blind_index(f"id:{row.id_number}")) == row.id_number_index

    def test_new_rows_follow_the_old_ones(self, upgraded: Engine) -> None:
        with Session(upgraded.execution_options(**WRITES)) as session, session.begin():
            newest = max(session.scalars(select(User.id)))  # type: ignore[call-overload]
            assert make_user(session).pk == newest + 1


class TestBackupOfARelease:
    def test_it_is_restored_upgraded_and_sound(
        self, released: Engine, tmp_path: Path, databases: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Made before the upgrade, restored by the present version, with a file as 0.1.0 sealed it."""
        old_store, new_store = FolderStore(tmp_path / "old"), FolderStore(tmp_path / "new")
        content, key = b"a paper of 0.1.0", "0" * 32
        old_store.put(key, b"test:" + b"n" * 12 + AESGCM(b"t" * 32).encrypt(b"n" * 12, content, key.encode()))
        with released.execution_options(**WRITES).begin() as connection:
            for table in MADE_UP[:-1]:  # the attachment becomes a sound one
                connection.execute(text(f"DELETE FROM {table}"))
            values = {"key": key, "sha256": sha256(content).hexdigest()}
            connection.execute(text("UPDATE attachment SET file_key = :key, sha256 = :sha256"), values)
        secret_keys = SecretKeys(
            "s" * 32, {"test": (b"t" * 32).hex()}, "test", keys().suite.name, invented_key("audit").hex()
        )
        anchor_file = tmp_path / "anchors.jsonl"
        office = Installation(released, old_store, secret_keys, anchor_file, "production", "0.1.0")
        identity, recipient = make_identity()
        made, manifest = make_backup(office, tmp_path / "out", tmp_path / "keys", read_recipient(recipient))
        assert (manifest.revision, manifest.files) == ("0001_first_release", 1)

        backup = open_backup(made, tmp_path / "keys", read_identity(identity))
        on_sqlite = released.dialect.name == "sqlite"
        target = make_engine(f"sqlite:///{tmp_path / 'restored.db'}" if on_sqlite else databases.empty())
        monkeypatch.setattr(sealed_files, "_store", new_store)
        restore(backup, target, new_store, anchor_file, partial(bring_up_to_date, environment="production"))
        findings = check_invariants(target, rules=RULES.keys() - {"summaries_equal_recount"})
        assert (findings.violations, get_file(key)) == ([], content)
        target.dispose()
