"""Runs a module as a child of `tuoju serve`: `python -m tuoju.launch.supervised celery ...`.

The child holds the reading end of a pipe. It closes when the supervisor ends, however it ended, and the child ends too.
"""

import os
import runpy
import signal
import sys
import threading
from pathlib import Path

GRACE_SECONDS = 8.0
"""How long a child may finish what it does before it ends at once."""
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable from which prometheus_client learns where the processes of this machine share their metrics."""
METRICS_BYTES = 2 * 1024 * 1024
"""Room for about 10,000 series in each file of metrics."""
METRICS_FILES = ("gauge_livesum_{pid}.db", "histogram_{pid}.db")
"""The names that prometheus_client gives to the files of the kinds of metrics that we have."""


def end_with_parent() -> None:
    """Wait for the end of the pipe, then stop this process: in good order first, at once after GRACE_SECONDS."""
    while sys.stdin.buffer.read(1):
        pass
    threading.Timer(GRACE_SECONDS, os._exit, (1,)).start()
    signal.raise_signal(signal.SIGTERM)


def reserve_metrics() -> None:
    """Take the disk space of this process's metrics before prometheus_client maps their files into memory.

    It maps them empty, and writing to such a page while the disk is full ends the process with SIGBUS. Without the
    space, this process keeps its metrics to itself.
    """
    folder = os.environ.get(METRICS_FOLDER)
    if not folder:
        return
    try:
        for name in METRICS_FILES:
            (Path(folder) / name.format(pid=os.getpid())).write_bytes(bytes(METRICS_BYTES))
    except OSError:
        del os.environ[METRICS_FOLDER]


def main() -> None:
    """Run the module named first, with the arguments that follow."""
    reserve_metrics()
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
