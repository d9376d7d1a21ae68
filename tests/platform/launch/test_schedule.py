"""The scheduler knows tasks by name; the worker has to know each of them, and no heavy library is loaded for it."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.processes import environment

_SCHEDULED = """
import json, sys
from tuoju.launch.scheduler import app
from tuoju_notifications.celery_app import QUEUES
assert all(entry["options"].get("queue", "clockwork") in QUEUES for entry in app.conf.beat_schedule.values())
heavy = [name for name in ("numpy", "scipy", "sklearn", "numba", "fastapi") if name in sys.modules]
print(json.dumps([sorted(entry["task"] for entry in app.conf.beat_schedule.values()), heavy]))
"""
_REGISTERED = "import json; from tuoju.launch.worker import app; print(json.dumps(sorted(app.tasks)))"


def test_every_scheduled_task_is_one_of_the_worker(tmp_path: Path) -> None:
    env = environment(tmp_path, database="", broker="embedded://", mail_port=1, web="http://127.0.0.1:1")
    outputs = [
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
        for code in (_SCHEDULED, _REGISTERED)
    ]
    [scheduled, heavy], registered = (json.loads(output) for output in outputs)
    assert heavy == []
    assert set(scheduled) <= set(registered)
    assert len(scheduled) >= 14
