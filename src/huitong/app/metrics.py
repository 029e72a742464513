"""The figures of a served bank for Prometheus: counters since its start, and how its books stand when it is asked.

Labels are policies, versions, outcomes, tiers, stages, routes and codes: words of the house's own, never anything of a person.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from huitong.api.meter import RequestMeter
from huitong.app.bank import Bank
from huitong.app.beside import Beside
from huitong.app.rounds import Part
from huitong.app.starts import started
from huitong.contracts import Health
from huitong.decisions.rollout import Rollouts, Tally
from huitong.kernel.histogram import Histogram
from huitong.operations.cases import Desk, DeskSettings
from huitong.operations.cases import figures as desk_figures
from huitong.operations.webhooks import Subscription, Webhooks
from huitong.risk.disposition import KINDS, Ledger, in_force, state_of


class Metrics:
    """The figures.

    Args:
        bank: The bank.
        policy: What decides where a caller names no policy.
        requests: What was asked over HTTP.
        parts: What goes on by itself.
    """

    def __init__(self, bank: Bank, policy: str, requests: RequestMeter, parts: Sequence[Part]) -> None:
        self._bank, self._policy, self._requests, self._parts = bank, policy, requests, parts
        self._books = Beside(lambda: list(self._of_books()))
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def text(self, health: Health, until_s: float = float("inf")) -> bytes:
        """All figures, in the text form that Prometheus scrapes; without those of the books where these do not answer by then.

        Args:
            health: How the bank is.
            until_s: How long whoever asks can wait, on the monotonic clock.
        """
        registry = CollectorRegistry()
        registry.register(_Families(lambda: self._families(health, until_s)))
        return generate_latest(registry) + generate_latest(self._process)

    def _families(self, health: Health, until_s: float) -> Iterator[Metric]:
        yield from self._of_decisions()
        yield from self._of_queue()
        yield from self._of_requests()
        yield _gauge("huitong_log_records", "Records in the log.", [({}, health.log_end)])
        yield _gauge("huitong_started_seconds", "Since when the bank is served, Unix time.", [({}, health.started_us / 1e6)])
        found = dict.fromkeys((one.code, one.severity.value) for one in health.findings)
        yield _gauge("huitong_health", "What is wrong: see /v1/health.", [({"code": code, "severity": much}, 1) for code, much in found])
        yield from self._of_parts()
        if health.log_end >= 0:  # else the log does not answer, and these ask it
            yield from self._books.ask(until_s) or ()

    def _of_books(self) -> Iterator[Metric]:
        bank, now_us, end = self._bank, self._bank.clock.now_us(), self._bank.log.end()
        yield from bank.books.desk.ask(lambda desk: _of_desk(desk, bank.desk_settings, now_us))
        yield from bank.measures.ask(lambda ledger: _of_measures(ledger, now_us))
        yield from bank.books.rollouts.ask(_of_rollouts)
        yield from bank.books.webhooks.ask(lambda state: _of_webhooks(state, end))
        yield from self._of_challengers()

    def _of_decisions(self) -> Iterator[Metric]:
        meter = self._bank.lives.meter
        names = ("policy", "version", "outcome", "tier")
        counts = [(dict(zip(names, one, strict=True)), count) for one, count in meter.counts().items()]
        yield _counter("huitong_decisions", "New decisions since the start.", counts)
        yield _histogram("huitong_decision_seconds", "From the call until it was decided.", "policy", meter.deciding)
        yield _histogram("huitong_answer_seconds", "From the call until decision and event were durable.", "policy", meter.answering)
        yield _histogram("huitong_group_decisions", "Decisions that shared a commit.", None, {"": meter.groups})
        yield _histogram("huitong_append_seconds", "From a group's hand-over to the log until it was durable.", None, {"": meter.appending})
        yield _counter("huitong_failed_groups", "Groups that did not reach the disk.", [({}, meter.failures)])

    def _of_queue(self) -> Iterator[Metric]:
        known, labels = started(self._bank, self._policy), {"policy": self._policy}
        if known is None:  # nothing waits at what is not started
            return
        decider = known.live.decider
        yield _gauge("huitong_waiting_calls", "Calls that wait for their turn.", [(labels, decider.waiting)])
        yield _gauge("huitong_waiting_calls_max", "Calls beyond which the next is turned away.", [(labels, decider.bounds.waiting_max)])
        yield _gauge("huitong_waiting_seconds", "How long the oldest of them has waited.", [(labels, decider.oldest_ns / 1e9)])

    def _of_requests(self) -> Iterator[Metric]:
        answered, errors = self._requests.counts()
        names = ("method", "route", "status")
        counts = [(dict(zip(names, map(str, one), strict=True)), count) for one, count in answered.items()]
        yield _counter("huitong_requests", "Requests over HTTP since the start.", counts)
        yield _histogram("huitong_request_seconds", "How long they took.", "route", self._requests.seconds)
        yield _counter("huitong_errors", "Refusals over HTTP, by code.", [({"code": code}, count) for code, count in errors.items()])

    def _of_challengers(self) -> Iterator[Metric]:
        """What the stop rules look at."""
        rows: dict[str, list[tuple[dict[str, str], float]]] = {name: [] for name in ("decided", "declined", "alerts", "complaints", "slow")}
        for policy in self._bank.policies:
            watch = self._bank.rollouts.watched(policy)
            counts = None if watch is None else watch.counts
            for arm, tally in () if counts is None else (("live", counts.live), ("challenger", counts.challenger)):
                for name, count in _tallied(tally).items():
                    rows[name].append(({"policy": policy, "arm": arm}, count))
        for name, found in rows.items():
            yield _gauge(f"huitong_rollout_{name}", f"Since the challenger's stage began: {name}; what its stop rules look at.", found)

    def _of_parts(self) -> Iterator[Metric]:
        for name, text in _PART_COUNTS.items():
            counts = [({"part": one.name}, one.counts()[name]) for one in self._parts if name in one.counts()]
            yield _counter(f"huitong_{name}", text, counts)
        troubled = [({"part": one.name}, float(one.error is not None)) for one in self._parts]
        yield _gauge("huitong_part_troubled", "Whether a part of the service is in trouble: see /v1/health.", troubled)


DECIDES = frozenset({"shadow", "canary", "live"})
"""Stages of versions that run."""
_PART_COUNTS = {
    "rounds": "Rounds that a part went through.",
    "failed_rounds": "Rounds that it could not go through.",
    "sealed": "Records of the log that were sealed.",
    "taken": "Events that were taken from the stream.",
    "dead": "Events of the stream that could not be taken.",
    "published": "Decisions that the stream has taken.",
    "delivered": "Webhook messages that their receivers took.",
    "failed_deliveries": "Tries of webhook messages that failed.",
}


class _Families:
    """A collector over families that are made when they are asked for."""

    def __init__(self, families: Callable[[], Iterable[Metric]]) -> None:
        self._families = families

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        return self._families()


def _tallied(tally: Tally) -> Mapping[str, int]:
    return {
        "decided": tally.decided,
        "declined": tally.declined,
        "alerts": tally.alerts,
        "complaints": tally.complaints,
        "slow": tally.slow,
    }


def _of_desk(desk: Desk, settings: DeskSettings, now_us: int) -> list[Metric]:
    found = desk_figures(desk, settings, now_us)
    states = (
        ("waiting", found.alerts - (found.late - found.asleep_late)),
        ("late", found.late),
        ("asleep", found.asleep - found.asleep_late),
    )
    return [
        _gauge("huitong_alerts_open", "Open alerts: waiting within their time, late, or asleep.", [({"state": n}, v) for n, v in states]),
        _gauge("huitong_alerts_minutes", "Minutes of work that the queue holds.", [({}, round(found.hours * 60, 1))]),
        _gauge("huitong_cases_open", "Open cases.", [({}, len(desk.open_cases))]),
    ]


def _of_measures(ledger: Ledger, now_us: int) -> list[Metric]:
    active = Counter(one.kind for one in in_force(ledger, now_us))
    states = Counter(state_of(ledger.commands[one], now_us) for one in ledger.unanswered)
    refused = sum(one.answer == "refused" for one in ledger.commands.values())
    commands = [({"state": state}, states[state]) for state in ("waiting", "sent", "unknown")]
    return [
        _gauge("huitong_measures_active", "Measures in force.", [({"measure": kind}, active[kind]) for kind in KINDS]),
        _gauge("huitong_core_commands", "Commands to the core system without an answer.", commands),
        _gauge("huitong_core_commands_refused", "Commands that the core system refused.", [({}, refused)]),
    ]


def _of_webhooks(state: Webhooks, end: int) -> list[Metric]:
    known = [(_labels(one), one) for one in state.subscriptions.values()]
    stands = [({**labels, "state": "stopped" if one.stopped else "failing" if one.troubled else "well"}, 1) for labels, one in known]
    behind = [(labels, max(end - one.offset, 0)) for labels, one in known]
    aside = [(labels, len(one.aside)) for labels, one in known]
    return [
        _gauge("huitong_webhooks", "Subscriptions, and how each stands.", stands),
        _gauge("huitong_webhook_behind_records", "Records of the log after the last one that is known to be told.", behind),
        _gauge("huitong_webhook_set_aside", "Messages that a receiver refuses for good and nobody has seen to yet.", aside),
    ]


def _labels(one: Subscription) -> dict[str, str]:
    """The id beside the name: in an older log two may have the same name, and a series that stands twice is refused."""
    return {"subscription": one.name, "id": one.id}


def _of_rollouts(state: Rollouts) -> list[Metric]:
    versions = [(policy, one) for policy, rollout in state.policies.items() for one in rollout.versions.values() if one.stage in DECIDES]
    shares = [
        ({"policy": policy, "version": one.hash[:12], "stage": one.stage}, one.share_ppm / 1e6 if one.stage == "canary" else 1.0)
        for policy, one in versions
    ]
    return [_gauge("huitong_rollout_share", "Versions that run, and for what share of customers; a shadow decides for nobody.", shares)]


def _counter(name: str, text: str, rows: Iterable[tuple[Mapping[str, str], float]]) -> Metric:
    found = list(rows)
    family = CounterMetricFamily(name, text, labels=list(found[0][0]) if found else [])
    for labels, value in found:
        family.add_metric(list(labels.values()), value)
    return family


def _gauge(name: str, text: str, rows: Iterable[tuple[Mapping[str, str], float]]) -> Metric:
    found = list(rows)
    family = GaugeMetricFamily(name, text, labels=list(found[0][0]) if found else [])
    for labels, value in found:
        family.add_metric(list(labels.values()), value)
    return family


def _histogram(name: str, text: str, label: str | None, rows: Mapping[str, Histogram]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=[label] if label else [])
    for named, one in tuple(rows.items()):
        buckets = [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in one.cumulative()]
        family.add_metric([named] if label else [], buckets, one.total)
    return family
