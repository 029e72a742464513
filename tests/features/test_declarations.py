"""Declarations: what is refused, where, with which advice; what a plan says of its features."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from huitong.contracts import Event
from huitong.features import OPERATIONS, FeatureEngine, FeaturePlan
from huitong.kernel import InputError, PolicyError
from tests.features.world import CONTRACTS, GRAPH, LISTS, PAYMENT, START, WINDOWS, plan_of

BY = {"by": "customer", "over": "1h"}


@pytest.mark.parametrize(
    ("declared", "en"),
    [
        ({"x": {"sun": "amount", **BY}}, "did you mean sum"),
        ({"x": {"sum": "amout", **BY}}, "did you mean amount"),
        ({"x": {"sum": "amount", "by": "custmer", "over": "1h"}}, "did you mean customer"),
        ({"x": {"sum": "amount", "by": "customer", "ovr": "1h"}}, "did you mean over"),
        ({"x": {"sum": "amount", "by": "customer"}}, "needs over"),
        ({"x": {"sum": "amount", "over": "1h"}}, "needs by"),
        ({"x": {"sum": "amount", "by": "customer", "over": "1 hour"}}, "24h"),
        ({"x": {"sum": "amount", "mean": "amount", **BY}}, "exactly one operation"),
        ({"x": {"sum": "channel", **BY}}, "takes no string"),
        ({"x": {"sum": 5, **BY}}, "name in quotes"),
        ({"x": {"rate": "amount", **BY}}, "takes no money"),
        ({"x": {"count": 1, **BY}}, "write count = true"),
        ({"x": {"distinct": "amount", **BY}}, "distinct counts keys and texts"),
        ({"x": {"distinct": "terminal", "by": "customer", "over": "ever"}}, "grow without bound"),
        ({"x": {"count": True, "events": "login.faild", **BY}}, "did you mean login.failed"),
        ({"x": {"count": True, "by": ["customer", "terminal", "account", "channel"], "over": "1h"}}, "one to three keys"),
        ({"x": {"count": True, "as": "terminal", **BY}}, "name different things"),
        ({"x": {"count": True, "where": {"channel": "onlin"}, **BY}}, "did you mean online"),
        ({"x": {"count": True, "where": {"amount": "much"}, **BY}}, "is a money, not 'much'"),
        ({"x": {"since_last": True, "by": "customer", "unit": "fortnights"}}, "unit 'fortnights' is unknown"),
        ({"x": {"field": "amount", "unit": "days"}}, "has no age"),
        ({"x": {"calendar": "houre"}}, "did you mean hour"),
        ({"x": {"list": "blocked", "of": "amount"}}, "is no text"),
        ({"x": {"ratio": ["y", "x"]}, "y": {"field": "amount"}}, "in a circle: x → x"),
        ({"x": {"ratio": ["y", "y2"]}, "y": {"product": ["x", "y2"]}, "y2": {"field": "amount"}}, "in a circle: x → y → x"),
        ({"x": {"ratio": ["y2", "amnt"]}, "y2": {"field": "amount"}, "amount": {"field": "amount"}}, "did you mean amount"),
        ({"x": {"ratio": ["amount"]}, "amount": {"field": "amount"}}, "takes two features"),
        ({"x": {"graph": "cycle", "over": "1h"}}, "did you mean cycles"),
        ({"x": {"graph": "cycles", "length": 9, "over": "1h"}}, "from 2 to 6"),
        ({"x": {"graph": "cycles", "length": 3}}, "needs a window"),
        ({"x y": {"field": "amount"}}, "a name is letters"),
        ({"x": "amount"}, "write it as"),
        ({"x": {"field": "amount", "title": {"en": "amount"}}}, "title needs zh and en"),
    ],
)
def test_a_declaration_that_cannot_mean_anything_is_refused_with_its_place_and_advice(declared: Mapping[str, object], en: str) -> None:
    with pytest.raises(PolicyError) as caught:
        FeaturePlan.load({"features": declared}, CONTRACTS, PAYMENT, "cards/features.toml")
    assert en in caught.value.message("en")
    assert "cards/features.toml, feature x" in caught.value.cause["en"]
    assert "特征 x" in caught.value.cause["zh"]


@pytest.mark.parametrize(
    ("settings", "en"),
    [
        ({"zone": "Asia/Shanghi"}, "unknown zone"),
        ({"latness": "1d"}, "did you mean lateness"),
        ({"lateness": "soon"}, "is not a duration"),
        ({"graph": {"step": 3}}, "did you mean steps"),
        ({"graph": {"steps": 0}}, "give at least 1"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings: dict[str, object], en: str) -> None:
    with pytest.raises(PolicyError, match="settings") as caught:
        FeaturePlan.load({"features": GRAPH, "settings": settings}, CONTRACTS, PAYMENT)
    assert en in caught.value.message("en")


def test_unreadable_toml_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "features.toml"
    path.write_text("[features\n", "utf-8")
    with pytest.raises(PolicyError, match=r"features\.toml: no readable TOML"):
        FeaturePlan.load(path, CONTRACTS, PAYMENT)


def test_a_file_of_one_line_is_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "features.toml"
    path.write_text('[features]\namount_sum_24h = { sum = "amount", by = "customer", over = "24h" }\n', "utf-8")
    (feature,) = FeaturePlan.load(path, CONTRACTS, PAYMENT).features
    assert (feature.name, feature.type, feature.unit, feature.column) == ("amount_sum_24h", "number", "CNY", 0)
    assert feature.title == {
        "en": "total amount, same customer, last 24 hours",
        "zh": "同一customer（中）近 24 小时amount（中）合计",
    }


def test_every_feature_has_a_title_in_both_languages_and_a_type() -> None:
    types = set()
    for feature in plan_of().features:
        assert feature.title["en"]
        assert feature.title["zh"]
        assert "{" not in feature.title["en"] + feature.title["zh"]
        types.add(feature.type)
    assert types == {"number", "boolean", "string"}


def test_the_version_follows_everything_that_can_change_a_value_and_nothing_else() -> None:
    def version(features: Mapping[str, object], **settings: object) -> str:
        return plan_of(features, **settings).version

    sum_1h = {"x": {"sum": "amount", **BY}}
    titled = {"x": {"sum": "amount", **BY, "title": {"en": "spent", "zh": "支出"}}}
    same_span = {"x": {"sum": "amount", "by": "customer", "over": "60m"}}
    assert version(sum_1h) == version(titled) == version(same_span)
    others = [{"x": {"sum": "amount", "by": "customer", "over": "2h"}}, {"y": {"sum": "amount", **BY}}, {"x": {"mean": "amount", **BY}}]
    versions = [version(sum_1h), *map(version, others), version(sum_1h, lateness="3h")]
    assert len(set(versions)) == len(versions)
    hour = {"hour": {"calendar": "hour"}}
    assert version(hour, zone="UTC") != version(hour, zone="Asia/Shanghai")


@pytest.mark.parametrize(
    "feature",
    [
        {"count": True, "by": "account", "over": "1h"},
        {"distinct": "counterparty", "by": "customer", "over": "1h"},
        {"graph": "fan_out", "of": "source", "over": "3h"},
    ],
)
def test_the_version_follows_the_space_in_which_keys_are_numbered(feature: Mapping[str, object]) -> None:
    payment = CONTRACTS[PAYMENT]
    fields = tuple(replace(spec, space="party") if spec.space == "account" else spec for spec in payment.fields)
    table = {"features": {"x": feature}, "settings": {}}
    as_it_is, renamed = (FeaturePlan.load(table, {PAYMENT: one}, PAYMENT) for one in (payment, replace(payment, fields=fields)))
    assert as_it_is.version != renamed.version, "a kept state numbers its keys by space"


def test_the_version_follows_a_condition_as_held() -> None:
    payment = CONTRACTS[PAYMENT]
    fields = tuple(replace(spec, decimals=2) if spec.name == "distance" else spec for spec in payment.fields)
    table = {"features": {"x": {"count": True, **BY, "where": {"distance": 3}}}, "settings": {}}
    metres, tens = (FeaturePlan.load(table, {PAYMENT: one}, PAYMENT) for one in (payment, replace(payment, fields=fields)))
    assert metres.version != tens.version


@pytest.mark.parametrize("bounds", [(None, None), (0, None), (0, 10**15 + 1)])
def test_a_number_that_is_added_up_is_bounded_by_its_contract(bounds: tuple[int | None, int | None]) -> None:
    payment = CONTRACTS[PAYMENT]
    fields = tuple(replace(one, minimum=bounds[0], maximum=bounds[1]) if one.name == "distance" else one for one in payment.fields)
    loose = {PAYMENT: replace(payment, fields=fields)}
    for operation in ("sum", "mean", "std", "zscore", "ratio_to_mean"):
        with pytest.raises(PolicyError, match="give it min and max in the data contract") as caught:
            FeaturePlan.load({"features": {"x": {operation: "distance", **BY}}}, loose, PAYMENT)
        assert "1000000000000" in caught.value.message("zh"), "as people write it: three decimals"
    FeaturePlan.load({"features": {"x": {"max": "distance", **BY}}}, loose, PAYMENT)


def test_a_list_that_the_plan_needs_must_be_given() -> None:
    plan = plan_of({"x": {"list": "blocked", "of": "terminal"}})
    assert plan.lists_needed == ("blocked",)
    with pytest.raises(PolicyError, match=r"lists/blocked\.csv"):
        FeatureEngine(plan)


def test_a_number_too_large_to_add_up_exactly_is_refused_and_changes_nothing() -> None:
    plan = plan_of({"sum": {"sum": "amount", "by": "customer", "over": "1h"}})
    engine = FeatureEngine(plan)
    keys = {"customer": "c"}
    with pytest.raises(InputError, match="beyond"):
        engine.update(Event("huge", PAYMENT, START, keys, {"amount": 10**15 + 1}))
    row = engine.update(Event("next", PAYMENT, START, keys, {"amount": 100}))
    assert row is not None
    assert row[0] == 1.0


def test_the_tests_use_every_operation() -> None:
    used = {word for declared in (*WINDOWS.values(), *GRAPH.values()) for word in declared if word in OPERATIONS}
    assert set(OPERATIONS) - used == {"product", "minimum"}
    assert LISTS


def test_every_example_of_the_operations_is_a_plan() -> None:

    lines = "\n".join(operation.example for operation in OPERATIONS.values())
    more = (
        'amount_sum_1h = { sum = "amount", by = "customer", over = "1h" }\nis_night = { calendar = "is_night" }\n'
        'capped = { graph = "capped" }\n'
    )
    plan = FeaturePlan.load(tomllib.loads(f"[features]\n{lines}\n{more}"), CONTRACTS, PAYMENT)
    assert len(plan.features) == len(OPERATIONS) + 3
