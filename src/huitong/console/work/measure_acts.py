"""Acts on measures, from forms."""

from collections.abc import Mapping, Sequence
from typing import cast

from huitong.console.acting import Act, Done
from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.work.look import path_to
from huitong.console.work.measure_forms import both_said, stops_nothing
from huitong.console.work.named_for import NAMED_KINDS, as_given, named_for
from huitong.contracts import Command, Event, MeasureKind
from huitong.kernel import Finding, Text
from huitong.risk import disposition
from huitong.risk.disposition import (
    CHANGED,
    KINDS,
    SUBJECT_ROLES,
    Subject,
    SubjectRole,
    Wanted,
    unknown_channel,
    unnamed_subject,
)


def _impose(bank: WorkPort, command: Command, given: Given) -> Done:
    role = cast("SubjectRole", given.one_of("role", SUBJECT_ROLES))
    subject = Subject(role, given.text("subject"))
    counterparties = tuple(line.strip() for line in given.text("counterparties", None).splitlines() if line.strip())
    wanted = Wanted(
        subject,
        cast("MeasureKind", given.one_of("kind", KINDS)),
        given.moment_us("until"),
        given.text("ground"),
        given.optional("channel"),
        counterparties,
        given.amount_minor("amount"),
        given.optional("note"),
        **_named(bank, given),
    )
    findings = [*unnamed_subject(subject, named=bank.named(role, subject.id)), *unknown_channel(wanted.channel, bank.channels)]
    done = bank.ledger.act(command.id, disposition.impose(command, wanted, bank.measure_settings))
    said = _with_findings(_took_effect(done, {"en": "The measure is in force.", "zh": "措施已生效。"}), findings)
    return Done(
        both_said(said, stops_nothing([role], bank.measured_roles)),
        path_to("measures", "of", role, subject.id, alert=wanted.alert, case=wanted.case),
    )


def _named(bank: WorkPort, given: Given) -> dict[str, str]:
    """The alert or case that a form was opened for, where there is such a one."""
    return as_given(named_for(bank, {kind: given.text(kind) for kind in NAMED_KINDS}))


def _with_findings(said: Text, findings: Sequence[Finding]) -> Text:
    """What was done, and behind it what speaks against it."""
    for one in findings:
        said = both_said(said, {"en": f"But {one.text['en']}; {one.remedy['en']}.", "zh": f"但{one.text['zh']}，{one.remedy['zh']}。"})
    return said


def _lift(bank: WorkPort, command: Command, given: Given) -> Done:
    measure, ground, note = given.text("measure"), given.text("ground"), given.optional("note")
    act = disposition.lift(command, measure, ground, bank.measure_settings, note, **_named(bank, given))
    return Done(_took_effect(bank.ledger.act(command.id, act), {"en": "The measure is lifted.", "zh": "措施已解除。"}))


def _took_effect(done: Sequence[Event], at_once: Text) -> Text:
    if done and done[0].kind == CHANGED:
        return at_once
    return {"en": "It waits for a second person.", "zh": "已提交，待第二人复核。"}


def _confirm(bank: WorkPort, command: Command, given: Given) -> Done:
    proposal = given.text("proposal")
    bank.ledger.act(command.id, disposition.confirm(command, proposal, bank.measure_settings))
    if bank.ledger.ask(lambda ledger: disposition.proposal_of(ledger, proposal)).change.lifts:
        return Done({"en": "Confirmed: the measure is lifted.", "zh": "已复核同意，措施已解除。"})
    return Done({"en": "Confirmed: it is in force now.", "zh": "已复核同意，即刻生效。"})


def _refuse(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.ledger.act(command.id, disposition.refuse(command, given.text("proposal"), bank.measure_settings, given.optional("note")))
    return Done({"en": "It is off the table.", "zh": "该提议已终止。"})


MEASURE_ACTS: Mapping[str, Act[WorkPort]] = {
    "measure.impose": _impose,
    "measure.lift": _lift,
    "measure.confirm": _confirm,
    "measure.refuse": _refuse,
}
