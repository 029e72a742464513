"""Every example in a docstring is true."""

import doctest
import importlib

import pytest

from tests.sources import SOURCE, module_name

# Only modules with an example that runs are imported: importing all would compile what nobody asked for.
EXAMPLES = sorted(
    module_name(path)
    for path in SOURCE.rglob("*.py")
    if any(">>> " in line and "+SKIP" not in line for line in path.read_text("utf-8").splitlines())
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert results.attempted > 0
    assert results.failed == 0
