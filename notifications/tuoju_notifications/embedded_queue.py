"""The embedded queue: messages in a SQLite file of their own, for all processes of one machine.

A message is taken by a consumer and deleted when it is acknowledged. A consumer holds a lock on a file for as long as
its process lives, so that what a killed one had taken is free again at once, whatever the clocks say and however long a
task may take. Consumers that wait are woken by a datagram; without one they look again every few seconds.
"""

import select
import socket
import sqlite3
import threading
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from filelock import FileLock, Timeout

FILE = "queue.db"
LOCK_TIMEOUT = 2.0
"""Seconds to wait for another process's transaction; whoever publishes waits no longer for a queue that is stuck."""
MAX_DELIVERIES = 5
"""A message whose consumers ended so often without acknowledging it is set aside: it probably ends them."""
MAX_SET_ASIDE = 1000
"""So many of the last messages that were set aside are kept to be looked at."""
_WAKE = b"\0"

_TABLES = (
    """CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        payload BLOB NOT NULL,
        consumer TEXT,
        deliveries INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX IF NOT EXISTS ix_message_waiting ON message (queue, id) WHERE consumer IS NULL",
    "CREATE INDEX IF NOT EXISTS ix_message_taken ON message (consumer) WHERE consumer IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS consumer (name TEXT PRIMARY KEY, port INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS set_aside (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        payload BLOB NOT NULL,
        reason TEXT NOT NULL,
        at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
    )""",
)

log = structlog.get_logger()


class TakenMessage(NamedTuple):
    """A message that this consumer has and must delete, release or set aside."""

    id: int
    payload: bytes


class EmbeddedQueue:
    """One process's access to the queues in `folder`. Threads may share it.

    Every method raises sqlite3.Error where the file cannot be read or written, within LOCK_TIMEOUT.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._mutex = threading.RLock()
        self._consumer: _Consumer | None = None
        self._done: set[int] = set()
        self._connection = _open(folder)
        self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sender.setblocking(False)

    def put(self, queue: str, payload: bytes) -> None:
        """Append a message; it is on the disk when this returns. Wakes the consumers that wait."""
        with self._mutex:
            self._run("PRAGMA synchronous = FULL")
            try:
                self._run("INSERT INTO message (queue, payload) VALUES (?, ?)", (queue, payload))
            finally:
                self._run("PRAGMA synchronous = NORMAL")  # After a power cut a task may be taken again; none is lost.
        self._wake_consumers()

    def take(self, queue: str) -> TakenMessage | None:
        """Take the oldest waiting message; None if there is none. One that ended too many consumers is set aside."""
        consumer = self._consume()
        waiting = "SELECT id FROM message WHERE queue = ? AND consumer IS NULL ORDER BY id LIMIT 1"
        while waiting_rows := self._run(waiting, (queue,)):
            taken = self._run(
                "UPDATE message SET consumer = ?, deliveries = deliveries + 1 WHERE id = ? AND consumer IS NULL"
                " RETURNING id, payload, deliveries",
                (consumer.name, waiting_rows[0][0]),
            )
            if not taken:  # Another consumer was quicker.
                continue
            message_id, payload, deliveries = taken[0]
            if deliveries <= MAX_DELIVERIES:
                return TakenMessage(message_id, bytes(payload))
            self.set_aside(message_id, "too many deliveries")
        return None

    def delete(self, message_id: int) -> None:
        """The message is done. Where this cannot be written, as on a full disk, `recover` and the next call write it:
        an error would keep the worker's place for this message, and with all places kept it would take no more."""
        self._done.add(message_id)
        with suppress(sqlite3.Error):
            self._delete_done()

    def release(self, message_ids: Sequence[int]) -> None:
        """Put taken messages back, as if they had not been delivered."""
        for message_id in message_ids:
            self._run(
                "UPDATE message SET consumer = NULL, deliveries = deliveries - 1 WHERE id = ? AND consumer = ?",
                (message_id, self._consume().name),
            )
        self._wake_consumers()

    def set_aside(self, message_id: int, reason: str) -> None:
        """Keep a message that cannot be processed where no consumer finds it, and log it."""
        with self._mutex, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            [queue] = self._connection.execute(
                "INSERT INTO set_aside (queue, payload, reason) SELECT queue, payload, ? FROM message WHERE id = ?"
                " RETURNING queue",
                (reason, message_id),
            ).fetchone() or ["none"]
            self._connection.execute("DELETE FROM message WHERE id = ?", (message_id,))
            self._connection.execute(
                "DELETE FROM set_aside WHERE id <= (SELECT max(id) - ? FROM set_aside)", (MAX_SET_ASIDE,)
            )
        log.error("queue_message_set_aside", queue=queue, reason=reason)

    def count(self, queue: str) -> int:
        """How many messages wait."""
        return int(self._run("SELECT count(*) FROM message WHERE queue = ? AND consumer IS NULL", (queue,))[0][0])

    def count_set_aside(self) -> int:
        """How many messages were set aside within a week, at most MAX_SET_ASIDE."""
        return int(self._run("SELECT count(*) FROM set_aside WHERE at >= datetime('now', '-7 days')")[0][0])

    def purge(self, queue: str) -> int:
        """Delete what waits in a queue; how many messages that were."""
        return len(self._run("DELETE FROM message WHERE queue = ? AND consumer IS NULL RETURNING id", (queue,)))

    def wait(self, seconds: float) -> None:
        """Wait until something may have been put, at most so long."""
        self._consume().wait(seconds)

    def wake(self) -> None:
        """End the `wait` of another thread of this process."""
        if self._consumer is not None:
            self._send_to(self._consumer.port)

    def recover(self) -> int:
        """Free what consumers whose processes have ended had taken; how many messages that were."""
        self._delete_done()
        own, count = self._consume().name, 0
        for [name] in self._run("SELECT name FROM consumer WHERE name <> ?", (own,)):
            lock = _lock_of(self.folder, name)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            freed = self._run("UPDATE message SET consumer = NULL WHERE consumer = ? RETURNING id", (name,))
            self._run("DELETE FROM consumer WHERE name = ?", (name,))
            lock.release()
            _remove(lock)
            count += len(freed)
        return count

    def close(self) -> None:
        """Stop consuming, release what was taken and close the file."""
        with self._mutex:
            if self._consumer is not None:
                with suppress(sqlite3.Error):  # Others see from the lock that this consumer has ended.
                    self._delete_done()
                    name = self._consumer.name
                    self._run("UPDATE message SET consumer = NULL WHERE consumer = ?", (name,))
                    self._run("DELETE FROM consumer WHERE name = ?", (name,))
                self._consumer.close()
                self._consumer = None
            self._connection.close()
            self._sender.close()

    def _delete_done(self) -> None:
        with self._mutex:
            for message_id in sorted(self._done):
                self._run("DELETE FROM message WHERE id = ?", (message_id,))
                self._done.discard(message_id)

    def _consume(self) -> "_Consumer":
        with self._mutex:
            if self._consumer is None:
                consumer = _Consumer(self.folder)
                try:
                    self._run("INSERT INTO consumer (name, port) VALUES (?, ?)", (consumer.name, consumer.port))
                except sqlite3.Error:
                    consumer.close()
                    raise
                self._consumer = consumer
            return self._consumer

    def _run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One statement, which is one transaction."""
        with self._mutex:
            return self._connection.execute(statement, values).fetchall()

    def _wake_consumers(self) -> None:
        for [port] in self._run("SELECT port FROM consumer"):
            self._send_to(port)

    def _send_to(self, port: int) -> None:
        with suppress(OSError):  # It looks by itself soon.
            self._sender.sendto(_WAKE, ("127.0.0.1", port))


class _Consumer:
    """A name, the lock that shows that its process lives, and the socket that wakes it."""

    def __init__(self, folder: Path) -> None:
        self.name = uuid.uuid4().hex
        self._lock = _lock_of(folder, self.name)
        self._lock.acquire(blocking=False)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])

    def wait(self, seconds: float) -> None:
        if select.select([self._socket], [], [], max(seconds, 0.0))[0]:
            with suppress(OSError):
                while self._socket.recv(16):
                    pass

    def close(self) -> None:
        self._socket.close()
        self._lock.release()
        _remove(self._lock)


def _lock_of(folder: Path, name: str) -> FileLock:
    return FileLock(folder / f"{name}.lock", thread_local=False)


def _remove(lock: FileLock) -> None:
    with suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)


def _open(folder: Path) -> sqlite3.Connection:
    """The connection. A file that is damaged is moved aside: what it held is in the outbox, too."""
    try:
        return _connect(folder / FILE)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        with FileLock(folder / "repair.lock"):
            try:
                return _connect(folder / FILE)  # Another process may have repaired it.
            except sqlite3.DatabaseError:
                _move_aside(folder)
        log.error("queue_file_set_aside", error=type(error).__name__)
        return _connect(folder / FILE)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        for table in _TABLES:
            connection.execute(table)
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the file of the queue is damaged")
    except BaseException:
        connection.close()
        raise
    return connection


def _move_aside(folder: Path) -> None:
    name = f"damaged-{uuid.uuid4().hex[:8]}"
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            (folder / f"{FILE}{ending}").rename(folder / f"{name}.db{ending}")
