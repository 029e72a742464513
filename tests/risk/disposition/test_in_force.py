"""Measures in force act on payments: the strongest decides, weaker ones are told, what is over or lifted does nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from huitong.app.deciding import decided
from huitong.contracts import DataContract, Decision, Event, FieldSpec, MeasureKind, Reason, main_reason
from huitong.decisions.policy import LoadedPolicy, load_policy
from huitong.features import FeatureEngine
from huitong.kernel import PolicyError, Text
from huitong.operations.cases import DeskSettings, raised_by
from huitong.risk import transactions
from huitong.risk.disposition import Subject, consequence_of, event_of
from tests.risk.disposition.build import ACCOUNT, CONTRACTS, DAY, HOUR, NOW, SETTINGS, change

FEATURES = '[settings]\nzone = "Asia/Shanghai"\n\n[features]\namount = { field = "amount" }\n'
POLICY = """
[policy]
name = "acting"
title = { zh = "措施生效的策略", en = "A policy on which measures act" }
owner = "tests"
decides = "payment.requested"
currency = "CNY"
outcomes = ["approve", "review", "decline"]

[in_force]
roles = ["customer", "account"]
freeze = "decline"
hold = "decline"
limit = "decline"
step_up = ""
watch = ""

[[rules]]
id = "large"
when = "amount > 5000"
outcome = "decline"
reason = { zh = "大额支付", en = "a large payment" }

[measures.decline]
kind = "hold"
role = "customer"
for = "1d"
"""

VELOCITY = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="d" namespace="https://huitong.example">
  <decision id="velocity" name="velocity"><decisionTable id="t" hitPolicy="FIRST">
    <input id="i" label="amount"><inputExpression id="e" typeRef="number"><text>amount</text></inputExpression></input>
    <output id="o" name="outcome" typeRef="string"><outputValues id="v"><text>"approve","review"</text></outputValues></output>
    <rule id="r1"><inputEntry id="a"><text>&gt; 7000</text></inputEntry><outputEntry id="b"><text>"review"</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="c"><text>&gt; 6000</text></inputEntry><outputEntry id="f"><text>"review"</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>
"""


def load(
    folder: Path,
    policy: str = POLICY,
    files: Mapping[str, str] | None = None,
    name: str = "acting",
    lacking: str | None = None,
    keyed: str | None = None,
) -> LoadedPolicy:
    """The policy; with more files, under another name, or where payments lack a field, or a field is a key."""
    inside = folder / name
    inside.mkdir(parents=True, exist_ok=True)
    (inside / "policy.toml").write_text(policy, "utf-8")
    for file, text in {"features.toml": FEATURES, **(files or {})}.items():
        (inside / file).write_text(text, "utf-8")
    known = [DataContract.load(path) for path in transactions.shipped()["contracts"]]
    known = [replace(one, fields=tuple(_keyed(field, keyed) for field in one.fields if field.name != lacking)) for one in known]
    contracts = {contract.kind: contract for contract in known} | CONTRACTS
    return load_policy(inside, contracts, folder / "models", folder / "cache")


def _keyed(field: FieldSpec, name: str | None) -> FieldSpec:
    return replace(field, key=name) if field.name == name else field


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> LoadedPolicy:
    return load(tmp_path_factory.mktemp("acting"))


def pay(policy: LoadedPolicy, before: Sequence[Event], at_us: int, amount: int = 10_000) -> Decision:
    engine = FeatureEngine(policy.plan)
    for event in before:
        engine.update(event)
    keys = {"customer": "C1", "account": "A1"}
    return decided(policy, engine, Event("P", "payment.requested", at_us, keys, {"amount": amount, "currency": "CNY"}))


def imposed(kind: MeasureKind, at_us: int = NOW, until_us: int = NOW + DAY, **more: object) -> Event:
    return event_of(change(f"{kind}@{at_us}", at_us, until_us, kind, subject=ACCOUNT, **more))  # type: ignore[arg-type]  # as change


@pytest.mark.parametrize(("kind", "outcome"), [("freeze", "decline"), ("hold", "decline"), ("step_up", "approve"), ("watch", "approve")])
def test_a_measure_acts_from_its_moment_until_its_end_or_its_lifting(policy: LoadedPolicy, kind: MeasureKind, outcome: str) -> None:
    event = imposed(kind)
    assert pay(policy, [event], NOW).outcome == outcome
    (reason,) = pay(policy, [event], NOW + DAY - 1).reasons
    assert (reason.code, reason.source) == (f"measure.{kind}.account", "measure")
    assert pay(policy, [event], NOW + DAY).reasons == ()
    lifted = event_of(change("l", NOW + HOUR, 0, kind, subject=ACCOUNT, lifts=True))
    assert pay(policy, [event, lifted], NOW + HOUR).reasons == ()


def test_the_reason_says_what_since_when_until_when_and_on_which_ground(policy: LoadedPolicy) -> None:
    (reason,) = pay(policy, [imposed("freeze")], NOW + HOUR).reasons
    assert reason.text == {
        "en": "the paying account is frozen (since 2026-11-26 10:00, until 2026-11-27 10:00; ground rule.odd)",
        "zh": "付款账户已被冻结（2026-11-26 10:00 起，至 2026-11-27 10:00；依据 rule.odd）",
    }


@pytest.mark.parametrize(
    ("ground", "said"),
    [
        ("rule.large", {"en": "ground: a large payment", "zh": "依据：大额支付"}),
        ("list.lost_cards", {"en": "ground: the card was reported lost", "zh": "依据：该卡已挂失"}),
        ("table.velocity.2", {"en": "ground: too many payments", "zh": "依据：支付过于频繁"}),
        ("table.velocity.default", {"en": "ground: too many payments", "zh": "依据：支付过于频繁"}),
        ("table.velocity.7", {"en": "ground table.velocity.7", "zh": "依据 table.velocity.7"}),
        ("table.velocity.x", {"en": "ground table.velocity.x", "zh": "依据 table.velocity.x"}),
        ("model.amount", {"en": "ground: amount", "zh": "依据：金额"}),
        ("court_order", {"en": "ground: an authority ordered it", "zh": "依据：有权机关要求"}),
        ("mistaken", {"en": "ground mistaken", "zh": "依据 mistaken"}),
    ],
)
def test_a_ground_is_told_by_its_name_where_the_policy_knows_one(tmp_path: Path, ground: str, said: Text) -> None:
    named = """
[in_force.grounds]
court_order = { zh = "有权机关要求", en = "an authority ordered it" }

[lists.lost_cards]
file = "lost_cards.csv"
of = "card"
outcome = "decline"
reason = { zh = "该卡已挂失", en = "the card was reported lost" }

[tables.velocity]
file = "velocity.dmn"
reason = { zh = "支付过于频繁", en = "too many payments" }
"""
    policy = load(tmp_path, POLICY + named, {"lost_cards.csv": "value,note\nK1,lost\n", "velocity.dmn": VELOCITY})
    done = event_of(replace(change("m", NOW, NOW + DAY, "watch", subject=ACCOUNT), ground=ground))
    (reason,) = pay(policy, [done], NOW).reasons
    assert {language: reason.text[language].partition("; " if language == "en" else "；")[2][:-1] for language in ("en", "zh")} == said


def test_the_strongest_comes_first_and_each_is_told(policy: LoadedPolicy) -> None:
    customer = event_of(change("w", NOW, NOW + DAY, "watch", subject=Subject("customer", "C1")))
    done = pay(policy, [imposed("hold"), imposed("freeze"), customer], NOW + HOUR)
    assert [one.code for one in done.reasons] == ["measure.freeze.account", "measure.hold.account", "measure.watch.customer"]


def test_a_limit_is_how_much_may_be_paid_within_a_day(policy: LoadedPolicy) -> None:
    limit = imposed("limit", amount_minor=50_000)
    log, outcomes = [limit], []
    for hour in range(7):
        done = pay(policy, log, NOW + hour * HOUR)
        payment = Event(f"P{hour}", "payment.requested", NOW + hour * HOUR, {"customer": "C1", "account": "A1"}, {"amount": 10_000})
        log += consequence_of(SETTINGS)(payment, done)
        outcomes.append(done.outcome)
    assert outcomes == ["approve"] * 5 + ["decline"] * 2
    assert pay(policy, [imposed("limit", until_us=NOW + 3 * DAY, amount_minor=50_000), *log[1:]], NOW + DAY + HOUR).outcome == "approve"


def test_what_a_measure_stopped_imposes_nothing_and_raises_no_alert_but_what_a_rule_asks_for_does(policy: LoadedPolicy) -> None:
    stopped = pay(policy, [imposed("freeze")], NOW)
    event = Event("P", "payment.requested", NOW, {"customer": "C1", "account": "A1"}, {"amount": 10_000})
    assert stopped.measures == ()
    assert raised_by(DeskSettings())(event, stopped) == []
    both = pay(policy, [imposed("freeze")], NOW, 600_000)
    assert [one.code for one in both.reasons] == ["rule.large", "measure.freeze.account"]
    assert [(one.kind, one.ground) for one in both.measures] == [("hold", "rule.large")]
    assert len(raised_by(DeskSettings())(event, both)) == 1


def test_a_step_up_is_told_to_whoever_asks_and_is_not_imposed_again(policy: LoadedPolicy) -> None:
    done = pay(policy, [imposed("step_up")], NOW + HOUR)
    (measure,) = done.measures
    assert (measure.kind, measure.role, measure.subject, measure.until_us) == ("step_up", "account", "A1", NOW + DAY)
    event = Event("P", "payment.requested", NOW + HOUR, {"customer": "C1", "account": "A1"}, {"amount": 10_000})
    assert list(consequence_of(SETTINGS)(event, done)) == []


def test_a_payment_that_its_score_holds_up_raises_an_alert_also_where_a_measure_is_told_of(policy: LoadedPolicy) -> None:
    told = pay(policy, [imposed("step_up")], NOW + HOUR)
    assert main_reason(told.reasons) is None, "a measure that is only told asked for nothing"
    share = Reason("model.amount", {"en": "amount: 100", "zh": "金额：100"}, 1.2, "model")
    scored = replace(told, outcome="review", score=0.4, reasons=(*told.reasons, share))
    event = Event("P", "payment.requested", NOW + HOUR, {"customer": "C1", "account": "A1"}, {"amount": 10_000})
    (alert,) = raised_by(DeskSettings())(event, scored)
    assert alert.data["pattern"] == "model.amount"


def test_evidence_names_measures_only_where_one_is_in_force(policy: LoadedPolicy) -> None:
    assert set(pay(policy, [], NOW).evidence.features) == {"amount"}
    found = pay(policy, [imposed("freeze")], NOW + HOUR).evidence.features
    assert found == {"amount": 100.0, "account_freeze_left": 23.0, "account_freeze_ground": "rule.odd", "account_freeze_since": 1.0}


@pytest.mark.parametrize("setting", ['roles = ["wallet"]', 'roles = ["customer", "customer"]', 'roles = ["customer"]\nfreeze = "no"', ""])
def test_what_a_policy_cannot_mean_is_refused(tmp_path: Path, setting: str) -> None:
    head, _, rest = POLICY.partition('roles = ["customer", "account"]')
    tail = rest.partition('watch = ""')[2]
    with pytest.raises(PolicyError):
        load(tmp_path, f"{head}{setting or 'roles = []'}{tail}")
