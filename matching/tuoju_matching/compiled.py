"""Compiling the hot loops with numba, kept on disk where the disk lets us."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile at the first call and keep the result beside the code, or in memory where no cache folder can be
    written. Releases the GIL.

    >>> @compiled
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba found no folder for its cache
        return cast(Function, numba.njit(nogil=True)(function))
