"""Runs web, worker and scheduler as child processes, on one machine."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

from rich.console import Console

from tuoju.launch.settings import Settings

_CELERY = ("-m", "celery", "-A", "tuoju.launch.worker")


def _commands(settings: Settings, host: str, port: int) -> dict[str, list[str]]:
    return {
        "web": [
            "-m",
            "uvicorn",
            "tuoju.launch.asgi:app",
            "--host",
            host,
            "--port",
            str(port),
            "--no-access-log",
            "--log-level",
            "warning",
        ],
        "worker": [
            *_CELERY,
            "worker",
            "--pool",
            "solo",
            "--loglevel",
            "WARNING",
            "--without-gossip",
            "--without-mingle",
        ],
        "scheduler": [*_CELERY, "beat", "--loglevel", "WARNING", "--pidfile", ""],
    }


def supervise(
    settings: Settings, host: str, port: int, console: Console, *, announce: str = "", patience: float = 180
) -> int:
    """Run the three processes until SIGTERM or SIGINT; one that ends is started again. Returns the exit code.

    `announce` is printed when all are up; `patience` is how many seconds they may take to start.
    """
    commands = _commands(settings, host, port)
    log = (settings.data_folder / "tuoju.log").open("ab")
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    def start(name: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, *commands[name]], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=os.environ
        )

    children = {name: start(name) for name in commands}
    address = f"http://{host}:{port}"
    waiting_since: float | None = time.monotonic()
    try:
        with console.status("Starting web, worker and scheduler ..."):
            while not stopping and not _healthy(address):
                if time.monotonic() - (waiting_since or 0) > patience or children["web"].poll() is not None:
                    console.print(f"[bold red]Not all parts started.[/] See {settings.data_folder / 'tuoju.log'}.")
                    return 1
                time.sleep(0.3)
        if not stopping:
            console.print(f"\n[bold green]Tuoju is running:[/] [bold]{address}[/]{announce}\n\nCtrl-C stops it.")
        while not stopping:
            for name, child in children.items():
                if child.poll() is not None:
                    console.print(f"{name} ended; starting it again.")
                    children[name] = start(name)
            time.sleep(1)
    finally:
        _end(children)
        log.close()
    return 0


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _end(children: "dict[str, subprocess.Popen[bytes]]") -> None:
    for child in children.values():
        child.terminate()
    for child in children.values():
        try:
            child.wait(timeout=8)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
