"""`tuoju serve`: one for each data folder, no child outlives it, and what ends or hangs is started again."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import pytest
from benchmarks.processes import environment, wait_until

from factories.databases import UnitOfWork
from tuoju.launch.data_folders import AlreadyRunning, lock_data_folder
from tuoju.launch.hangs import SchedulerWatch, WebWatch, WorkerWatch
from tuoju.launch.supervised import METRICS_BYTES, METRICS_FILES, METRICS_FOLDER
from tuoju.launch.supervisor import (
    LONGEST_PAUSE,
    Child,
    ChildProcess,
    SchedulerThread,
    end,
    restart_pause,
)
from tuoju_notifications.celery_app import CLOCKWORK
from tuoju_notifications.heartbeats import part_of, record_heartbeat
from tuoju_notifications.models import PeriodicTurn

TUOJU = [sys.executable, "-c", "from tuoju.launch.cli import app; app()"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Serving:
    """`tuoju serve` on a data folder and a port."""

    def __init__(self, folder: Path, port: int) -> None:
        env = environment(folder, database="", broker="embedded://", mail_port=1, web="http://127.0.0.1:1")
        self.output = folder / f"output-{time.monotonic_ns()}"
        self.process = subprocess.Popen(
            [*TUOJU, "serve", "--port", str(port)], env=env, stdout=self.output.open("w"), stderr=subprocess.STDOUT
        )

    def is_up(self) -> bool:
        return "Tuoju is running" in self.output.read_text()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_killed_supervisor_leaves_nobody_and_the_next_one_starts(tmp_path: Path) -> None:
    port = free_port()
    first = Serving(tmp_path, port)
    second = rival = None
    try:
        wait_until(first.is_up, 240, "the first is up")
        rival = Serving(tmp_path, free_port())
        assert rival.process.wait(60) == 1
        assert "running with the data in" in rival.output.read_text()
        children = children_of(first.process.pid)
        assert len(children) == 3
        os.kill(children[1], signal.SIGKILL)
        wait_until(lambda: "starting it again" in first.output.read_text(), 20, "a killed child is noticed")
        wait_until(lambda: len(children_of(first.process.pid)) == 3, 20, "and started again")
        children = children_of(first.process.pid)
        first.process.kill()
        first.process.wait(10)
        second = Serving(tmp_path, port)
        wait_until(lambda: not any(is_running(child) for child in children), 30, "the children of the first ended")
        wait_until(second.is_up, 240, "the second is up")
    finally:
        for serving in (first, rival, second):
            if serving is not None:
                serving.stop()


class CountingScheduler:
    """Stands where Celery's scheduler stands; the test says what happens in a turn."""

    def __init__(self) -> None:
        self.turns, self.problem = 0, ""
        self.turned = threading.Event()
        self.conf = SimpleNamespace(beat_scheduler=lambda _celery: self)

    def tick(self) -> float:
        self.turns += 1
        self.turned.set()
        if self.problem:
            raise ValueError(self.problem)
        return 0.01


class TestSchedulerThread:
    @pytest.fixture(autouse=True)
    def _watch_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tuoju.launch.supervisor.WATCH_SECONDS", 0)

    def goes_on(self, counting: CountingScheduler) -> bool:
        counting.turned.clear()
        return counting.turned.wait(5)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_that_ended_begins_again(self) -> None:
        counting = CountingScheduler()
        counting.problem = "the test ends it"
        thread = SchedulerThread(counting, ScriptedWatch())  # type: ignore[arg-type]
        wait_until(lambda: not thread.is_alive, 5, "it has ended")
        counting.problem = ""
        thread.look_after()
        assert self.goes_on(counting)
        thread.end()

    def test_that_hangs_is_left_behind(self) -> None:
        counting, watch = CountingScheduler(), ScriptedWatch()
        thread = SchedulerThread(counting, watch)  # type: ignore[arg-type]
        thread.look_after()
        watch.hung = True
        thread.look_after()
        assert watch.restarts == 2
        assert self.goes_on(counting)
        thread.end()
        wait_until(lambda: not thread.is_alive, 5, "it takes no more turns")


def test_one_process_at_a_time_has_the_data_folder(tmp_path: Path) -> None:
    with lock_data_folder(tmp_path), pytest.raises(AlreadyRunning, match="already"), lock_data_folder(tmp_path):
        pass
    with lock_data_folder(tmp_path):
        pass


class ScriptedWatch:
    """Says what the test wants."""

    def __init__(self) -> None:
        self.hung, self.restarts = False, 0

    def is_hung(self) -> bool:
        return self.hung

    def restarted(self) -> None:
        self.restarts, self.hung = self.restarts + 1, False


@pytest.fixture
def log(tmp_path: Path) -> Iterator[BinaryIO]:
    with (tmp_path / "log").open("ab") as opened:
        yield opened


class TestChild:
    def test_that_hangs_is_ended_and_started_again(self, log: BinaryIO, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tuoju.launch.supervisor.WATCH_SECONDS", 0)
        watch = ScriptedWatch()
        child = Child(ChildProcess("sleeper", ["http.server", "0"], watch), log)
        try:
            first = child.process.pid
            child.look_after()
            assert not child.has_ended
            watch.hung = True

            def is_another() -> bool:
                child.look_after()
                return child.process.pid != first and watch.restarts == 2

            wait_until(is_another, 20, "another process")
        finally:
            end([child])

    def test_ends_when_its_pipe_closes(self, log: BinaryIO) -> None:
        child = Child(ChildProcess("sleeper", ["http.server", "0"], ScriptedWatch()), log)
        end([child])
        assert child.has_ended

    def test_that_ends_at_once_again_and_again_waits_longer_each_time(self) -> None:
        pauses = [restart_pause(ends) for ends in range(9)]
        assert pauses == [0, 1, 2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE]


class ManualClock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class TestWatches:
    def test_a_web_process_that_accepts_and_never_answers_hangs(self) -> None:
        clock, silent = ManualClock(), socket.create_server(("127.0.0.1", 0))
        watch = WebWatch(f"http://127.0.0.1:{silent.getsockname()[1]}", patience=60, clock=clock)
        assert watch.is_hung() is False
        clock.seconds += 61
        assert watch.is_hung() is True
        watch.restarted()
        clock.seconds += 100
        assert watch.is_hung() is False
        silent.close()

    def test_a_web_process_that_answers_an_error_does_not_hang(self) -> None:
        class Failing(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_error(503)

            def log_message(self, *_arguments: object) -> None:
                pass

        server, clock = HTTPServer(("127.0.0.1", 0), Failing), ManualClock()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        watch = WebWatch(f"http://127.0.0.1:{server.server_port}", patience=60, clock=clock)
        clock.seconds += 61
        assert watch.is_hung() is False
        server.shutdown()
        server.server_close()

    def test_a_scheduler_that_takes_no_turn_hangs(self, unit_of_work: UnitOfWork) -> None:
        clock = ManualClock()
        watch = SchedulerWatch(unit_of_work, patience=180, clock=clock)
        for number in range(1, 4):
            with unit_of_work.write() as session:
                session.merge(PeriodicTurn(job="beat", number=number))
            clock.seconds += 179
            assert watch.is_hung() is False
        clock.seconds += 181
        assert watch.is_hung() is True

    def test_a_worker_hangs_when_beats_are_sent_and_not_taken(self, unit_of_work: UnitOfWork) -> None:
        watch = WorkerWatch(unit_of_work, CLOCKWORK, patience=4)

        def sent(number: int, *, taken: bool) -> bool:
            with unit_of_work.write() as session:
                session.merge(PeriodicTurn(job=f"beat-{CLOCKWORK}", number=number))
                if taken:
                    record_heartbeat(session, part_of(CLOCKWORK))
            return watch.is_hung()

        assert [sent(number, taken=True) for number in (1, 9, 20)] == [False] * 3
        assert [sent(number, taken=False) for number in (21, 24, 25)] == [False, False, True]
        watch.restarted()
        assert watch.is_hung() is False


def test_metrics_have_their_disk_space_before_they_are_mapped(tmp_path: Path) -> None:
    """A write to a mapped page without space ends the process with SIGBUS while the disk is full."""
    code = (
        "from tuoju.launch.supervised import reserve_metrics\n"
        "reserve_metrics()\n"
        "from tuoju.database import observation\n"
        "from tuoju.web.kit import observation\n"
        "from tuoju_notifications import task_observation\n"
        "observation._SECONDS.labels('GET', '/x', '200').observe(0.1)\n"
    )
    variables = os.environ | {METRICS_FOLDER: str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=variables, check=True)
    files = list(tmp_path.iterdir())
    assert len(files) == len(METRICS_FILES), "prometheus_client has files that were not reserved"
    assert all(file.stat().st_blocks * 512 >= METRICS_BYTES for file in files)
