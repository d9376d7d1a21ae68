"""`tuoju audit`: verify, anchor, export, and the verifier to hand to a stranger."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from factories.accounts import COUNTY
from factories.audit import run_as_database_administrator
from factories.databases import UnitOfWork
from tuoju.accounts import audit
from tuoju.accounts.models import AuditEntry
from tuoju.accounts.request_context import RequestContext, use_request
from tuoju.launch.bootstrap import Parts
from tuoju.launch.cli import app
from tuoju.launch.commands import setup
from tuoju.launch.settings import Environment, Settings
from tuoju_notifications.celery_app import make_celery


@pytest.fixture(autouse=True)
def _parts(monkeypatch: pytest.MonkeyPatch, unit_of_work: UnitOfWork, tmp_path: Path) -> Iterator[None]:
    """The commands get the parts of the test; that an operator acts ends with it."""
    settings = Settings(environment=Environment.demo, data_folder=tmp_path)
    celery = make_celery(settings.broker_url, tmp_path / "queue")
    parts = Parts(settings, unit_of_work, celery, lambda _posted: None)
    monkeypatch.setattr(setup, "bootstrap", lambda: parts)
    with use_request(RequestContext()):
        yield


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["audit", *arguments])
    return result.exit_code, result.output


def test_a_cut_chain_is_found_with_the_anchors_of_the_settings(unit_of_work: UnitOfWork) -> None:
    assert run("anchor")[0] == 0
    with unit_of_work.write() as session:
        audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=COUNTY)
    assert run("anchor")[1] == "Anchor 2 is written.\n"
    code, output = run("verify")
    assert (code, output.splitlines()[-1]) == (0, "Intact.")
    run_as_database_administrator(unit_of_work.engine, "DELETE FROM audit_entry", "DELETE FROM audit_chain")
    code, output = run("verify")
    assert code == 1
    assert f"FOUND lost: {COUNTY}" in output


def test_a_stranger_verifies_an_export_with_the_printed_file(unit_of_work: UnitOfWork, tmp_path: Path) -> None:
    run("anchor")
    export = tmp_path / "audit.jsonl"
    assert run("export", str(export))[0] == 0
    assert export.stat().st_mode & 0o777 == 0o600
    verifier = tmp_path / "verify_audit.py"
    verifier.write_text(run("verifier")[1])
    command = [sys.executable, "-I", "-S", str(verifier), str(export), str(tmp_path / "audit-anchors.jsonl")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "Intact.")


def test_the_audit_says_who_ran_a_command(unit_of_work: UnitOfWork, tmp_path: Path) -> None:
    run("export", str(tmp_path / "audit.jsonl"))
    with unit_of_work.read() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "export_audit")).one()
        assert entry.actor_id is None
        assert entry.detail["operator"]


def test_an_export_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_text("kept")
    assert run("export", str(tmp_path / "audit.jsonl"))[0] == 1
    assert (tmp_path / "audit.jsonl").read_text() == "kept"
