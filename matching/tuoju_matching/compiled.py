"""Compile hot loops with numba at their first call, and cache the machine code on disk where possible.

Where there is no numba (musl, macOS on Intel) the loops run as they are written: slower, with the same results. So they
do within `interpreted`, for a problem so small that compiling or loading machine code would take longer than running.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, update_wrapper
from importlib import import_module
from typing import Any, Generic, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

SMALL_PAIRS = 20_000
"""Up to so many pairs of need and project, a process that matches once is faster without compiled loops."""
_interpreted: ContextVar[bool] = ContextVar("interpreted", default=False)


@contextmanager
def interpreted(n_pairs: int) -> Iterator[None]:
    """Run the loops as they are written if there are at most `SMALL_PAIRS` pairs of need and project.

    Loops that are compiled already stay so.
    """
    token = _interpreted.set(n_pairs <= SMALL_PAIRS)
    try:
        yield
    finally:
        _interpreted.reset(token)


class Compiled(Generic[Parameters, Result]):
    """A function that is compiled when it is first called; it then runs without the GIL.

    Importing numba takes half a second and 100 MB, which a process that never matches does without.
    """

    def __init__(self, function: Callable[Parameters, Result]) -> None:
        self.py_func = function
        update_wrapper(self, function)

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if _interpreted.get() and "implementation" not in self.__dict__:
            return self.py_func(*args, **kwargs)
        return self.implementation(*args, **kwargs)

    @cached_property
    def implementation(self) -> Callable[Parameters, Result]:
        """What numba makes of the function, or the function itself where there is no numba."""
        try:
            njit = import_module("tuoju_matching.numba_support").njit
        except ImportError:
            return self.py_func
        compiled_function: Callable[Parameters, Result] = njit(self.py_func)
        return compiled_function

    @property
    def _numba_type_(self) -> Any:
        """What another compiled function sees when it calls this one (numba asks each global for this attribute)."""
        return self.implementation._numba_type_  # type: ignore[attr-defined]


def compiled(function: Callable[Parameters, Result]) -> Compiled[Parameters, Result]:
    """Compile a function at its first call.

    >>> @compiled
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    return Compiled(function)


def prefetch(_array: Any, _index: Any) -> None:
    """A hint to load an array's element into the cache. It has no effect on results; any index is harmless.

    Compiled code has it as LLVM's `prefetch`, see `numba_support`.
    """
