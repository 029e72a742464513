"""The pages list every pattern in their own words."""

from pathlib import Path

import pytest

from huitong.features.graph import PATTERNS
from huitong.kernel import Language


@pytest.mark.parametrize(("page", "language"), [("docs/graph-features.md", "en"), ("docs/zh/graph-features.md", "zh")])
def test_every_pattern_is_on_the_page(root: Path, page: str, language: Language) -> None:
    text = (root / page).read_text("utf-8")
    assert [name for name, pattern in PATTERNS.items() if f"| `{name}` |" not in text or pattern.text[language] not in text] == []
