"""Native code for a set of expressions, cached on disk by content, one body for one row and for a batch."""

import hashlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
from numpy.typing import NDArray

from huitong.decisions.feel import runtime
from huitong.decisions.feel.emit import module_source
from huitong.decisions.feel.native import NativeExpression
from huitong.decisions.feel.types import Type, Variable
from huitong.kernel import ExternalError, InputError, refusal

FloatArray = NDArray[np.float64]
_LOADING = threading.Lock()
"""Held while a module is loaded: until it is there as a whole, no other thread may find it by its name."""


class CompiledExpressions:
    """A set of expressions as one compiled function.

    Attributes:
        types: Type of each result column.
        width: Number of input columns.
    """

    def __init__(self, evaluate: Callable[[FloatArray, FloatArray], None] | None, types: tuple[Type, ...], width: int) -> None:
        self._evaluate = evaluate
        self.types = types
        self.width = width

    def batch(self, columns: FloatArray) -> FloatArray:
        """Every expression on every row.

        Args:
            columns: Shape ``(rows, inputs)``, C-contiguous float64, in the order of the variables.

        Returns:
            Shape ``(rows, expressions)``; null is NaN, booleans 0 and 1, scaled numbers in units of their scale.

        Raises:
            InputError: If the number of columns is another.
        """
        if columns.ndim != 2 or columns.shape[1] != self.width:
            raise InputError(
                "feel.columns.shape",
                {"en": f"the batch has shape {columns.shape}", "zh": f"批的形状为 {columns.shape}"},
                {"en": f"give {self.width} columns", "zh": f"请提供 {self.width} 列"},
            )
        results = np.empty((columns.shape[0], len(self.types)), dtype=np.float64)
        if self._evaluate is not None:
            self._evaluate(np.ascontiguousarray(columns, dtype=np.float64), results)
        return results

    def row(self, vector: FloatArray) -> FloatArray:
        """Every expression on one row, bit for bit as in a batch. Shapes ``(inputs,)`` and ``(expressions,)``."""
        result: FloatArray = self.batch(vector.reshape(1, -1))[0]
        return result


def compile_expressions(expressions: Sequence[NativeExpression], inputs: Sequence[Variable], cache_dir: Path) -> CompiledExpressions:
    """Compiles a set of expressions, or loads it if this content was compiled before.

    Args:
        expressions: Checked expressions; may be none.
        inputs: The variables, in the order of the input columns.
        cache_dir: Folder for generated modules; made if missing. Only trusted users may write there, as with any code.

    Raises:
        ExternalError: If the folder cannot be written.
    """
    types = tuple(expression.type for expression in expressions)
    if not expressions:
        return CompiledExpressions(None, types, len(inputs))
    source = module_source(expressions, {variable.name: place for place, variable in enumerate(inputs)})
    with _LOADING:
        module = _module(source, cache_dir)
    return CompiledExpressions(module.evaluate, types, len(inputs))


def _module(source: str, cache_dir: Path) -> ModuleType:
    runtime_source = Path(runtime.__file__).read_bytes()
    digest = hashlib.sha256(source.encode() + runtime_source + numba.__version__.encode()).hexdigest()[:32]
    name = f"huitong_feel_{digest}"
    loaded = sys.modules.get(name)
    if loaded is not None:
        return loaded
    path = cache_dir / f"{name}.py"
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        # Numba keys its cache by the file's time stamp: an existing file of the right content is left alone.
        if not path.is_file() or path.read_text(encoding="utf-8") != source:
            unfinished = path.with_suffix(f".{os.getpid()}.tmp")
            unfinished.write_text(source, encoding="utf-8")
            unfinished.replace(path)
    except OSError as error:
        raise ExternalError(
            "feel.cache.unwritable",
            {
                "en": f"{cache_dir} cannot hold compiled rules: {refusal(error)['en']}",
                "zh": f"{cache_dir} 无法存放已编译的规则：{refusal(error)['zh']}",
            },
            {"en": "free space, or give a folder that can be written", "zh": "请释放空间，或提供可写的文件夹"},
        ) from error
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - a .py file always has both
    module = importlib.util.module_from_spec(spec)
    # Numba finds a cached function's globals through sys.modules.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
