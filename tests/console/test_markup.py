"""HTML by pieces: text is escaped, markup is not."""

from hypothesis import given
from hypothesis import strategies as st

from huitong.console.markup import link, markup, tag


@given(st.text())
def test_no_text_becomes_markup(text: str) -> None:
    written = tag("p", text, title=text)
    inside = written.removeprefix("<p").removesuffix("</p>")
    assert inside.count("<") == 0
    assert inside.count(">") == 1
    assert inside.count('"') == 2


def test_attributes_are_named_as_html_names_them() -> None:
    assert (
        tag("label", "x", for_="a", class_="b", data_no=None, hidden=True, aria_hidden=False) == '<label for="a" class="b" hidden>x</label>'
    )
    assert tag("input", name="q") == '<input name="q">'
    assert link("/decisions", "all", label="every one") == '<a href="/decisions" aria-label="every one">all</a>'
    assert markup("a", None, [tag("b", "c"), 3]) == "a<b>c</b>3"


@given(st.text("a\n\t\u3000 ", max_size=40))
def test_a_text_area_holds_a_file_line_for_line_and_blank_for_blank(text: str) -> None:
    written = tag("textarea", text)
    inside = written.removeprefix("<textarea>").removesuffix("</textarea>")
    assert inside.removeprefix("\n") == text, "a parser drops the first line break"
    assert inside.startswith("\n")
