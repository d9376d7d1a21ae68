"""Real worker and scheduler processes, for tests and benchmarks."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks.keys import SUITE, invented_key
from benchmarks.receivers import TOKEN

_CELERY = [sys.executable, "-m", "celery", "-A"]


def environment(
    folder: Path, *, database: str, broker: str, mail_port: int, web: str, lease: float = 6
) -> dict[str, str]:
    """Environment of a production process whose mail and SMS go to the local receivers."""
    return {
        **os.environ,
        "TUOJU_ENVIRONMENT": "production",
        "TUOJU_DATA_FOLDER": str(folder),
        "TUOJU_DATABASE_URL": database,
        "TUOJU_BROKER_URL": broker,
        "TUOJU_SECRET_KEY": invented_key("web").hex(),
        "TUOJU_AUDIT_KEY": invented_key("audit").hex(),
        "TUOJU_ENCRYPTION_KEYS": f'{{"test": "{invented_key("test").hex()}"}}',
        "TUOJU_ENCRYPTION_KEY_IN_USE": "test",
        "TUOJU_CRYPTO": SUITE.name,
        "TUOJU_ACCOUNT_REQUESTS": "0",
        "TUOJU_MAIL_SERVERS": f'["smtp://127.0.0.1:{mail_port}"]',
        "TUOJU_SENDER_LEASE_SECONDS": str(lease),
        "TUOJU_MAIL_SENDER": "post@tuoju.example",
        "TUOJU_SMS_GATEWAYS": f'[{{"kind": "json", "url": "{web}/sms", "token": "{TOKEN}"}}]',
    }


class Process:
    """A process that runs, with all its children, until it is stopped or killed."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [*command, "--loglevel", "ERROR"],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill the process group at once, as the kernel does when memory runs out."""
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
    options = ["worker", *pool, "--hostname", f"{name}@%h", "--without-gossip", "--without-mingle"]
    return Process([*_CELERY, app, *options], env)


def scheduler(env: dict[str, str]) -> Process:
    return Process([*_CELERY, "tuoju.launch.scheduler", "beat", "--pidfile", ""], env)


def wait_until(condition: Callable[[], bool], seconds: float, description: str) -> None:
    """Poll the condition. Raises AssertionError if it does not become true in time."""
    deadline, tick = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {description}"
        tick.wait(0.05)
