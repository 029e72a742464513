"""A decision on the terminal: what, why, on which evidence, what would have changed it."""

from huitong.app.moments import local_time
from huitong.cli.terminal import Terminal
from huitong.cli.words import MEASURES, OUTCOMES
from huitong.contracts import Decision, Event, FieldSpec, Value, as_told
from huitong.decisions.policy import TIER_TITLES, LoadedPolicy, shown_value
from huitong.evaluation.patterns import pattern_title
from huitong.evaluation.words import quantity
from huitong.features import Feature
from huitong.kernel import Money, Text

_STYLES = {0: "green", 1: "yellow", 2: "red"}
CONTRIBUTIONS_SHOWN = 12
YES_NO: dict[bool, Text] = {True: {"zh": "是", "en": "yes"}, False: {"zh": "否", "en": "no"}}


def show_decision(terminal: Terminal, decision: Decision, event: Event, loaded: LoadedPolicy) -> None:
    """Prints a decision for people, the answer first."""
    outcomes = loaded.program.settings.outcomes
    score = "" if decision.score is None else f" · {decision.score:.1%}"
    rank = outcomes.index(decision.outcome) if decision.outcome in outcomes else 1
    terminal.say(f"{outcome_called(terminal, decision.outcome)}{score}", style=f"bold {_STYLES[min(rank, 2)]}")
    terminal.say(f"{event.id} · {local_time(event.time_us, loaded.plan.zone)} · " + _fields(terminal, event, loaded), style="dim")
    took = f" · {decision.latency_ns / 1_000:,.0f} µs" if decision.latency_ns else ""  # a replay times no single decision
    tier = terminal.text(TIER_TITLES[decision.tier]) if decision.tier in TIER_TITLES else decision.tier
    terminal.say(f"{decision.policy}@{decision.version[:12]} · {tier}{took}", style="dim")
    if decision.reasons:
        terminal.say("", terminal.word("reasons"), style="bold")
        for reason in as_told(decision.reasons):
            terminal.say(f"  • {terminal.text(reason.text)}  [{reason.code}]")
    if decision.smallest_change is not None:
        terminal.say("", f"{terminal.word('change')}{terminal.colon}{terminal.text(decision.smallest_change.text)}")
    _show_evidence(terminal, decision, loaded)
    if decision.measures:
        terminal.say("", terminal.word("measures"), style="bold")
        for measure in decision.measures:
            role = loaded.contract.role(measure.role)
            whom = terminal.text(role.title) if role is not None else measure.role
            kind = terminal.text(MEASURES[measure.kind])
            terminal.say(f"  • {kind} · {whom} {measure.subject} → {local_time(measure.until_us, loaded.plan.zone)} [{measure.ground}]")


def outcome_called(terminal: Terminal, outcome: str) -> str:
    """An outcome as its policy writes it, which is English; in Chinese its name stands before."""
    return f"{OUTCOMES[outcome]['zh']}（{outcome}）" if terminal.language == "zh" and outcome in OUTCOMES else outcome


def _fields(terminal: Terminal, event: Event, loaded: LoadedPolicy) -> str:
    """The event's keys and fields under their names for people, in the order of the contract."""
    shown = []
    for spec in loaded.contract.fields:
        value = event.keys.get(spec.key) if spec.key else event.data.get(spec.name)
        if value is not None:
            shown.append(f"{terminal.text(spec.title)} {_field(terminal, spec, value, loaded)}")
    return ("，" if terminal.language == "zh" else ", ").join(shown)


def _field(terminal: Terminal, spec: FieldSpec, value: Value, loaded: LoadedPolicy) -> str:
    """A field's value for people: yes or no, a text by what the contract calls it, anything else with its figures."""
    if isinstance(value, bool):
        return terminal.text(YES_NO[value])
    if spec.titles and isinstance(value, str):
        return terminal.text(spec.called(value))
    return loaded.contract.shown(spec.name, value)


def _value(terminal: Terminal, value: float | str | None, feature: Feature | None, currency: str) -> str:
    """A feature's value as the report shows it, with its unit."""
    if feature is None or not isinstance(value, float | int):
        return shown_value(value)
    if feature.type == "boolean" and value in (0, 1):
        return terminal.text(YES_NO[bool(value)])
    return quantity(value, feature.unit or "", currency, terminal.language)


def _show_evidence(terminal: Terminal, decision: Decision, loaded: LoadedPolicy) -> None:
    evidence, titles = decision.evidence, loaded.program.titles
    for pattern, edges in evidence.patterns.items():
        title = pattern_title(pattern, len(edges))
        terminal.say("", pattern if title is None else terminal.text(title), style="bold")
        for edge in edges:
            amount = "" if edge.amount_minor is None else f" · {Money(edge.amount_minor, loaded.contract.currency)}"
            terminal.say(f"  {edge.source} → {edge.target} · {local_time(edge.time_us, loaded.plan.zone)}{amount} · {edge.event}")
    for hit in evidence.lists:
        terminal.say(f"  {hit.list}{terminal.colon}{hit.value} {hit.note}".rstrip())
    strongest = sorted(evidence.contributions.items(), key=lambda item: -abs(item[1]))[:CONTRIBUTIONS_SHOWN]
    if strongest:
        terminal.say("")
        features, currency = {feature.name: feature for feature in loaded.plan.features}, loaded.contract.currency
        rows = [
            (
                terminal.text(titles.get(name, {"zh": name, "en": name})),
                _value(terminal, evidence.features.get(name), features.get(name), currency),
                f"{value:+.3f}",
            )
            for name, value in strongest
        ]
        terminal.table([terminal.word("evidence"), terminal.word("value"), terminal.word("contribution")], rows, figures=(1, 2))
