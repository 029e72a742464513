"""Ask the processor to fetch a line of memory that will soon be needed.

A batch knows which accounts come next; fetching their lines while the present edge is worked on hides most of the time that random
access to memory costs. It changes no result.
"""

# mypy: disable-error-code="no-any-return, no-untyped-call, import-untyped"
# numba's code builders are untyped.

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

READ_AND_WRITE, KEEP_CLOSE, DATA = 1, 3, 1


def fetch_line(typing_context: Any, array: Any, row: Any) -> Any:  # noqa: ARG001, ANN401 - numba's calling convention
    """Fetch the line where row ``row`` of a C-contiguous ``array`` begins; a row that is not there does no harm."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        view = context.make_array(signature.args[0])(context, builder, value=arguments[0])
        stride = cgutils.unpack_tuple(builder, view.strides)[0]
        byte = ir.IntType(8)
        base = builder.bitcast(view.data, byte.as_pointer())
        place = builder.gep(base, [builder.mul(stride, arguments[1])])
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), word, word, word])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(fetch, [place, ir.Constant(word, READ_AND_WRITE), ir.Constant(word, KEEP_CLOSE), ir.Constant(word, DATA)])
        return context.get_dummy_value()

    return types.void(array, types.int64), build


prefetch: Callable[..., None] = intrinsic(fetch_line)
