"""Real worker and scheduler processes for tests."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.receivers import TOKEN, Receivers

BROKER = os.environ.get("TUOJU_TEST_BROKER_URL", "filesystem://")
_SECRET = "ab" * 32
_CELERY = [sys.executable, "-m", "celery", "-A", "tuoju.launch.worker"]


def environment(folder: Path, database_url: str, receivers: Receivers, broker: str = BROKER) -> dict[str, str]:
    """The settings of a production process whose mail and SMS go to the receivers."""
    return {
        **os.environ,
        "TUOJU_ENVIRONMENT": "production",
        "TUOJU_DATA_FOLDER": str(folder),
        "TUOJU_DATABASE_URL": database_url,
        "TUOJU_BROKER_URL": broker,
        "TUOJU_SECRET_KEY": _SECRET,
        "TUOJU_INDEX_KEY": _SECRET,
        "TUOJU_ENCRYPTION_KEYS": f'{{"test": "{(b"t" * 32).hex()}"}}',
        "TUOJU_ENCRYPTION_KEY_IN_USE": "test",
        "TUOJU_MAIL_SERVERS": f'["smtp://127.0.0.1:{receivers.mail_port}"]',
        "TUOJU_MAIL_SENDER": "post@tuoju.example",
        "TUOJU_SMS_GATEWAYS": f'[{{"kind": "json", "url": "{receivers.web}/sms", "token": "{TOKEN}"}}]',
    }


class Process:
    """A part that runs until it is stopped or killed, with all its children."""

    def __init__(self, arguments: list[str], env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [*_CELERY, *arguments, "--loglevel", "ERROR"],
            env=env,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """At once, as the kernel does when memory runs out."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def worker(env: dict[str, str], *, name: str = "worker") -> Process:
    return Process(
        ["worker", "--pool", "solo", "--hostname", f"{name}@%h", "--without-gossip", "--without-mingle"], env
    )


def scheduler(env: dict[str, str]) -> Process:
    return Process(["beat", "--pidfile", ""], env)


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask again and again, for a bounded time."""
    deadline, tick = time.monotonic() + seconds, threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        tick.wait(0.05)
