"""Real worker and scheduler processes, for tests and measures."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks.receivers import TOKEN

_SECRET = "ab" * 32
_CELERY = [sys.executable, "-m", "celery", "-A"]


def environment(
    folder: Path, *, database: str, broker: str, mail_port: int, web: str, lease: float = 6
) -> dict[str, str]:
    """The settings of a production process whose mail and SMS go to the receivers."""
    return {
        **os.environ,
        "TUOJU_ENVIRONMENT": "production",
        "TUOJU_DATA_FOLDER": str(folder),
        "TUOJU_DATABASE_URL": database,
        "TUOJU_BROKER_URL": broker,
        "TUOJU_SECRET_KEY": _SECRET,
        "TUOJU_INDEX_KEY": _SECRET,
        "TUOJU_ENCRYPTION_KEYS": f'{{"test": "{(b"t" * 32).hex()}"}}',
        "TUOJU_ENCRYPTION_KEY_IN_USE": "test",
        "TUOJU_MAIL_SERVERS": f'["smtp://127.0.0.1:{mail_port}"]',
        "TUOJU_SENDER_LEASE_SECONDS": str(lease),
        "TUOJU_MAIL_SENDER": "post@tuoju.example",
        "TUOJU_SMS_GATEWAYS": f'[{{"kind": "json", "url": "{web}/sms", "token": "{TOKEN}"}}]',
    }


class Process:
    """A part that runs until it is stopped or killed, with all its children."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._command, self._env = command, env
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            [*command, "--loglevel", "ERROR"],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def again(self) -> "Process":
        """The same part, started again if it has ended: as `tuoju serve` does."""
        return Process(self._command, self._env) if self.ended else self

    def kill(self) -> None:
        """At once, as the kernel does when memory runs out."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def worker(env: dict[str, str], *, name: str = "worker", threads: int = 0, app: str = "tuoju.launch.worker") -> Process:
    pool = ["--pool", "threads", "--concurrency", str(threads)] if threads else ["--pool", "solo"]
    words = ["worker", *pool, "--hostname", f"{name}@%h", "--without-gossip", "--without-mingle"]
    return Process([*_CELERY, app, *words], env)


def scheduler(env: dict[str, str]) -> Process:
    return Process([*_CELERY, "tuoju.launch.worker", "beat", "--pidfile", ""], env)


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask again and again, for a bounded time."""
    deadline, tick = time.monotonic() + seconds, threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        tick.wait(0.05)
