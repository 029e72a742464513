"""A decision on the terminal: what, why, on which evidence, what would have changed it."""

from huitong.cli.terminal import Terminal
from huitong.contracts import Decision, Event
from huitong.decisions.policy import shown_value
from huitong.features import FeaturePlan
from huitong.kernel import time_text

_STYLES = {0: "green", 1: "yellow", 2: "red"}
CONTRIBUTIONS_SHOWN = 12


def show_decision(terminal: Terminal, decision: Decision, event: Event, plan: FeaturePlan, outcomes: tuple[str, ...]) -> None:
    """Prints a decision for people, the answer first."""
    score = "" if decision.score is None else f" · {decision.score:.1%}"
    style = _STYLES.get(min(outcomes.index(decision.outcome), 2)) if decision.outcome in outcomes else None
    terminal.say(f"{decision.outcome}{score}", style=f"bold {style}")
    fields = {**event.keys, **{name: str(value) for name, value in event.data.items()}}
    terminal.say(
        f"{event.id} · {time_text(event.time_us)} · " + ", ".join(f"{name} {value}" for name, value in fields.items()), style="dim"
    )
    terminal.say(f"{decision.policy}@{decision.version[:12]} · {decision.tier} · {decision.latency_ns / 1_000:.0f} µs", style="dim")
    if decision.reasons:
        terminal.say("", terminal.word("reasons"), style="bold")
        for reason in decision.reasons:
            terminal.say(f"  • {terminal.text(reason.text)}  [{reason.code}]")
    if decision.smallest_change is not None:
        terminal.say("", f"{terminal.word('change')}: {terminal.text(decision.smallest_change.text)}")
    _show_evidence(terminal, decision, plan)
    if decision.measures:
        terminal.say("", terminal.word("measures"), style="bold")
        for measure in decision.measures:
            terminal.say(f"  • {measure.kind} {measure.role} {measure.subject} → {time_text(measure.until_us)} [{measure.ground}]")


def _show_evidence(terminal: Terminal, decision: Decision, plan: FeaturePlan) -> None:
    evidence = decision.evidence
    titles = {feature.name: feature.title for feature in plan.features}
    for pattern, edges in evidence.patterns.items():
        terminal.say("", f"{terminal.word('patterns')}: {terminal.text(titles[pattern]) if pattern in titles else pattern}", style="bold")
        for edge in edges:
            amount = "" if edge.amount_minor is None else f" · {edge.amount_minor / 100:,.2f}"
            terminal.say(f"  {edge.source} → {edge.target} · {time_text(edge.time_us)}{amount} · {edge.event}")
    for hit in evidence.lists:
        terminal.say(f"  {hit.list}: {hit.value} {hit.note}".rstrip())
    strongest = sorted(evidence.contributions.items(), key=lambda item: -abs(item[1]))[:CONTRIBUTIONS_SHOWN]
    if strongest:
        terminal.say("")
        rows = [(terminal.text(titles[name]), shown_value(evidence.features.get(name)), f"{value:+.3f}") for name, value in strongest]
        terminal.table([terminal.word("evidence"), terminal.word("value"), terminal.word("contribution")], rows, figures=(1, 2))
