"""Dumps a running database in one consistent state, and loads it again.

SQLite by its backup interface, PostgreSQL by pg_dump in the snapshot of the transaction that counts the rows.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import URL, Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from tuoju.backups.errors import BackupError, TargetInUse, ToolFailed
from tuoju.database.engine import make_engine
from tuoju.database.row_security import make_role

_READ = 1024 * 1024
VERSION_TABLE = "alembic_version"
_ASIDE = "before_"
"""How the schema begins that holds what was there before a restore; no backup takes it along."""

Tell = Callable[[int], None]
"""Told how many bytes were read or written since the last call."""


class Target(Protocol):
    """What a dump is written to."""

    def write(self, content: bytes, /) -> int: ...


class Source(Protocol):
    """What a dump is read from."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Facts:
    """What the manifest says of the database, read in the state that was dumped."""

    revision: str
    counts: dict[str, int]
    audit_heads: dict[str, tuple[int, str]]


def facts_of(connection: Connection) -> Facts:
    """Revision, rows of each table, and heads of the audit."""
    names = sorted(name for name in inspect(connection).get_table_names() if name != VERSION_TABLE)
    quote = connection.dialect.identifier_preparer.quote
    counts = {
        name: connection.execute(text(f"SELECT count(*) FROM {quote(name)}")).scalar_one()  # noqa: S608
        for name in names
    }
    heads = connection.execute(text("SELECT scope, sequence, hash FROM audit_chain")).all()
    revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one()  # noqa: S608
    return Facts(revision, counts, {scope: (sequence, last) for scope, sequence, last in heads})


def dump(engine: Engine, target: Target, tell: Tell) -> Facts:
    """Write the database to `target` while it is in use. Raises ToolFailed."""
    return (
        _dump_sqlite(engine, target, tell)
        if engine.dialect.name == "sqlite"
        else _dump_postgresql(engine, target, tell)
    )


def _dump_sqlite(engine: Engine, target: Target, tell: Tell) -> Facts:
    path = _path_of(engine)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as written:
                source.backup(written)  # in one step, so that writers never make it start again; none waits (WAL)
                written.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise ToolFailed(
                "The database cannot be copied to %(folder)s: %(problem)s. Nothing was left behind.",
                folder=path.parent,
                problem=error,
            ) from error
        copied = make_engine(f"sqlite:///{copy}")
        with copied.connect() as connection:
            facts = facts_of(connection)
        copied.dispose()
        with copy.open("rb") as content:
            _copy(content, target, tell)
    return facts


def _dump_postgresql(engine: Engine, target: Target, tell: Tell) -> Facts:
    tool = _tool("pg_dump")
    with engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        connection.exec_driver_sql("SET LOCAL row_security = off")  # an error where rows would be left out
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        try:
            facts = facts_of(connection)
        except DBAPIError as error:
            raise ToolFailed(
                "The role that makes backups does not see every row. Name one with BYPASSRLS in "
                "TUOJU_BACKUP_DATABASE_URL (docs/operations.md)."
            ) from error
        command = [tool, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        command.append(f"--exclude-schema={_ASIDE}*")
        with _running(command, engine.url, stdout=subprocess.PIPE) as process:
            _copy(_stream(process.stdout), target, tell)
    return facts


def is_empty(engine: Engine) -> bool:
    """Whether a database has no table; one that does not exist yet is empty."""
    if engine.dialect.name == "sqlite" and not _path_of(engine).exists():
        return True
    return not inspect(engine).get_table_names()


def load(engine: Engine, source: Source, stamp: str) -> str:
    """Bring a dump into the database; what was there is moved aside under `stamp`. Returns where it is now, "" if there
    was nothing. Raises ToolFailed, TargetInUse; then the database is as it was."""
    if engine.dialect.name == "sqlite":
        return _load_sqlite(engine, source, stamp)
    return _load_postgresql(engine, source, stamp)


def _load_sqlite(engine: Engine, source: Source, stamp: str) -> str:
    path = _path_of(engine)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine.dispose()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".restore-") as folder:
        written = Path(folder) / "restored.db"
        with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _copy(source, file, lambda _bytes: None)
            os.fsync(file.fileno())
        with closing(sqlite3.connect(written)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise ToolFailed("The restored SQLite file is damaged.")
        aside = path.with_name(f"{path.name}.before-{stamp}")
        moved = path.exists()
        if moved:
            _end_write_ahead_log(path)
            path.replace(aside)
        written.replace(path)
    return str(aside) if moved else ""


def _end_write_ahead_log(path: Path) -> None:
    """Bring what stands in the write-ahead log into the file, so that the file alone is the database."""
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    if mode != ("delete",):
        raise TargetInUse("%(path)s is in use. Stop web, worker and scheduler first.", path=path)


def _load_postgresql(engine: Engine, source: Source, stamp: str) -> str:
    tool, aside = _tool("pg_restore"), f"{_ASIDE}{stamp}".replace("-", "_").lower()
    moved = not is_empty(engine)
    with engine.begin() as connection:
        make_role(connection)
        if moved:
            connection.exec_driver_sql(f'ALTER SCHEMA public RENAME TO "{aside}"')
            connection.exec_driver_sql("CREATE SCHEMA public")
    command = [tool, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--no-comments"]
    command.append(f"--dbname={engine.url.database}")
    try:
        with (
            _running(command, engine.url, stdin=subprocess.PIPE) as process,
            suppress(BrokenPipeError),  # it has ended, and says why
            _stream(process.stdin) as pipe,
        ):
            _copy(source, pipe, lambda _bytes: None)
    except BaseException:
        if moved:
            with engine.begin() as connection:
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                connection.exec_driver_sql(f'ALTER SCHEMA "{aside}" RENAME TO public')
        raise
    return f"schema {aside}" if moved else ""


@contextmanager
def scratch_database(engine: Engine, stamp: str) -> Iterator[Engine]:
    """An empty database beside that of `engine`, dropped after the block. Raises ToolFailed where none can be made."""
    if engine.dialect.name == "sqlite":
        folder = _path_of(engine).parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".verify-") as name:
            scratch = make_engine(f"sqlite:///{Path(name) / 'scratch.db'}")
            yield scratch
            scratch.dispose()
        return
    name = f"tuoju_verify_{stamp}".replace("-", "_").lower()
    server = engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    except DBAPIError as error:
        raise ToolFailed("No scratch database can be made: the role needs CREATEDB.") from error
    scratch = make_engine(engine.url.set(database=name).render_as_string(hide_password=False))
    try:
        yield scratch
    finally:
        scratch.dispose()
        with server.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def _copy(source: Source, target: Target, tell: Tell) -> None:
    while piece := source.read(_READ):
        target.write(piece)
        tell(len(piece))


def _stream(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ToolFailed("The tool has no pipe.")
    return pipe


def _path_of(engine: Engine) -> Path:
    if not engine.url.database:
        raise BackupError("A database in memory can be neither backed up nor restored.")
    return Path(engine.url.database)


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ToolFailed(
            "%(tool)s is missing. Install the client tools of PostgreSQL, of the server's version or newer.", tool=name
        )
    return path


@contextmanager
def _running(
    command: list[str], url: URL, *, stdin: int | None = None, stdout: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A tool of PostgreSQL on the database of `url`; the password is in its environment, never in its arguments.

    Raises ToolFailed. Details of errors are left out, since they can name rows.
    """
    settings = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "LC_MESSAGES": "C",
    }
    with tempfile.TemporaryFile() as problems:
        process = subprocess.Popen(
            command,
            env=os.environ | {name: value for name, value in settings.items() if value},
            stdin=stdin,
            stdout=stdout,
            stderr=problems,
        )
        try:
            yield process
            process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if process.returncode:
            problems.seek(0)
            tool = Path(command[0]).name
            lines = problems.read().decode(errors="replace").splitlines()
            first = next((line for line in lines if line.startswith(f"{tool}: error:")), f"{tool} failed")
            raise ToolFailed("The tool of PostgreSQL has failed: %(problem)s", problem=first)
