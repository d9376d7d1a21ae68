"""Runs what opens a file of others in a child process with limits of memory and time.

The children are kept: an ordinary photo or list costs the way there and back. One that dies is replaced.
"""

import atexit
import os
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import get_context
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from tuoju.parsing.errors import Failure, FileNotParsed

T = TypeVar("T")

SECONDS = 20
"""How long a file may take to open. The largest list takes about two."""
WAITING_SECONDS = 40
"""How long it may take in all, with its wait for a child."""
MEMORY_BYTES = 600_000_000
"""What a child may take beside its own code: a photo at the limit takes about 250 million, a list less."""
CHILDREN = 2
"""So that a file that uses up its time does not hold up every other."""
IMPORTED = ("tuoju.parsing.photos", "tuoju_projects.workbooks")
"""What children import when they start."""


@dataclass
class _Children:
    """The pool of this process; one that was forked makes its own."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    pool: ProcessPool | None = None
    made_by: int = 0

    def get(self) -> ProcessPool:
        with self.lock:
            if self.pool is None or self.made_by != os.getpid():
                # Windows knows nothing but spawn, and a fork would copy keys and connections of this process.
                self.pool = ProcessPool(max_workers=CHILDREN, initializer=_begin, context=get_context("spawn"))
                self.made_by = os.getpid()
            return self.pool

    def end(self) -> None:
        with self.lock:
            if self.pool is not None and self.made_by == os.getpid():
                self.pool.stop()  # type: ignore[no-untyped-call]
                self.pool.join()
            self.pool = None


_CHILDREN = _Children()
atexit.register(_CHILDREN.end)


def parse(function: Callable[[bytes], T], content: bytes, *, file_name: str) -> T:
    """The result of `function(content)`, a function of a module that imports little. Its errors are raised as they are.

    Raises FileNotParsed where it takes more memory or time than it may, or ends its process.
    """
    future = _CHILDREN.get().schedule(function, args=(content,), timeout=SECONDS)
    try:
        result: T = future.result(WAITING_SECONDS)
    except FutureTimeout as error:
        future.cancel()  # type: ignore[no-untyped-call]
        raise FileNotParsed(file_name, Failure.time) from error
    except MemoryError as error:
        raise FileNotParsed(file_name, Failure.memory) from error
    except (ProcessExpired, RecursionError) as error:
        raise FileNotParsed(file_name, Failure.crash) from error
    return result


def _begin() -> None:
    """First in a child: import what opens files, then bound the memory.

    Windows has no such limit of a process and macOS does not keep to it; there time and unpacked sizes bound a file.
    """
    for name in IMPORTED:
        import_module(name)
    try:
        resource = import_module("resource")
    except ModuleNotFoundError:
        return
    limit = _mapped_bytes() + MEMORY_BYTES
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):
        return


def _mapped_bytes() -> int:
    """What the process has mapped so far; where the system does not say, a generous guess."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 400_000_000
