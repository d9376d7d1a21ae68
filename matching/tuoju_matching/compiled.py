"""Compile hot loops with numba, and cache the machine code on disk where possible."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function at its first call; it then runs without the GIL.

    The machine code is cached beside the source, or only in memory where no cache directory is writable.

    >>> @compiled
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba found no writable cache directory
        return cast(Function, numba.njit(nogil=True)(function))


def _prefetch(_typing: Any, array: Any, index: Any) -> Any:
    """Implementation of `prefetch(array, index)`: a memory prefetch hint (LLVM's `prefetch`) for compiled code.

    It has no effect on results; an index out of range is harmless.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = cgutils.get_item_pointer(context, builder, signature.args[0], view, [arguments[1]])  # type: ignore[no-untyped-call]
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        function_type = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
        read, high_locality, data_cache = number(0), number(3), number(1)
        builder.call(function, [builder.bitcast(pointer, byte), read, high_locality, data_cache])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


prefetch: Any = intrinsic(_prefetch)
