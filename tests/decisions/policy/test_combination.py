"""How lists, rules, tables and the model make one outcome, and what is said about it."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from huitong.ai import Missing, register
from huitong.ai import load as load_model
from huitong.contracts import Codes, Decision, Event, Float64Array
from huitong.decisions.policy import (
    TIER_WITHOUT_MODEL,
    LoadedPolicy,
    Program,
    Questions,
    decide,
    feature_text,
    load_policy,
    shown_value,
    tier_within_budget,
)
from huitong.decisions.policy.answer import Findings, answer
from huitong.kernel import Text, time_us
from tests.app.small_world import changed
from tests.decisions.policy.build import contracts, load

NOON = time_us("2025-10-01T12:00:00+08:00")
QUIET = {"amount": 50.0, "customer_count_1h": 1.0, "customer_count_7d": 1.0, "payees_24h": 1.0}


def asked(
    loaded: LoadedPolicy,
    features: dict[str, float] | None = None,
    *,
    terminal: str = "T9",
    at: int = NOON,
    tier: str = "full",
    **more: float,
) -> Decision:
    """The decision on a payment with these features; every other one is blank."""
    names = loaded.program.features
    row = np.array([{**QUIET, **(features or {}), **more}.get(name, np.nan) for name in names])
    event = Event("E1", "payment.requested", at, {"customer": "C1", "terminal": terminal}, {"amount": round(row[0] * 100)})
    return decide(loaded.program, Questions.one(event, row, {0: "transfer", 1: "card"}.get), tier=tier)


@pytest.fixture
def rules_only(folder: Path, bank: Path) -> LoadedPolicy:
    """The policy as it answers before any training."""
    return load(folder, bank, trained=False)


@pytest.mark.parametrize(
    ("features", "outcome", "codes"),
    [
        ({}, "approve", []),
        ({"amount": 20_000.0, "channel": 0}, "approve", []),
        ({"amount": 20_000.01, "channel": 0}, "review", ["rule.large_transfer"]),
        ({"amount": 20_000.01, "channel": 1}, "approve", []),
        ({"amount": 20_000.01}, "approve", []),  # the channel is blank: the rule is null, which is not true
        ({"customer_count_1h": 4.0}, "review", ["table.velocity.2"]),
        ({"customer_count_1h": 6.0}, "review", ["table.velocity.2"]),
        ({"customer_count_1h": 6.0, "amount": 100.0}, "decline", ["table.velocity.1"]),
        (
            {"customer_count_1h": 4.0, "amount": 200_001.0, "channel": 0},
            "decline",
            ["rule.huge", "rule.large_transfer", "table.velocity.2"],
        ),
    ],
)
def test_the_most_severe_word_wins_and_its_reason_comes_first(
    rules_only: LoadedPolicy, features: dict[str, float], outcome: str, codes: list[str]
) -> None:
    decision = asked(rules_only, features)
    assert (decision.outcome, [reason.code for reason in decision.reasons], decision.score) == (outcome, codes, None)


def test_a_row_gives_its_own_words_in_both_languages(rules_only: LoadedPolicy) -> None:
    decision = asked(rules_only, customer_count_1h=4.0)
    assert decision.reasons[0].text == {"zh": "一小时内第四笔", "en": "the fourth payment within an hour"}
    assert [(hit.table, hit.row, hit.outcome) for hit in decision.evidence.rules] == [("velocity", 2, "review")]


def test_a_measure_has_a_subject_a_ground_and_an_end(rules_only: LoadedPolicy) -> None:
    assert asked(rules_only, customer_count_1h=4.0).measures == ()
    (measure,) = asked(rules_only, amount=300_000.0).measures
    assert (measure.kind, measure.role, measure.subject, measure.ground) == ("hold", "customer", "C1", "rule.huge")
    assert measure.until_us == NOON + 86_400_000_000


def test_a_final_list_beats_everything_milder_or_more_severe(folder: Path, bank: Path) -> None:
    assert asked(load(folder, bank, trained=False), terminal="T000001").outcome == "decline"
    changed(folder / "policy.toml", ('outcome = "decline"\nfinal', 'outcome = "approve"\nfinal'))
    trusted = load(folder, bank, trained=False)
    decision = asked(trusted, terminal="T000001", amount=300_000.0)
    assert (decision.outcome, decision.measures) == ("approve", ())
    assert [reason.code for reason in decision.reasons] == ["list.blocked", "rule.huge"]
    assert [(hit.list, hit.value, hit.note) for hit in decision.evidence.lists] == [("blocked", "T000001", "skimmer found")]


def test_of_two_final_lists_the_more_severe_wins_and_a_list_that_is_not_final_is_one_voice_among_others(folder: Path, bank: Path) -> None:
    (folder / "second.csv").write_text("value\nT000001\nT000002\n", "utf-8")
    second = '[lists.second]\nfile = "second.csv"\nof = "terminal"\noutcome = "review"\nfinal = FINAL\n'
    second += 'reason = { zh = "可疑", en = "suspicious" }\n\n[measures.decline]'
    changed(folder / "policy.toml", ("[measures.decline]", second.replace("FINAL", "true")))
    final = load(folder, bank, trained=False)
    assert [asked(final, terminal=terminal, amount=300_000.0).outcome for terminal in ("T000001", "T000002")] == ["decline", "review"]
    changed(folder / "policy.toml", ("[lists.blocked]", "[lists.blocked]"), ('outcome = "review"\nfinal = true', 'outcome = "review"'))
    voice = load(folder, bank, trained=False)
    assert [asked(voice, terminal="T000002", amount=amount).outcome for amount in (50.0, 300_000.0)] == ["review", "decline"]
    reasons = asked(voice, terminal="T000002", amount=300_000.0).reasons
    assert [reason.code for reason in reasons] == ["rule.huge", "list.second"], "what asked for the outcome comes before what was overruled"


def test_an_entry_counts_from_its_beginning_until_before_its_end_by_the_events_own_time(folder: Path, bank: Path) -> None:
    changed(folder / "blocked.csv", ("T000001,,,", "T000001,2025-10-01T12:00:00+08:00,2025-10-02T12:00:00+08:00,"))
    loaded = load(folder, bank, trained=False)
    times = [NOON - 1, NOON, NOON + 86_400_000_000 - 1, NOON + 86_400_000_000]
    assert [asked(loaded, terminal="T000001", at=time).outcome for time in times] == ["approve", "decline", "decline", "approve"]
    column = {"terminal": Codes.of(["T000001"] * 4 + [None, "T2"])}
    hits = loaded.program.list_hits(column, np.array([*times, NOON, NOON]))
    assert hits[:, 0].tolist() == [False, True, True, False, False, False]


def with_thresholds(folder: Path, review: float, decline: float) -> None:
    changed(folder / "policy.toml", ("loss_missed = 1.0", f"loss_missed = 1.0\nreview = {review!r}\ndecline = {decline!r}"))


def test_a_score_at_its_threshold_is_above_it_and_one_step_below_is_not(folder: Path, bank: Path) -> None:
    score = asked(load(folder, bank)).score
    assert score is not None
    text = (folder / "policy.toml").read_text("utf-8")
    outcomes = []
    for review in (score, float(np.nextafter(score, 1.0))):
        (folder / "policy.toml").write_text(text, "utf-8")
        with_thresholds(folder, review, 1.0)
        decision = asked(load(folder, bank))
        assert decision.score == score
        outcomes.append(decision.outcome)
    assert outcomes == ["review", "approve"]


def test_a_model_s_reasons_are_what_raised_the_score_strongest_first(folder: Path, bank: Path) -> None:
    with_thresholds(folder, 0.0, 1.0)
    decision = asked(load(folder, bank), terminal_fraud_rate_28d=0.9, amount=900.0)
    weights = [reason.contribution for reason in decision.reasons]
    assert weights
    assert weights == sorted(weights, reverse=True)
    assert min(weights) > 0
    assert {reason.code for reason in decision.reasons} <= {f"model.{name}" for name in decision.evidence.contributions}
    evidence = decision.evidence
    assert decision.score is not None
    assert evidence.base is not None
    log_odds = evidence.base + sum(evidence.contributions.values())
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(decision.score, abs=1e-9)


def test_the_policy_s_own_sentence_is_filled_with_the_value(folder: Path, bank: Path) -> None:
    with_thresholds(folder, 0.0, 1.0)
    loaded = load(folder, bank)
    texts = [reason.text for amount in (900.0, 5_000.0, 90_000.0) for reason in asked(loaded, amount=amount).reasons]
    told = [text["en"] for text in texts if text["en"].startswith("the amount is CNY")]
    assert told
    assert all(line.removeprefix("the amount is CNY ") in ("900", "5,000", "90,000") for line in told)


def test_values_are_shown_as_people_write_them() -> None:
    values = [None, "card", 0.0, 1234567.0, 12.345, 0.001234, float("inf"), -3.0, 1e18]
    assert [shown_value(value) for value in values] == [
        "-", "card", "0", "1,234,567", "12.35", "0.00123", "inf", "-3", "1,000,000,000,000,000,000.00",
    ]  # fmt: skip


def test_how_long_ago_is_told_in_the_unit_that_people_would_take() -> None:
    template: Text = {"en": "first used {ago}", "zh": "客户{ago}首次使用"}
    title: Text = {"en": "hours", "zh": "小时数"}
    told = [feature_text(template, title, hours, "hours") for hours in (0.2526, 0.0, 100.0, 1.0)]
    assert [text["en"] for text in told] == [
        "first used 15.2 minutes ago", "first used just now", "first used 4.17 days ago", "first used 1 hour ago",
    ]  # fmt: skip
    assert [text["zh"] for text in told[:2]] == ["客户 15.2 分钟前首次使用", "客户刚刚首次使用"]


def test_a_share_is_told_in_per_cent() -> None:
    words: Text = {"en": "{share}", "zh": "占 {share}"}
    assert [feature_text(words, words, value)["zh"] for value in (0.2, 1, None)] == ["占 20.0\u202f%", "占 100.0\u202f%", "占 -"]


def test_a_blank_that_raised_the_score_is_told_in_the_policy_s_own_words(folder: Path, bank: Path) -> None:
    sentence = 'device_hours = { zh = "支付未提供设备", en = "the payment names no device" }'
    changed(folder / "policy.toml", ("[model.reasons]\n", f"[model.missing_reasons]\n{sentence}\n\n[model.reasons]\n"))
    program = load(folder, bank).program
    event = Event("E1", "payment.requested", NOON, {"customer": "C1"}, {"amount": 5_000})
    contributions = {"device_hours": 1.0, "payees_24h": 0.5}
    found = Findings("review", (), 0.5, "review", dict.fromkeys(contributions), contributions, -1.0, (), (), {})
    told = answer(event, program.settings, program.version, found, program.titles, program.units).reasons
    assert [reason.code for reason in told] == ["model.device_hours", "model.payees_24h"]
    assert told[0].text == {"zh": "支付未提供设备", "en": "the payment names no device"}
    assert told[1].text["en"] == f"{program.titles['payees_24h']['en']} is not known"


def requiring(folder: Path, bank: Path, models: Path, name: str) -> LoadedPolicy:
    """The trained policy with one feature of its model declared required."""
    trained = folder / "trained.toml"
    old = trained.read_text("utf-8").split('reference = "')[1].split('"')[0]
    ensemble = load_model(next(path for path in (bank / "models").iterdir() if path.stem == old))
    features = tuple(replace(one, missing=Missing.REQUIRED, fill=None) if one.name == name else one for one in ensemble.features)
    new = register(replace(ensemble, features=features), models).stem
    changed(trained, (old, new))
    changed(folder / "policy.toml", ("default = { imputed = -1 }", f'default = {{ imputed = -1 }}, {name} = "required"'))
    return load_policy(folder, contracts(), models, bank / "cache")


def test_leaving_a_required_field_blank_is_never_milder_than_a_look(folder: Path, bank: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    loaded = requiring(folder, bank, models, "device_hours")
    full, blank = asked(loaded, device_hours=5_000.0), asked(loaded)
    assert (full.outcome, full.score is None) == ("approve", False)
    assert (blank.outcome, blank.score) == ("review", None)
    assert blank.reasons[0].code == "model.required_blank"
    title = loaded.program.titles["device_hours"]
    assert blank.reasons[0].text["en"] == f"the model needs values that are missing: {title['en']}"
    assert title["zh"] in blank.reasons[0].text["zh"]
    assert asked(loaded, amount=300_000.0).outcome == "decline", "a blank does not soften what a rule says"


COMBINE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="c" name="combine" namespace="http://huitong">
  <decision id="combine" name="combine">
    <decisionTable id="ct" hitPolicy="FIRST">
      <input id="l"><inputExpression id="le" typeRef="string"><text>lists</text></inputExpression></input>
      <input id="r"><inputExpression id="re" typeRef="string"><text>rules</text></inputExpression></input>
      <input id="m"><inputExpression id="me" typeRef="string"><text>model</text></inputExpression></input>
      <input id="s"><inputExpression id="se" typeRef="number"><text>score</text></inputExpression></input>
      <output id="o" name="outcome" typeRef="string"/>
      ROWS
    </decisionTable>
  </decision>
</definitions>
"""
ROWS = [
    ("-", '"review"', '"review"', "-", '"decline"'),  # two who doubt are one who is sure
    ("null", '"review"', "-", "-", '"approve"'),  # a rule alone is not enough where no list speaks
    ("-", "-", '"decline"', "&lt; 0.5", '"review"'),
]


def combining(folder: Path) -> None:
    """Lets a table combine what the stages ask for."""
    rows = ""
    for number, (*cells, output) in enumerate(ROWS):
        inputs = "".join(f'<inputEntry id="i{number}{place}"><text>{cell}</text></inputEntry>' for place, cell in enumerate(cells))
        rows += f'<rule id="row{number}">{inputs}<outputEntry id="o{number}"><text>{output}</text></outputEntry></rule>'
    (folder / "combine.dmn").write_text(COMBINE.replace("ROWS", rows), "utf-8")
    table = '[tables.combine]\nfile = "combine.dmn"\nreason = { zh = "合并", en = "combined" }\n\n[order]\ncombine = "combine"\n\n'
    changed(folder / "policy.toml", ("[measures.decline]", table + "[measures.decline]"))
    text = (folder / "velocity.dmn").read_text("utf-8")
    (folder / "velocity.dmn").write_text(text.replace('<text>"approve"</text>', "<text>null</text>"), "utf-8")


@pytest.mark.parametrize(
    ("thresholds", "features", "outcome"),
    [
        ((0.0, 1.0), {"customer_count_1h": 4.0}, "decline"),
        ((0.9, 1.0), {"customer_count_1h": 4.0}, "approve"),
        ((0.0, 0.0), {}, "review"),
        ((0.0, 1.0), {}, "review"),  # no row speaks: the most severe word
        ((0.9, 1.0), {"amount": 300_000.0}, "decline"),
        ((0.9, 1.0), {}, "approve"),
    ],
)
def test_a_table_combines_what_the_stages_ask_for(
    folder: Path, bank: Path, thresholds: tuple[float, float], features: dict[str, float], outcome: str
) -> None:
    combining(folder)
    with_thresholds(folder, *thresholds)
    loaded = load(folder, bank)
    assert asked(loaded, features).outcome == outcome
    assert asked(loaded, features, terminal="T000001").outcome == "decline", "a final list is asked before the table"


DEFAULT = '<output id="o1" name="outcome" typeRef="string"><defaultOutputEntry><text>"review"</text></defaultOutputEntry></output>'


@pytest.mark.parametrize("hit_policy", ["FIRST", "RULE ORDER"])
def test_a_default_outcome_is_given_with_its_reason(folder: Path, bank: Path, hit_policy: str) -> None:
    changed(
        folder / "velocity.dmn",
        ('<output id="o1" name="outcome" typeRef="string"/>', DEFAULT),
        ('hitPolicy="FIRST"', f'hitPolicy="{hit_policy}"'),
        ('<inputEntry id="c31"><text>-<', '<inputEntry id="c31"><text>&gt;= 2<'),
    )
    loaded = load(folder, bank, trained=False)
    by_default, by_row = asked(loaded), asked(loaded, customer_count_1h=2.0)
    assert (by_default.outcome, by_row.outcome, by_row.reasons) == ("review", "approve", ())
    assert [(reason.code, reason.text["en"]) for reason in by_default.reasons] == [
        ("table.velocity.default", "too many payments in a short time")
    ]
    assert by_default.evidence.rules == ()


def test_rows_that_contradict_each_other_ask_for_a_look_and_say_so(folder: Path, bank: Path) -> None:
    """The cell is computed, so that it is not known at load whether the rows meet."""
    changed(
        folder / "velocity.dmn",
        ('hitPolicy="FIRST"', 'hitPolicy="ANY"'),
        ('<inputEntry id="c11"><text>&gt;= 6<', '<inputEntry id="c11"><text>&gt; payees_24h + 4<'),
        ('<inputEntry id="c31"><text>-<', '<inputEntry id="c31"><text>&lt; 4<'),
    )
    loaded = load(folder, bank, trained=False)
    decision = asked(loaded, customer_count_1h=6.0, amount=100.0)
    assert decision.outcome == "review"
    assert [reason.code for reason in decision.reasons] == ["table.velocity.conflict"]
    assert decision.reasons[0].text["zh"] == "决策表“velocity”中的行互相矛盾"
    assert asked(loaded, customer_count_1h=6.0).outcome == "review"
    assert asked(loaded, customer_count_1h=6.0, amount=300_000.0).outcome == "decline"


def test_two_texts_that_no_rule_names_are_compared_as_texts(folder: Path, bank: Path) -> None:
    changed(folder / "features.toml", ("is_night =", 'country = { field = "country" }\nis_night ='))
    changed(folder / "policy.toml", ('when = "amount > 200000"', 'when = "amount > 200000 and channel != country"'))
    program = load(folder, bank, trained=False).program
    rows = np.array(
        [
            [{"amount": 300_000.0, "channel": 7.0, "country": country}.get(name, np.nan) for name in program.features]
            for country in (7.0, 8.0)
        ]
    )
    answers = program.answers(rows, np.zeros((2, 1), np.bool_), {7: "Kashgar", 8: "Sanya"}.get)
    assert [program.settings.outcomes[severity] for severity in answers.outcome] == ["approve", "decline"]


def test_a_combining_table_compares_words_that_it_does_not_name_and_is_no_softer_than_the_stages(folder: Path, bank: Path) -> None:
    combining(folder)
    text = (folder / "combine.dmn").read_text("utf-8").replace('hitPolicy="FIRST"', 'hitPolicy="ANY"')
    rows = [("lists = rules", '"approve"'), ('"decline"', "null")]
    text = re.sub(r"<rule .*</rule>", "ROWS", text, flags=re.DOTALL)
    written = ""
    for number, (cell, output) in enumerate(rows):
        inputs = "".join(
            f'<inputEntry id="i{number}{place}"><text>{word}</text></inputEntry>' for place, word in enumerate((cell, "-", "-", "-"))
        )
        written += f'<rule id="row{number}">{inputs}<outputEntry id="o{number}"><text>{output}</text></outputEntry></rule>'
    (folder / "combine.dmn").write_text(text.replace("ROWS", written), "utf-8")
    changed(folder / "policy.toml", ("final = true\n", ""))
    loaded = load(folder, bank, trained=False)
    assert asked(loaded, terminal="T000001", amount=300_000.0).outcome == "decline", "two rows hit, and contradict each other"
    text = (folder / "policy.toml").read_text("utf-8").replace('outcome = "decline"', 'outcome = "block"')
    (folder / "policy.toml").write_text(text.replace('"decline"]', '"decline", "block"]'), "utf-8")
    assert asked(load(folder, bank, trained=False), terminal="T000001", amount=300_000.0).outcome == "approve", "no cell names block"


def test_a_stage_that_is_not_in_the_order_is_silent(folder: Path, bank: Path) -> None:
    changed(folder / "policy.toml", ("[measures.decline]", '[order]\nstages = ["model"]\n\n[measures.decline]'))
    with_thresholds(folder, 0.0, 1.0)
    decision = asked(load(folder, bank), terminal="T000001", amount=300_000.0)
    assert decision.outcome == "review"
    assert {reason.source for reason in decision.reasons} <= {"model"}
    assert (decision.evidence.rules, decision.evidence.lists) == ((), ())


def test_without_time_for_the_model_the_rest_still_answers_and_the_tier_says_so(folder: Path, bank: Path) -> None:
    with_thresholds(folder, 0.0, 1.0)
    changed(folder / "policy.toml", ("[measures.decline]", "[budget_us]\ntotal = 1000\nmodel = 300\n\n[measures.decline]"))
    loaded = load(folder, bank)
    assert [tier_within_budget(loaded.program, elapsed) for elapsed in (0, 700, 700.5, 5_000)] == [
        "full", "full", TIER_WITHOUT_MODEL, TIER_WITHOUT_MODEL,
    ]  # fmt: skip
    full, hurried = asked(loaded), asked(loaded, tier=TIER_WITHOUT_MODEL)
    assert (full.outcome, full.tier) == ("review", "full")
    assert (hurried.outcome, hurried.score, hurried.tier) == ("approve", None, TIER_WITHOUT_MODEL)
    assert asked(loaded, tier=TIER_WITHOUT_MODEL, terminal="T000001").outcome == "decline"
    assert asked(loaded, tier=TIER_WITHOUT_MODEL, amount=300_000.0).outcome == "decline"


def test_many_rows_get_the_answers_that_each_gets_alone(folder: Path, bank: Path) -> None:
    program = load(folder, bank).program
    rows = random_rows(program, 500)
    hits = np.random.default_rng(5).random((500, 1)) < 0.1
    together = program.answers(rows, hits, {0: "transfer", 1: "card"}.get, threads=2)
    for place in range(0, 500, 7):
        alone = program.answers(rows[place : place + 1], hits[place : place + 1], {0: "transfer", 1: "card"}.get)
        assert alone.outcome[0] == together.outcome[place]
        assert alone.score.view(np.int64)[0] == together.score.view(np.int64)[place]
        assert (alone.rules[0] == together.rules[place]).all()
        assert (alone.tables[0] == together.tables[place]).all()
    assert len(set(together.outcome.tolist())) == 3


def random_rows(program: Program, count: int) -> Float64Array:
    random = np.random.default_rng(3)
    rows = np.round(np.exp(random.normal(2.0, 3.0, (count, len(program.features))))).astype(np.float64)
    rows[:, program.features.index("channel")] = random.integers(0, 2, count)
    rows[random.random(rows.shape) < 0.2] = np.nan
    return rows
