"""How deep a body may nest, whatever stands in its texts."""

import pytest

from huitong.api.reading import DEPTH_MAX, document_of
from huitong.kernel import InputError


@pytest.mark.parametrize("text", ["", "]" * 900, "]\\\\", '\\"]]]]', "\\u0041]"])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_what_stands_in_a_text_makes_no_nesting_allowed(text: str, brackets: str) -> None:
    opens, closes = (brackets[0] if brackets == "[]" else '{"a":'), brackets[1]
    for depth in (DEPTH_MAX, 40, 994, 20_000):
        body = f'{{"x":"{text}","y":{opens * depth}1{closes * depth}}}'.encode()
        with pytest.raises(InputError) as refused:
            document_of(body)
        assert refused.value.code == "http.body.unreadable"


def test_brackets_in_a_text_do_not_count() -> None:
    assert document_of(b'{"x":"' + b"[" * 500 + b'"}') == {"x": "[" * 500}


@pytest.mark.parametrize("number", ["9" * 5_000, "1e999", "-1e999"])
def test_a_number_beyond_all_ranges_is_called_that_and_not_something_else_than_json(number: str) -> None:
    with pytest.raises(InputError) as refused:
        document_of(f'{{"amount": {number}}}'.encode())
    assert refused.value.code == "http.body.unreadable"
    assert ("out of range" in refused.value.cause["en"], "超出范围" in refused.value.cause["zh"]) == (True, True)
