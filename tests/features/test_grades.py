"""The grade of a feature is that of the strongest field behind it, by whatever way."""

import pytest

from huitong.contracts import DataContract
from huitong.features import feature_grades

TITLE = {"en": "x", "zh": "某"}


def contract(kind: str, **fields: tuple[str, int, str | None]) -> DataContract:
    return DataContract.of_table(
        {
            "kind": kind,
            "version": 1,
            "title": TITLE,
            "currency": "CNY",
            "fields": {
                name: {"type": type_, "title": TITLE, "grade": grade, **({"key": key} if key else {})}
                for name, (type_, grade, key) in fields.items()
            },
        },
        kind,
    )


CONTRACTS = {
    one.kind: one
    for one in (
        contract(
            "payment",
            amount=("money", 3, None),
            country=("string", 2, None),
            mood=("number", 4, None),
            terminal=("string", 1, "terminal"),
            account=("string", 3, "account"),
            counterparty=("string", 4, "counterparty"),
        ),
        contract("label", terminal=("string", 1, "terminal"), fraud=("boolean", 4, None), sure=("string", 2, None)),
        contract("terminal.profile", terminal=("string", 1, "terminal"), owner=("string", 5, None)),
    )
}


@pytest.mark.parametrize(
    ("declaration", "grade"),
    [
        ({"calendar": "is_night"}, 1),
        ({"field": "country"}, 2),
        ({"list": "blocked", "of": "country"}, 2),
        ({"count": True, "by": "terminal", "over": "1h"}, 1),
        ({"count": True, "by": "account", "over": "1h"}, 3),
        ({"sum": "amount", "by": "terminal", "over": "1h"}, 3),
        ({"distinct": "counterparty", "by": "terminal", "over": "1h"}, 4),
        ({"count": True, "by": "terminal", "over": "1h", "where": {"mood": 1}}, 4),
        ({"rate": "fraud", "events": "label", "by": "terminal", "over": "1h"}, 4),
        ({"count": True, "events": "label", "by": "terminal", "over": "1h", "where": {"sure": "yes"}}, 2),
        ({"count": True, "by": "account", "as": "counterparty", "over": "1h"}, 4),
        ({"first_seen": True, "by": ["terminal", "account"]}, 3),
        ({"profile": "owner", "by": "terminal"}, 5),
        ({"graph": "cycle_length", "over": "1h"}, 4),
        ({"ratio": ["plain", "secret"]}, 4),
        ({"field": "nowhere"}, 5),
        ({"ratio": ["plain", "gone"]}, 5),
    ],
)
def test_a_feature_is_graded_by_its_strongest_source(declaration: dict[str, object], grade: int) -> None:
    declared = {"asked": declaration, "plain": {"field": "country"}, "secret": {"field": "mood"}}
    assert feature_grades({"features": declared}, CONTRACTS, "payment")["asked"] == grade


def test_the_ends_of_a_graph_are_those_that_its_settings_name() -> None:
    settings = {"graph": {"source": "terminal", "target": "terminal", "amount": "country"}}
    found = feature_grades({"features": {"ring": {"graph": "cycle_length", "over": "1h"}}, "settings": settings}, CONTRACTS, "payment")
    assert found == {"ring": 2}
