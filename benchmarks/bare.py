"""Bare Celery as the baseline: a task that writes one byte to a file, with the same broker and settings."""

import os
from pathlib import Path

from tuoju_notifications.celery_app import make_celery

COUNTED = Path(os.environ.get("BARE_COUNTED", os.devnull))

app = make_celery(
    os.environ.get("TUOJU_BROKER_URL", "memory://"), Path(os.environ.get("TUOJU_DATA_FOLDER", ".")) / "queue"
)


@app.task(name="benchmarks.bare")
def bare() -> None:
    with COUNTED.open("ab", buffering=0) as file:
        file.write(b".")
