"""What an alert or a case rests on: its payments with their decisions, each a door, and the evidence of the latest one drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from huitong.console.markup import Markup, Part, link, markup
from huitong.console.ports import Found, Story
from huitong.console.views.story import evidence_of
from huitong.console.work.look import Look, nothing, path_to, section, table
from huitong.console.work.parts import outcome, veiled, veiled_text
from huitong.contracts import Decision, Event, main_reason
from huitong.evaluation.words import MISSING, share
from huitong.identity.purposes import PurposeKind
from huitong.operations.cases import Alert

PAYMENTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class About:
    """What payments are looked at for; the pages of their decisions open with it as their own purpose, and those that follow do not.

    Attributes:
        kind: Alert or case.
        id: Which.
    """

    kind: PurposeKind
    id: str

    def decision(self, decision: str) -> str:
        """Address of a decision's page."""
        return path_to("decisions", decision, **{self.kind: self.id})


def payments_of(found: Sequence[Found], total: int, about: About, look: Look) -> Markup:
    """Payments with their decisions, newest first.

    Args:
        found: Those that are shown.
        total: How many there are.
        about: What they are looked at for.
        look: Who looks.
    """
    lead = look.pick(f"The latest {len(found):,} of {total:,}.", f"最近 {len(found):,} 笔，共 {total:,} 笔。")
    shown = _payments(found, about, look)
    return section(look.pick("Payments", "相关支付"), shown, lead=lead if total > len(found) else None)


def _payments(found: Sequence[Found], about: About, look: Look) -> Markup:
    if not found:
        return nothing(
            look.pick("No payment can be shown", "没有可显示的支付"),
            look.pick("Its decisions are not in this log, or were erased.", "相关决策不在本日志中，或已被删除。"),
        )
    heads = [
        look.pick("Time", "时间"),
        look.pick("Amount", "金额"),
        look.pick("To", "付给"),
        look.pick("Decision", "决策"),
        look.pick("Probability of fraud", "欺诈概率"),
        look.pick("Main reason", "首要理由"),
    ]
    rows: list[list[Part]] = []
    for one in found:
        amount = one.event.data.get("amount")
        to = next((one.event.keys[role] for role in ("counterparty", "terminal", "merchant") if role in one.event.keys), None)
        reason = main_reason(one.decision.reasons)
        rows.append(
            [
                look.moment(one.event.time_us),
                look.exact(amount, one.event.kind) if isinstance(amount, int) else veiled(amount, look),
                veiled(to, look),
                outcome(one.decision.outcome, look),
                MISSING if one.decision.score is None else share(one.decision.score),
                MISSING if reason is None else veiled_text(reason.text, look),
            ]
        )
    hrefs = [about.decision(one.decision.id) for one in found]
    return table(look.pick("Payments", "相关支付"), heads, rows, figures_in=(1, 4), hrefs=hrefs)


def evidence_shown(story: Story | None, about: About, look: Look) -> Part:
    """What there is to see of the latest payment."""
    drawn = None if story is None else evidence_of(story, look)
    if story is None or not drawn:
        return None
    whole = link(about.decision(story.decision.id), look.pick("The whole decision", "查看完整决策"))
    lead = look.pick("Of the latest payment. ", "以最近一笔支付为例。")
    return section(look.pick("Evidence", "证据"), drawn, lead=markup(lead, whole))


def latest_of(
    alerts: Sequence[Alert], decided: Callable[[Sequence[str]], Sequence[tuple[Decision, Event]]]
) -> list[tuple[Decision, Event]]:
    """The latest payments of several alerts with their decisions, newest first, each once.

    Args:
        alerts: The alerts.
        decided: Finds decisions by their ids.
    """
    found: dict[str, tuple[Decision, Event]] = {}
    for alert in sorted(alerts, key=lambda one: (-one.last_us, one.id)):
        if len(found) == PAYMENTS_SHOWN and alert.last_us < min(event.time_us for _, event in found.values()):
            break  # nothing of it or of those behind it is later than what is there
        found |= {decision.id: (decision, event) for decision, event in decided(alert.decisions[-PAYMENTS_SHOWN:])}
        ordered = sorted(found.values(), key=lambda pair: (-pair[1].time_us, pair[0].id))
        found = {decision.id: (decision, event) for decision, event in ordered[:PAYMENTS_SHOWN]}
    return list(found.values())
