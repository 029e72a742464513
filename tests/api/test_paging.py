"""Pages of what changes: each goes on behind the last of the page before, though that has left meanwhile."""

import pytest

from huitong.api.work.reading import Order, page_of
from huitong.kernel import InputError


def order(known: dict[str, int], *, falling: bool) -> Order[tuple[str, int]]:
    def named(id_: str) -> tuple[str, int]:
        if id_ not in known:
            raise InputError("thing.unknown", {"en": "gone", "zh": "已无"}, {"en": "-", "zh": "-"})
        return id_, known[id_]

    return Order(lambda one: one[0], lambda one: (one[1], one[0]), named, falling)


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("gone", [(), ("c",), ("b", "c"), ("a", "b", "c"), ("c", "d"), ("a", "b", "c", "d", "e")])
def test_a_page_goes_on_behind_what_has_left(falling: bool, gone: tuple[str, ...]) -> None:
    known = {"a": 1, "b": 2, "c": 3, "d": 3, "e": 5}
    if falling:
        known = {id_: -place for id_, place in known.items()} | {"c": -2, "d": -3}
    asked = order(known, falling=falling)
    page, after = page_of(known.items(), None, 3, asked)
    assert [one for one, _ in page] == ["a", "c", "b"] if falling else ["a", "b", "c"]
    seen, left = {one for one, _ in page}, [one for one in known.items() if one[0] not in gone]
    page, last = page_of(left, after, 3, asked)
    assert [one for one, _ in page] == [one for one in ("d", "e") if one not in gone and one not in seen]
    assert last is None


def test_a_cursor_of_what_nobody_remembers_is_refused() -> None:
    known = {"a": 1, "b": 2}
    asked = order(known, falling=False)
    _, after = page_of(known.items(), None, 1, asked)
    del known["a"]
    for cursor in (after, "%%", "AAAA", "ä"):
        with pytest.raises(InputError, match="names nothing"):
            page_of(known.items(), cursor, 1, asked)
