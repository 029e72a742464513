"""Small makers for the tests of measures."""

from collections.abc import Mapping
from pathlib import Path

from huitong.contracts import Actor, Command, DataContract, Decision, Event, Evidence, Measure, MeasureKind, Reason, Role
from huitong.kernel import time_us
from huitong.risk import disposition
from huitong.risk.disposition import Change, Ledger, MeasuresBook, Place, Scope, Settings, Subject, Wanted, read_notices, read_settings

SHIPPED = Path(disposition.__file__).parent
SETTINGS: Settings = read_settings(SHIPPED / "measures.toml", "CNY")
NOTICES = read_notices(SHIPPED / "notices.toml")
CONTRACTS = {contract.kind: contract for contract in (DataContract.load(path) for path in (SHIPPED / "contracts").glob("*.toml"))}
NOW = time_us("2026-11-26T02:00:00Z")
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ACCOUNT = Subject("account", "A1")
LI = Actor("li.wei", frozenset[Role]({"investigator"}))
WANG = Actor("wang.fang", frozenset[Role]({"approver"}))
ZHAO = Actor("zhao.min", frozenset[Role]({"analyst"}))
ROBOT = Actor("key:core", frozenset[Role]({"investigator", "approver"}), person=False)


def change(
    id_: str,
    at_us: int,
    until_us: int,
    kind: MeasureKind = "hold",
    *,
    subject: Subject = ACCOUNT,
    scope: Scope = Scope(),  # noqa: B008 -- frozen
    lifts: bool = False,
    amount_minor: int | None = None,
    event: str | None = None,
    held_minor: int | None = None,
    tells_core: bool = False,
) -> Change:
    """A change; a lifting ends at its own time."""
    return Change(
        id_,
        at_us,
        Place(subject, kind, scope),
        at_us if lifts else until_us,
        "rule.odd",
        {"zh": "异常", "en": "odd"},
        "li.wei",
        lifts=lifts,
        amount_minor=amount_minor,
        event=event,
        held_minor=held_minor,
        tells_core=tells_core,
    )


def folded(*events: Event) -> Ledger:
    """The ledger after these events."""
    book = MeasuresBook()
    state = book.blank()
    for event in events:
        book.enter(state, event)
    return state


def command(id_: str, by: Actor = LI, now_us: int = NOW) -> Command:
    return Command(id_, by, now_us)


def wanted(kind: MeasureKind = "hold", until_us: int = NOW + DAY, *, amount_minor: int | None = None, channel: str | None = None) -> Wanted:
    return Wanted(ACCOUNT, kind, until_us, "investigation", channel=channel, amount_minor=amount_minor, customer="C1")


def payment(id_: str = "P1", at_us: int = NOW, amount: int = 150_000, **keys: str) -> Event:
    named = {"customer": "C1", "account": "A1", "counterparty": "A9"} | keys
    return Event(id_, "payment.requested", at_us, named, {"amount": amount, "currency": "CNY", "channel": "transfer"})


def decision(event: Event, *measures: Measure, outcome: str = "decline", features: Mapping[str, float | None] | None = None) -> Decision:
    reason = Reason("rule.odd", {"zh": "异常", "en": "odd"}, 1.0, "rule")
    evidence = Evidence(dict(features or {}))
    return Decision(f"d-{event.id}", event.id, "small", "f" * 64, outcome, None, (reason,), evidence, measures, "full", 0)
