"""Arrays without an owner inside compiled code.

numba counts the owners of an array with atomic additions whenever a function takes it or makes a view of it. In kernels of many small
functions that costs more than the work itself, and threads that count the same array wait for each other. The entry function, whose caller
holds the arrays, therefore passes them on as borrowed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.core.imputils import impl_ret_untracked
from numba.extending import intrinsic
from numba.np.arrayobj import make_array


@intrinsic
def _borrowed(typing_context: Any, array: Any) -> Any:  # noqa: ANN401, ARG001 -- the shapes that numba's extension interface gives
    if not isinstance(array, types.Array):
        raise TypeError("borrowed() takes an array")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        struct = make_array(array)(context, builder, value=arguments[0])  # type: ignore[no-untyped-call]  # as below
        struct.meminfo = cgutils.get_null_value(struct.meminfo.type)  # type: ignore[no-untyped-call]  # numba ships no types
        struct.parent = cgutils.get_null_value(struct.parent.type)  # type: ignore[no-untyped-call]  # as above
        return impl_ret_untracked(context, builder, signature.return_type, struct._getvalue())  # type: ignore[no-untyped-call]  # as above

    return array(array), generate


_Array = TypeVar("_Array", bound=np.ndarray[Any, Any])

if TYPE_CHECKING:

    def borrowed(array: _Array) -> _Array:
        """The same array, not counted; valid while the caller holds the original."""
        return array

else:
    borrowed = _borrowed


_Function = TypeVar("_Function", bound=Callable[..., Any])


def inlined(function: _Function) -> _Function:
    """Compiles a function into whatever compiled function calls it.

    A call would pass every array field by field, which costs more than most of these functions do. The entry point holds all the code, and
    it alone is cached: after a change here, touch the entry point's file. Division follows IEEE 754 instead of raising.
    """
    return cast("_Function", njit(forceinline=True, error_model="numpy")(function))


@inlined
def wide(number: int) -> int:
    """The same number in 64 bits, and of no known value to the compiler.

    numba compiles a function once for each type that it is called with, and takes a constant for a type of its own. What is inlined deeply
    is given wide numbers, so that everything below is compiled once and not thrice.
    """
    return int(np.int64(number))
