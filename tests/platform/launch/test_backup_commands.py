"""`tuoju backup`, `restore` and `live` as an operator uses them: back up, lose everything, restore, sign in, go on."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from factories.accounts import PASSWORD, make_user
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.hosts import SignedIn, production_settings, web_host
from tuoju.accounts.queries import actor_of
from tuoju.backups.envelope import make_identity, read_identity
from tuoju.backups.errors import BadBackup, CannotOpen
from tuoju.backups.manifest import DATABASE, FILE, FILES, KEYS
from tuoju.backups.restoring import find_backup, open_backup
from tuoju.cases.attachments import add_attachment, clean_upload
from tuoju.cases.models import AttachmentKind
from tuoju.database.engine import make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.sealed_files import file_store, use_files
from tuoju.launch.commands.restore import KEYS_FILE
from tuoju_notifications.copies import find_copy
from tuoju_notifications.heartbeats import BACKUP, last_seen

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
START = "from tuoju.launch.cli import app; app()"


def run(settings: Mapping[str, str], *arguments: object, exit_code: int = 0, start: str = START) -> str:
    """Run a command; what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TUOJU_")} | dict(settings)
    ended = subprocess.run(
        [sys.executable, "-c", start, *map(str, arguments)],
        env=environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    assert ended.returncode == exit_code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


@dataclass
class Office:
    """An installation with one attachment, and a backup of it."""

    settings: dict[str, str]
    username: str
    attachment_id: int
    backups: Path
    identity: Path


@pytest.fixture(scope="module")
def office(databases: Any, tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder, url = tmp_path_factory.mktemp("office"), databases.fresh()
    settings, engine, before = production_settings(url, folder / "data"), make_engine(url), file_store()
    use_files(FolderStore(folder / "data" / "files"))
    with UnitOfWork(engine).write() as session:
        user = make_user(session)
        case = make_case(session, actor_of(user))
        attachment = add_attachment(
            session, actor_of(user), case, kind=AttachmentKind.other, name="a.pdf", file=clean_upload(PDF)
        )
        username, attachment_id = user.username, attachment.pk
    use_files(before)
    settings["TUOJU_BACKUP_RECIPIENT"] = run(settings, "keys", "backup", folder / "identity.txt").strip()
    run(settings, "audit", "anchor")
    assert "1 files are backed up" in run(settings, "backup", folder / "backups")
    with UnitOfWork(engine).read() as session:
        assert last_seen(session, BACKUP) is not None  # what `tuoju check` and the page of the operator tell
    engine.dispose()
    return Office(settings, username, attachment_id, folder / "backups", folder / "identity.txt")


def test_everything_is_there_again(office: Office, databases: Any, tmp_path: Path) -> None:
    """On a new machine: restored, signed in, an attachment opened, and live again. A second restore touches nothing
    unless told, and then keeps what is there."""
    new = office.settings | {"TUOJU_DATABASE_URL": databases.empty(), "TUOJU_DATA_FOLDER": str(tmp_path / "new")}
    restore = ("restore", office.backups, "--identity", office.identity)
    printed = run(new, *restore)
    assert "1 files" in printed
    assert "tuoju live" in printed
    assert not (tmp_path / "new" / KEYS_FILE).exists()  # the new machine has the keys
    findings = json.loads(run(new, "check", "invariants", "--json"))
    assert (findings["violations"], findings["checked"] > 20) == ([], True)
    run(new, "audit", "verify")
    with web_host(new) as address:
        worker = SignedIn(address, office.username, PASSWORD)
        answer = worker.post(f"/attachments/{office.attachment_id}", {"purpose": "visit"})
        assert (answer.status_code, answer.content) == (200, PDF)
    assert is_copy(new)
    assert "live installation now" in run(new, "live", "--yes")
    assert not is_copy(new)
    assert "no restored copy" in run(new, "live", "--yes", exit_code=1)
    assert "not empty" in run(new, *restore, exit_code=1)
    assert not is_copy(new)
    run(new, "live", "--off")
    assert is_copy(new)
    assert "is kept" in run(new, *restore, "--replace")
    assert is_copy(new)
    assert json.loads(run(new, "check", "invariants", "--json"))["violations"] == []


def is_copy(settings: Mapping[str, str]) -> bool:
    engine = make_engine(settings["TUOJU_DATABASE_URL"])
    with UnitOfWork(engine).read() as session:
        copy = find_copy(session)
    engine.dispose()
    return copy is not None


def test_a_backup_is_verified_without_touching_anything(office: Office, databases: Any, tmp_path: Path) -> None:
    data = {"TUOJU_DATABASE_URL": databases.empty(), "TUOJU_DATA_FOLDER": str(tmp_path / "data")}
    printed = run(data, "restore", office.backups, "--verify", "--identity", office.identity)
    assert "can be restored" in printed
    assert "0 violations" in printed
    assert list((tmp_path / "data").iterdir()) == []
    engine = make_engine(data["TUOJU_DATABASE_URL"])
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_without_keys_they_are_left_in_a_file(office: Office, databases: Any, tmp_path: Path) -> None:
    bare = {"TUOJU_DATABASE_URL": databases.empty(), "TUOJU_DATA_FOLDER": str(tmp_path / "bare")}
    run(bare, "restore", office.backups, "--identity", office.identity)
    file = tmp_path / "bare" / KEYS_FILE
    assert file.stat().st_mode & 0o077 == 0
    values = dict(line.split("=", 1) for line in file.read_text().splitlines())
    restored = {name: value.strip("'") for name, value in values.items()}
    run(bare | restored | {"TUOJU_ENVIRONMENT": "production"}, "audit", "verify")


@pytest.mark.parametrize("part", [DATABASE, FILES, FILE, KEYS])
def test_a_changed_part_is_refused(office: Office, tmp_path: Path, part: str) -> None:
    opener = read_identity(office.identity.read_text())
    shutil.copytree(office.backups, tmp_path / "changed")
    backup, keys_folder = find_backup(tmp_path / "changed"), tmp_path / "changed" / "keys"
    open_backup(backup, keys_folder, opener)
    file = next(keys_folder.iterdir()) if part == KEYS else backup / part
    content = file.read_bytes()
    file.write_bytes(content.replace(b'"files": 1', b'"files": 2') if part == FILE else content[:-1])
    with pytest.raises(BadBackup):
        open_backup(backup, keys_folder, opener)


def test_a_full_disk_leaves_no_half_backup(office: Office, tmp_path: Path) -> None:
    """Said in the operator's language; neither the copy of a SQLite database nor a part of the backup stays."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); "
    settings = office.settings | {"LC_ALL": "zh_CN.UTF-8", "PYTHONUTF8": "1"}
    output = run(settings, "backup", tmp_path / "new", exit_code=1, start=full + START)
    assert "没有留下任何" in output
    assert [path for path in (tmp_path / "new").rglob("*") if path.is_file()] == []
    data_folder = Path(office.settings["TUOJU_DATA_FOLDER"])
    assert list(data_folder.glob(".backup-*")) == []


def test_another_identity_opens_nothing(office: Office) -> None:
    other = read_identity(make_identity()[0])
    with pytest.raises(CannotOpen):
        open_backup(find_backup(office.backups), office.backups / "keys", other)


def test_nothing_in_a_backup_can_be_read(office: Office) -> None:
    for path in office.backups.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
        if path.is_file():
            content = path.read_bytes()
            assert office.username.encode() not in content
            assert b"%PDF" not in content
