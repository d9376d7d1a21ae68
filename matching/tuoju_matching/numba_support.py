"""What needs numba: imported when the first loop is compiled, never where numba is not installed."""

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

from tuoju_matching.compiled import prefetch


def njit(function: Callable[..., Any]) -> Any:
    """A dispatcher of numba that releases the GIL.

    The machine code is cached beside the source, or only in memory where no cache directory is writable.
    """
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no writable cache directory
        return numba.njit(nogil=True)(function)


def _prefetch(_typing: Any, array: Any, index: Any) -> Any:
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


_intrinsic: Any = intrinsic(_prefetch)


@overload(prefetch, strict=False)
def _overload_prefetch(_array: Any, _index: Any) -> Any:
    return lambda _array, _index: _intrinsic(_array, _index)
