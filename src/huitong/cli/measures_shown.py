"""Measures and their figures as the terminal shows them, and as machines read them."""

from dataclasses import asdict

from huitong.cli.terminal import Terminal
from huitong.contracts import DataContract
from huitong.kernel import time_text
from huitong.risk.disposition import KIND_TITLES, SUBJECT_TITLES, CommandState, Figures, Proposal, Stretch, Subject


def measure_row(terminal: Terminal, one: Stretch, contract: DataContract, state: CommandState | None, *, told: bool) -> list[str]:
    """A measure as a row: what, whom, since, until, ground, by whom, how it stands at the core system, id.

    Args:
        terminal: Where it is shown.
        one: The measure.
        contract: Of its events.
        state: How its command stands; ``None`` where the core system is not told of it.
        told: Whether there is a core system that commands go to; otherwise they wait for one.
    """
    change = one.changes[-1]
    what = terminal.text(KIND_TITLES[one.kind])
    amount = "" if one.amount_minor is None else f" {contract.shown('amount', one.amount_minor)}"
    scope = ", ".join(part for part in (one.place.scope.channel, one.place.scope.counterparty) if part)
    return [
        f"{what}{amount}{f' ({scope})' if scope else ''}",
        _whom(terminal, one.place.subject),
        time_text(one.from_us),
        time_text(one.over_us),
        terminal.text(change.ground_text),
        change.by,
        "-" if state is None else terminal.word("core_none" if state == "waiting" and not told else f"core_{state}"),
        one.id,
    ]


def proposal_row(terminal: Terminal, one: Proposal) -> list[str]:
    """A proposal as a row of the same columns; it waits until the second time."""
    change = one.change
    what = terminal.text(KIND_TITLES[change.place.kind])
    return [
        terminal.word("to_lift" if change.lifts else "to_impose").format(what=what),
        _whom(terminal, change.place.subject),
        time_text(change.time_us),
        time_text(one.expires_us),
        terminal.text(change.ground_text),
        change.by,
        "-",
        change.id,
    ]


def _whom(terminal: Terminal, subject: Subject) -> str:
    return f"{terminal.text(SUBJECT_TITLES[subject.role])} {subject.id}"


def measure_document(one: Stretch, now_us: int) -> dict[str, object]:
    """A measure for machines, with everything that changed it."""
    return {
        "id": one.id,
        "role": one.place.subject.role,
        "subject": one.place.subject.id,
        "kind": one.kind,
        "channel": one.place.scope.channel,
        "counterparty": one.place.scope.counterparty,
        "amount_minor": one.amount_minor,
        "from_us": one.from_us,
        "until_us": one.over_us,
        "in_force": one.holds(now_us),
        "changes": [asdict(change) for change in one.changes],
        "ended_by": None if one.ended_by is None else asdict(one.ended_by),
    }


def figure_rows(terminal: Terminal, found: Figures, contract: DataContract) -> list[list[str]]:
    """The figures, each with its name."""

    def hours(value: float | None) -> str:
        return "-" if value is None else f"{value:,.1f} h"

    def money(value: int) -> str:
        return contract.shown("amount", value)

    share = "-" if found.long_share is None else f"{found.long_share:.1%}"
    rows = [(terminal.text(KIND_TITLES[kind]), f"{count:,}") for kind, count in found.measures.items() if count]
    rows += [
        (terminal.word("innocent"), f"{found.innocent:,}"),
        (terminal.word("guilty"), f"{found.guilty:,}"),
        (terminal.word("unlabelled"), f"{found.unknown:,}"),
        (terminal.word("unjudged_by_persons"), f"{found.unjudged_by_persons:,}"),
        (terminal.word("release_median"), hours(found.release_median_hours)),
        (terminal.word("release_p90"), hours(found.release_p90_hours)),
        (terminal.word("release_long").format(hours=found.long_hours), share),
        (terminal.word("money_held"), money(found.held_minor)),
        (terminal.word("money_held_now"), money(found.held_now_minor)),
        (terminal.word("money_wrongly_held"), money(found.wrongly_held_minor)),
    ]
    return [list(row) for row in rows]
