"""What an administrator of the database does to the audit with raw SQL is found: by `tuoju audit verify`, and by the
one file that a stranger runs with nothing but Python, on an export, a SQLite file or CSV files (design.md section 7).
"""

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from benchmarks.keys import invented_key
from sqlalchemy import text
from sqlmodel import Session, col, select

from factories.accounts import COUNTY, make_actor
from factories.audit import run_as_database_administrator
from factories.databases import UnitOfWork
from tuoju.accounts import audit, audit_verifier
from tuoju.accounts.audit_anchors import AnchorTarget, anchor
from tuoju.accounts.audit_export import selected_export, whole_export
from tuoju.accounts.audit_verifier import REGISTRY, Report, entry_hash, read_anchors
from tuoju.accounts.models import AuditEntry
from tuoju.accounts.permissions import Actor

OTHER = "341122000000"
KEY = invented_key("audit")
ENTRIES = 5
"""In each of the two chains; the first three are anchored."""


@dataclass
class Office:
    """A database with two chains of readings, and a file of anchors."""

    unit_of_work: UnitOfWork
    folder: Path
    culprit: Actor
    colleague: Actor

    @property
    def anchors(self) -> Path:
        return self.folder / "anchors.jsonl"

    def read_files(self, count: int) -> None:
        for scope in (COUNTY, OTHER) * count:
            with self.unit_of_work.write() as session:
                audit.record(session, self.culprit, "reveal", audit.Subject("Resident", "1"), scope=scope)

    def attack(self, *statements: str, **values: object) -> None:
        run_as_database_administrator(self.unit_of_work.engine, *statements, **values)

    def verify(self, *, anchored: bool = False) -> Report:
        lines = [read_anchors(self.anchors.read_text())] if anchored else []
        with self.unit_of_work.read() as session:
            return audit.verify(session, anchors=lines)

    def found(self, *, anchored: bool = False) -> set[str]:
        """The kinds of what is found, which every way of verifying must agree on."""
        kinds = {finding.kind for finding in self.verify(anchored=anchored).findings}
        anchors = [self.anchors] if anchored else []
        for files in ([self.export()], self.sheets(), *([[path]] if (path := self.database_file()) else [])):
            result = self.verify_alone(*files, *anchors)
            assert result.returncode == bool(kinds), result.stdout + result.stderr
            lines = [line for line in result.stdout.splitlines() if line.startswith("FOUND")]
            assert {line.split()[1].rstrip(":") for line in lines} == kinds
        return kinds

    def export(self) -> Path:
        path = self.folder / "export.jsonl"
        with self.unit_of_work.read() as session:
            path.write_text("\n".join(whole_export(session)))
        return path

    def database_file(self) -> Path | None:
        on_sqlite = self.unit_of_work.engine.dialect.name == "sqlite"
        return Path(str(self.unit_of_work.engine.url.database)) if on_sqlite else None

    def sheets(self) -> list[Path]:
        """The two tables as CSV, in the words of the database."""
        paths = []
        for table in ("audit_entry", "audit_chain"):
            with self.unit_of_work.engine.connect() as connection:
                result = connection.execute(text(f"SELECT * FROM {table}"))
                paths.append(self.folder / f"{table}.csv")
                with paths[-1].open("w", newline="") as file:
                    writer = csv.writer(file)
                    writer.writerow(result.keys())
                    writer.writerows([as_cell(value) for value in row] for row in result)
        return paths

    def verify_alone(self, *files: Path, key: bytes | None = KEY) -> "subprocess.CompletedProcess[str]":
        """Run the one file, copied to an empty folder, without any package on its path."""
        alone = self.folder / "alone"
        alone.mkdir(exist_ok=True)
        shutil.copy(audit_verifier.__file__, alone / "verify_audit.py")
        (alone / "keys").write_text(key.hex() if key else "")
        command = [sys.executable, "-I", "-S", "verify_audit.py", *map(str, files), "--key-file", "keys"]
        return subprocess.run(command, cwd=alone, capture_output=True, text=True, check=False)


def as_cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


@pytest.fixture
def office(unit_of_work: UnitOfWork, tmp_path: Path) -> Office:
    with unit_of_work.write() as session:
        culprit, colleague = make_actor(session), make_actor(session)
    office = Office(unit_of_work, tmp_path, culprit, colleague)
    office.read_files(3)
    anchor(unit_of_work, AnchorTarget(office.anchors))
    office.read_files(ENTRIES - 3)
    return office


def entries_of(session: Session, scope: str) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.scope == scope)
    return list(session.exec(query.order_by(col(AuditEntry.sequence))))


def test_an_honest_audit_is_intact(office: Office) -> None:
    assert office.found(anchored=True) == set()
    report = office.verify(anchored=True)
    assert report.entries == {REGISTRY: 3, COUNTY: ENTRIES, OTHER: ENTRIES}
    assert report.anchors == 1


class TestChangedRow:
    @pytest.mark.parametrize("column", ["actor_id", "purpose", "detail", "address", "session_id", "at"])
    def test_is_found(self, office: Office, column: str) -> None:
        value = {"detail": '{"a": 1}', "at": "2026-01-01 00:00:00+00:00", "actor_id": 99, "session_id": 99}
        cast = {"detail": "CAST(:value AS JSON)", "at": "CAST(:value AS TIMESTAMPTZ)"}.get(column, ":value")
        if office.database_file():
            cast = ":value"
        office.attack(
            f"UPDATE audit_entry SET {column} = {cast} WHERE scope = '{OTHER}' AND sequence = 2",
            value=value.get(column, "x"),
        )
        assert "changed" in office.found()
        [finding] = office.verify().findings
        assert (finding.scope, finding.sequence) == (OTHER, 2)

    def test_removed_from_the_middle_is_found(self, office: Office) -> None:
        office.attack(f"DELETE FROM audit_entry WHERE scope = '{OTHER}' AND sequence = 2")
        assert office.found() == {"missing"}


class TestCutTailWithItsHead:
    def cut(self, office: Office, last: int) -> None:
        """Delete the entries after `last`, and give the head its number and hash."""
        with office.unit_of_work.read() as session:
            new_hash = entries_of(session, OTHER)[last - 1].hash
        office.attack(
            "DELETE FROM audit_entry WHERE scope = :scope AND sequence > :last",
            "UPDATE audit_chain SET sequence = :last, hash = :hash WHERE scope = :scope",
            scope=OTHER,
            last=last,
            hash=new_hash,
        )

    def test_is_found_without_anchors(self, office: Office) -> None:
        self.cut(office, 4)
        assert office.found() == {"forged"}

    def test_is_found_by_a_head_without_a_key(self, office: Office) -> None:
        self.cut(office, 4)
        office.attack(f"UPDATE audit_chain SET key_id = '', mac = '' WHERE scope = '{OTHER}'")
        assert office.found() == {"forged"}

    def test_with_a_head_that_was_valid_once_is_found_by_the_anchors(self, office: Office) -> None:
        """Who kept the row of yesterday puts it back: only what is outside of the database tells."""
        with office.unit_of_work.read() as session:
            old_hash = entries_of(session, OTHER)[1].hash
        old_mac = audit.audit_keys().current.mac("head", OTHER, 2, old_hash)
        self.cut(office, 2)
        office.attack(f"UPDATE audit_chain SET mac = :mac WHERE scope = '{OTHER}'", mac=old_mac)
        assert office.found() == set()
        assert office.found(anchored=True) == {"cut"}


class TestReassignedEntriesRecomputed:
    """Another account is named as the one who read, and every hash after it is computed anew."""

    @pytest.fixture
    def reassigned(self, office: Office) -> Office:
        with office.unit_of_work.read() as session:
            entries = [entry.model_dump() for entry in entries_of(session, OTHER)]
        previous, statements, values = "", [], {}
        for number, entry in enumerate(entries):
            entry |= {"actor_id": office.colleague.user_id, "previous_hash": previous}
            previous = entry["hash"] = entry_hash(entry)
            statements.append(
                f"UPDATE audit_entry SET actor_id = :actor, previous_hash = :previous{number}, hash = :hash{number}"
                f" WHERE id = {entry['id']}"
            )
            values |= {f"previous{number}": entry["previous_hash"], f"hash{number}": previous}
        statements.append(f"UPDATE audit_chain SET hash = :last WHERE scope = '{OTHER}'")
        office.attack(*statements, actor=office.colleague.user_id, last=previous, **values)
        return office

    def test_are_found_by_the_key(self, reassigned: Office) -> None:
        assert reassigned.found() == {"forged"}
        assert len(reassigned.verify().findings) == ENTRIES + 1

    def test_are_found_by_the_anchors_without_the_key(self, reassigned: Office) -> None:
        result = reassigned.verify_alone(reassigned.export(), reassigned.anchors, key=None)
        assert result.returncode == 1
        assert "FOUND rewritten" in result.stdout
        assert "FOUND forged" not in result.stdout

    def test_without_key_and_anchors_nothing_shows(self, reassigned: Office) -> None:
        """What release 0.1.0 could see: the limit that docs/audit.md states."""
        result = reassigned.verify_alone(reassigned.export(), key=None)
        assert (result.returncode, "is not checked" in result.stdout) == (0, True)


class TestWholeChainDeleted:
    def test_is_found_by_the_registry(self, office: Office) -> None:
        office.attack(
            f"DELETE FROM audit_entry WHERE scope = '{OTHER}'", f"DELETE FROM audit_chain WHERE scope = '{OTHER}'"
        )
        assert office.found() == {"lost"}
        [finding] = office.verify().findings
        assert finding.scope == OTHER

    def test_with_the_registry_is_found(self, office: Office) -> None:
        office.attack(
            f"DELETE FROM audit_entry WHERE scope IN ('{OTHER}', '{REGISTRY}')",
            f"DELETE FROM audit_chain WHERE scope IN ('{OTHER}', '{REGISTRY}')",
        )
        assert office.found() == {"unregistered"}

    def test_with_its_line_of_the_registry_is_found(self, office: Office) -> None:
        office.attack(
            f"DELETE FROM audit_entry WHERE scope = '{OTHER}' OR subject_id = '{OTHER}'",
            f"DELETE FROM audit_chain WHERE scope = '{OTHER}'",
        )
        assert office.found() == {"missing"}

    def test_everything_deleted_is_found_by_the_anchors(self, office: Office) -> None:
        office.attack("DELETE FROM audit_entry", "DELETE FROM audit_chain")
        assert office.found() == set()
        assert office.found(anchored=True) == {"lost"}

    def test_replaced_by_a_chain_without_a_key_is_found(self, office: Office) -> None:
        office.attack(
            f"DELETE FROM audit_entry WHERE scope = '{OTHER}' AND sequence > 1",
            f"UPDATE audit_entry SET key_id = '', mac = '' WHERE scope = '{OTHER}'",
            f"UPDATE audit_chain SET key_id = '', mac = '', sequence = 1 WHERE scope = '{OTHER}'",
        )
        assert {"unsealed", "changed"} <= office.found()


class TestFileOfAnchors:
    def test_a_changed_line_is_found(self, office: Office) -> None:
        office.anchors.write_text(office.anchors.read_text().replace('"chains":3', '"chains":2'))
        assert office.found(anchored=True) == {"anchor_changed"}

    def test_a_cut_line_is_found_by_the_registry(self, office: Office) -> None:
        first = office.anchors.read_text()
        anchor(office.unit_of_work, AnchorTarget(office.anchors))
        office.anchors.write_text(first)
        assert office.found(anchored=True) == {"anchor_cut"}


class TestOneFile:
    def test_verifies_a_selection_entry_by_entry(self, office: Office) -> None:
        path = office.folder / "selection.jsonl"
        with office.unit_of_work.read() as session:
            lines = list(selected_export(entries_of(session, OTHER)[1::2]))
        path.write_text("\n".join(lines))
        assert office.verify_alone(path).returncode == 0
        path.write_text("\n".join(lines).replace('"purpose":""', '"purpose":"other"', 1))
        assert "FOUND changed" in office.verify_alone(path).stdout

    def test_says_when_a_key_is_missing(self, office: Office) -> None:
        result = office.verify_alone(office.export(), key=b"b" * 32)
        assert (result.returncode, "FOUND unknown_key" in result.stdout) == (1, True)

    @pytest.mark.parametrize("content", ["", "{}", "a,b\n1,2\n"])
    def test_says_when_a_file_is_no_audit(self, office: Office, content: str) -> None:
        path = office.folder / "other"
        path.write_text(content)
        result = office.verify_alone(path)
        assert (result.returncode, "cannot be read" in result.stderr) == (2, True)
