"""Runs a module as a child of `tuoju serve`: `python -m tuoju.launch.supervised celery ...`.

The child holds the reading end of a pipe. It closes when the supervisor ends, however it ended, and the child ends too.
"""

import os
import runpy
import signal
import sys
import threading

GRACE_SECONDS = 8.0
"""How long a child may finish what it does before it ends at once."""


def end_with_parent() -> None:
    """Wait for the end of the pipe, then stop this process: in good order first, at once after GRACE_SECONDS."""
    while sys.stdin.buffer.read(1):
        pass
    threading.Timer(GRACE_SECONDS, os._exit, (1,)).start()
    signal.raise_signal(signal.SIGTERM)


def main() -> None:
    """Run the module named first, with the arguments that follow."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
