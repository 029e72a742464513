"""The page about features lists what the code has."""

import pytest

from docs.operations import PAGES, with_operations
from huitong.features import warm_up
from huitong.kernel import LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_operations_is_fresh(language: Language) -> None:
    page = PAGES[language].read_text("utf-8")
    assert page == with_operations(page, language), "run python -m docs.operations and commit what it writes"


def test_the_compiled_functions_are_ready_after_the_warm_up_which_says_at_most_once_why_it_waits() -> None:
    told: list[str] = []
    warm_up(lambda text: told.extend([text["zh"], text["en"]]))
    first = len(told)
    warm_up(lambda text: told.append(text["en"]))
    assert first in (0, 2)
    assert len(told) == first
