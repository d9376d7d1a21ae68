"""Compiling the hot loops with numba, kept on disk where the disk lets us."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

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


def _prefetch(_typing: Any, array: Any, index: Any) -> Any:
    """`prefetch(array, index)`, in compiled code: ask memory for an element that is read soon (LLVM's `prefetch`).
    Changes nothing, whatever the index: one that is out of range is left alone.
    """

    def ask(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = cgutils.get_item_pointer(context, builder, signature.args[0], view, [arguments[1]])  # type: ignore[no-untyped-call]
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        known = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, known, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
        to_read, keep, as_data = number(0), number(3), number(1)
        builder.call(function, [builder.bitcast(place, byte), to_read, keep, as_data])
        return context.get_dummy_value()

    return types.void(array, types.int64), ask


prefetch: Any = intrinsic(_prefetch)
