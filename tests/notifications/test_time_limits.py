"""A task that hangs ends its worker in the pools that cannot stop it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.processes import Process, wait_until

from tuoju_notifications.embedded_queue import EmbeddedQueue
from tuoju_notifications.time_limits import RunningTasks

APP = """
import threading
from pathlib import Path
from tuoju_notifications.celery_app import make_celery
from tuoju_notifications.time_limits import enforce_time_limits
app = make_celery("embedded://", Path(__file__).parent / "queue")
enforce_time_limits(app)

@app.task(name="hang", time_limit=1)
def hang():
    threading.Event().wait()
"""


def test_a_task_is_overdue_after_its_limit() -> None:
    seconds = [0.0]
    running = RunningTasks(lambda: seconds[0])
    running.begin("1", "plan", 900)
    running.begin("2", "sweep", 50)
    running.finish("2")
    seconds[0] = 900
    assert running.overdue() is None
    seconds[0] = 901
    assert running.overdue() == "plan"
    running.finish("1")
    assert running.overdue() is None


@pytest.mark.parametrize("pool", ["solo", "threads"])
def test_a_worker_whose_task_hangs_ends_and_the_task_is_free_again(tmp_path: Path, pool: str) -> None:
    (tmp_path / "hanging.py").write_text(APP)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = [sys.executable, "-m", "celery", "-A", "hanging"]
    worker = Process([*command, "worker", "--pool", pool, "--concurrency", "1"], env)
    try:
        subprocess.run([*command, "call", "hang", "--queue", "clockwork"], env=env, check=True, capture_output=True)
        wait_until(lambda: worker.ended, 30, "the worker ended")
    finally:
        worker.stop()
    queue = EmbeddedQueue(tmp_path / "queue")
    queue.recover()
    assert queue.count("clockwork") == 1
    queue.close()
