"""Celery under a clock that is off by so many seconds: `python shifted.py SECONDS -A app worker ...`."""

import sys
from datetime import UTC, datetime, timedelta

import time_machine

if __name__ == "__main__":
    off = timedelta(seconds=float(sys.argv.pop(1)))
    with time_machine.travel(datetime.now(UTC) + off, tick=True):
        from celery.__main__ import main

        sys.exit(main())  # type: ignore[func-returns-value]
