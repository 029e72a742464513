"""The standard's conformance cases: level 2 through the native subset, level 3 through the parser."""

import html
import re
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from huitong.decisions.feel import KnownNames, parse_expression, parse_unary_tests
from huitong.decisions.feel.names import Names
from huitong.kernel import PolicyError
from tests.decisions.tables.tck import run_model

# Built-in functions and members whose names hold a blank: a name that is no single word must be known to be read.
_FUNCTIONS = """date and time, years and months duration, string length, upper case, lower case, substring before, substring after,
list contains, starts with, ends with, day of year, day of week, month of year, week of year, get value, get entries, round up,
round down, round half up, round half down, insert before, index of, distinct values, string join, overlaps before, overlaps after,
met by, finished by, started by, context put, context merge, list replace"""
_MEMBERS = ("time offset", "start included", "end included")


@pytest.fixture(scope="module")
def kit(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = shared_data / "dmn_tck" / "cases.tar.xz"
    if not archive.is_file():
        pytest.skip("skipped: no dmn_tck/cases.tar.xz in shared/data")
    folder = tmp_path_factory.mktemp("tck")
    with tarfile.open(archive) as cases:
        cases.extractall(folder, filter="data")
    return folder


def run_level(kit: Path, level: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for model in sorted((kit / f"compliance-level-{level}").glob("*/*.dmn")):
        alone = len(list(model.parent.glob("*.dmn"))) == 1
        cases = [path for path in sorted(model.parent.glob("*test*.xml")) if alone or model.stem in path.stem]
        counts += run_model(model, cases, kit / "compiled")
    return counts


def test_every_level_2_case_passes_or_is_refused_at_load(kit: Path) -> None:
    """116 cases: the five that are refused join strings (two) or invoke a business knowledge model (three)."""
    assert run_level(kit, 2) == {"passed": 111, "outside": 5}


@pytest.mark.full
def test_a_level_3_case_that_is_not_refused_passes(kit: Path) -> None:
    """Most of level 3 is for the full language of a later version; what the subset does accept, it must get right."""
    counts = run_level(kit, 3)
    assert set(counts) == {"passed", "outside"}, counts
    assert counts["passed"] > 400


def test_every_expression_of_both_levels_is_read_by_the_parser(kit: Path) -> None:
    count = 0
    for model in sorted(kit.glob("*/*/*.dmn")):
        content = model.read_text(encoding="utf-8")
        names = [html.unescape(name) for name in re.findall(r'\bname="([^"]+)"', content) if name.strip()]
        functions = [name.strip() for name in _FUNCTIONS.split(",")]
        known = KnownNames(Names([*functions, *names]), Names([*_MEMBERS, *names]))
        for raw in re.findall(r"<(?:\w+:)?text>(.*?)</(?:\w+:)?text>", content, re.DOTALL):
            text = html.unescape(re.sub(r"<!\[CDATA\[(.*?)\]\]>", r"\1", raw, flags=re.DOTALL))
            try:
                parse_expression(text, known)
            except PolicyError:
                parse_unary_tests(text, known)
            count += 1
    assert count > 4_000
