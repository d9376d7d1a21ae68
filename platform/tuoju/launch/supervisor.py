"""Runs web and workers as child processes, and the scheduler as a thread, on one machine."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from celery import Celery
from celery.beat import Scheduler

from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.commands.console import console, say
from tuoju.launch.engines import engine_of
from tuoju.launch.errors import print_error
from tuoju.launch.hangs import SchedulerWatch, Watch, WebWatch, WorkerWatch, answer_of
from tuoju.launch.language import gettext
from tuoju.launch.logs import configure_logs, rotate
from tuoju.launch.schedule import schedule_periodic_work
from tuoju.launch.settings import Settings
from tuoju.launch.supervised import GRACE_SECONDS, METRICS_FOLDER
from tuoju_notifications.celery_app import CLOCKWORK, JOBS, LONG_WORK, QUEUES, make_celery

START_SECONDS = 180.0
"""How long all parts may take to start."""
PORT_SECONDS = 15.0
"""How long to wait for the port: children of a supervisor that was killed need some seconds to end."""
STEADY_SECONDS = 60.0
"""A child that has run for so long starts again at once; one that ends sooner waits longer each time."""
LONGEST_PAUSE = 60.0
WATCH_SECONDS = 10.0
"""How often each child is asked for a sign of life."""
LONG_TASK_TURNS = 80
"""Turns of half a minute in which the worker of long work may take no beat: its longest task may take half an hour."""


@dataclass(frozen=True)
class ChildProcess:
    """What one child runs, and who watches it."""

    name: str
    arguments: Sequence[str]
    """A module and its arguments."""
    watch: Watch


def supervise(settings: Settings, host: str, port: int) -> int:
    """Run all processes until SIGTERM or SIGINT; one that ends or hangs is started again. Returns the exit code.

    The database has the tables of this version. The caller holds the lock of the data folder.
    """
    stop_requested = _listen_for_signals()
    address, log_path = f"http://{host}:{port}", settings.data_folder / "tuoju.log"
    if not _port_is_free(host, port, PORT_SECONDS):
        sentence = gettext("Port %(port)s is in use. Stop what uses it, or name another with --port.")
        print_error(sentence % {"port": port})
        return 1
    _share_metrics(settings.data_folder / "metrics")
    with log_path.open("ab") as log, log_path.open("a", encoding="utf-8", buffering=1) as own_log:
        configure_logs(own_log)
        unit_of_work = UnitOfWork(engine_of(settings))
        scheduler = SchedulerThread(_scheduling(settings, unit_of_work), SchedulerWatch(unit_of_work))
        children = [Child(plan, log) for plan in _children(unit_of_work, host, port)]
        web = children[0]
        try:
            with console.status(gettext("Starting web, workers and scheduler ...")):
                give_up_at = time.monotonic() + START_SECONDS
                while not stop_requested() and answer_of(address) != 200:
                    if time.monotonic() > give_up_at or web.has_ended:
                        print_error(gettext("Not all parts started. See %(file)s.") % {"file": log_path})
                        return 1
                    time.sleep(0.3)
            if not stop_requested():
                say("\n" + gettext("Tuoju is running: %(address)s (Ctrl-C stops it)"), address=address)
            while not stop_requested():
                for child in children:
                    child.look_after()
                scheduler.look_after()
                rotate(log, log_path)
                time.sleep(1)
        finally:
            scheduler.end()
            end(children)
    return 0


def _scheduling(settings: Settings, unit_of_work: UnitOfWork) -> Celery:
    """The application of Celery that knows when which task is sent."""
    celery = make_celery(settings.broker_url, settings.data_folder / "queue")
    schedule_periodic_work(celery, unit_of_work, anchor_minutes=settings.audit_anchor_minutes)
    return celery


def _share_metrics(folder: Path) -> None:
    """Let the children write their metrics into one folder, empty at the start, so that /metrics shows all of them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    os.environ[METRICS_FOLDER] = str(folder.resolve())


def _listen_for_signals() -> "_Flag":
    flag = _Flag()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        flag.is_set = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return flag


class _Flag:
    is_set = False

    def __call__(self) -> bool:
        return self.is_set


def _children(work: UnitOfWork, host: str, port: int) -> list[ChildProcess]:
    """The web process first. Long work has a worker of its own, so that an urgent notification never waits for it: two
    threads that take a task of each queue in turn, so that an import waits for no plan that is alone."""
    web = ["tuoju.launch.commands.web", "--host", host, "--port", str(port)]
    worker = ["celery", "-A", "tuoju.launch.worker", "worker", "--loglevel", "WARNING", "--without-gossip"]
    worker += ["--without-mingle", "--pool", "threads"]
    long_work = ["-n", "long_work@%h", "-Q", f"{JOBS},{LONG_WORK}", "--concurrency", "2", "--prefetch-multiplier", "1"]
    quick = ",".join(queue for queue in QUEUES if queue not in (JOBS, LONG_WORK))
    return [
        ChildProcess("web", web, WebWatch(f"http://{host}:{port}")),
        ChildProcess(
            "worker",
            [*worker, "-n", "worker@%h", "-Q", quick, "--concurrency", "4"],
            WorkerWatch(work, CLOCKWORK, 4),
        ),
        ChildProcess(
            "worker of long work",
            [*worker, *long_work],
            WorkerWatch(work, LONG_WORK, LONG_TASK_TURNS),
        ),
    ]


class SchedulerThread:
    """The scheduler in this process: it does nothing but sleep, ask the database and send, and a process of its own
    takes 70 MB. One that ended or hangs is left behind and another begins: no turn is doubled, however many run."""

    def __init__(self, celery: Celery, watch: Watch) -> None:
        self._celery, self._watch = celery, watch
        self._looked_at = time.monotonic()
        self.start()

    def start(self) -> None:
        """Begin a thread of its own, without any that runs."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self._stopping,), name="scheduler", daemon=True)
        self._thread.start()
        self._watch.restarted()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self, stopping: threading.Event) -> None:
        scheduler: Scheduler = self._celery.conf.beat_scheduler(self._celery)
        while not stopping.wait(scheduler.tick()):
            pass

    def look_after(self) -> None:
        """Begin again if the thread has ended or hangs."""
        if time.monotonic() - self._looked_at < WATCH_SECONDS:
            return
        self._looked_at = time.monotonic()
        if not self.is_alive or self._watch.is_hung():
            _report(gettext("%(process)s does not answer; starting another."), process=gettext("scheduler"))
            self.end()
            self.start()

    def end(self) -> None:
        """Take no more turns."""
        self._stopping.set()


class Child:
    """One child process, started again when it ends or hangs."""

    def __init__(self, plan: ChildProcess, log: IO[bytes]) -> None:
        self.plan, self._log = plan, log
        self._quick_ends = 0
        self._restart_at: float | None = None
        self.start()

    def start(self) -> None:
        """Start the process. It ends when this one does, because the pipe closes then."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tuoju.launch.supervised", *self.plan.arguments],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            env=os.environ,
        )
        self._started_at = self._looked_at = time.monotonic()
        self._restart_at = None
        self.plan.watch.restarted()

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def look_after(self) -> None:
        """Start the process again if it has ended, after a pause; kill it if it hangs."""
        moment = time.monotonic()
        if self._restart_at is not None:
            if moment >= self._restart_at:
                self._start_again(moment)
        elif self.has_ended:
            self._quick_ends = 0 if moment - self._started_at >= STEADY_SECONDS else self._quick_ends + 1
            pause = restart_pause(self._quick_ends)
            sentence = gettext("%(process)s ended; starting it again in %(seconds)s s.")
            _report(sentence, process=self.plan.name, seconds=f"{pause:.0f}")
            self._restart_at = moment + pause
            self.close_pipe()
        elif moment - self._looked_at >= WATCH_SECONDS:
            self._looked_at = moment
            if self.plan.watch.is_hung():
                _report(gettext("%(process)s does not answer; ending it."), process=self.plan.name)
                self.process.kill()

    def _start_again(self, moment: float) -> None:
        """Start the process; where the machine has no room for another, try again later."""
        try:
            self.start()
        except OSError:
            self._restart_at = moment + LONGEST_PAUSE

    def close_pipe(self) -> None:
        """Tell the process to end."""
        if self.process.stdin is not None:
            self.process.stdin.close()


def _report(sentence: str, **facts: object) -> None:
    """Say what happened; where the output lies on a full disk, go on without it."""
    with suppress(OSError):
        say(sentence, **facts)


def restart_pause(quick_ends: int) -> float:
    """Seconds before a child starts again that ended soon after its start so many times in a row."""
    return 0.0 if quick_ends == 0 else min(2.0 ** (quick_ends - 1), LONGEST_PAUSE)


def end(children: Sequence[Child]) -> None:
    """End all children: in good order, or at once where that takes too long."""
    for child in children:
        child.close_pipe()
    give_up_at = time.monotonic() + GRACE_SECONDS + 4
    for child in children:
        try:
            child.process.wait(timeout=max(give_up_at - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def _port_is_free(host: str, port: int, seconds: float) -> bool:
    """Whether nobody listens at the address, within so many seconds. Nothing else could be told from our own answer."""
    give_up_at = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection((host if host != "0.0.0.0" else "127.0.0.1", port), timeout=1):  # noqa: S104
                pass
        except OSError:
            return True
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.3)
