"""The commands about measures: list, impose, lift, confirm, figures, reconcile. Thin: the rules are the ledger's."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from huitong.app import Bank, core_at, moment_us
from huitong.app.channels import channels_of
from huitong.app.measured_roles import measured_roles
from huitong.app.named import named_in_log
from huitong.cli.access import ByOption, acting
from huitong.cli.measures_shown import figure_rows, measure_document, measure_row, proposal_row
from huitong.cli.options import DEFAULT_BANK, ExistingBankOption, GroundCodeOption, JsonOption, LanguageOption
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup
from huitong.contracts import DataContract, Event
from huitong.kernel import DataError, Finding, InputError, Severity, duration_us
from huitong.operations.cases import require_named
from huitong.risk.disposition import (
    CHANGED,
    KINDS,
    SUBJECT_ROLES,
    Subject,
    Wanted,
    core_state,
    in_force,
    measures_of,
    unknown_channel,
    unnamed_subject,
    unread_role,
    waiting,
)

measures_app = typer.Typer(cls=SpokenGroup, help="See, impose and lift measures. · 查看、采取与解除措施。")

SubjectArgument = Annotated[
    str, typer.Argument(metavar="ROLE:NAME", help="Whom it concerns, such as account:A17. · 对象，例如 account:A17。")
]
AlertOption = Annotated[
    str | None, typer.Option("--alert", metavar="ID", help="Alert that it is for. · 所涉预警的编号。", show_default=False)
]
CaseOption = Annotated[str | None, typer.Option("--case", metavar="ID", help="Case that it is for. · 所涉案件的编号。", show_default=False)]
NoteOption = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What else is to be said. · 备注。", show_default=False)]


@measures_app.callback()
def _group(lang: LanguageOption = None) -> None:
    pass


@measures_app.command("list", cls=SpokenCommand)
def list_measures(
    subject: Annotated[
        str | None, typer.Option("--of", metavar="ROLE:NAME", help="Only of this subject. · 仅此对象。", show_default=False)
    ] = None,
    past: Annotated[bool, typer.Option("--past", help="Also those that are over; needs --of. · 含已结束的，需同时给出 --of。")] = False,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is in force, strongest first, and what waits for a second person. · 列出生效中的措施（最强者在前）与待复核的提议。"""
    terminal = Terminal(lang, json)
    whom = None if subject is None else _subject(subject)
    with Bank(bank) as opened:
        now_us = opened.clock.now_us()
        found = opened.measures.ask(
            lambda ledger: measures_of(ledger, whom) if past and whom is not None else in_force(ledger, now_us, whom)
        )
        proposals = opened.measures.ask(lambda ledger: waiting(ledger, now_us))
        states = opened.measures.ask(lambda ledger: {one.id: core_state(ledger, one, now_us) for one in found})
        channels = channels_of(opened)
        notices = {one.id: opened.measures.notice(one, channels=channels) for one in found}
        contract, told = opened.contracts[CHANGED], opened.measures.settings.core is not None
    heads = [terminal.word(name) for name in ("measure", "subject", "since", "until", "ground", "by_whom", "core", "id")]
    terminal.table(heads, [measure_row(terminal, one, contract, states[one.id], told=told) for one in found], whole=(7,))
    if proposals:
        terminal.say("", terminal.word("wait_for_second"), style="bold")
        terminal.table(heads, [proposal_row(terminal, one) for one in proposals], whole=(7,))
    if not found and not proposals:
        terminal.say(terminal.word("no_measures"), style="green")
    terminal.give(
        {
            "measures": [{**measure_document(one, now_us), "core": states[one.id], "notice": notices[one.id]} for one in found],
            "waiting": [{**asdict(one.change), "expires_us": one.expires_us} for one in proposals],
        }
    )


@measures_app.command("impose", cls=SpokenCommand)
def impose(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="watch, step_up, limit, hold or freeze. · 措施种类。")],
    subject: SubjectArgument,
    lasts: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long: 90m, 24h, 30d. · 时长：90m、24h、30d。")],
    ground: GroundCodeOption,
    by: ByOption,
    amount: Annotated[
        str | None,
        typer.Option(
            "--amount",
            metavar="AMOUNT",
            help="Of a limit the most that may be paid within 24 hours; else the least amount concerned."
            " · 限额：24 小时内最多可支付的金额；其他措施：所涉支付的最低金额。",
            show_default=False,
        ),
    ] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", metavar="NAME", help="Only over this channel. · 仅限此渠道。", show_default=False)
    ] = None,
    counterparty: Annotated[
        list[str] | None,
        typer.Option(
            "--counterparty",
            metavar="ACCOUNT",
            help="Only to this account; may be given several times. · 仅限此收款账户，可多次给出。",
            show_default=False,
        ),
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="NAME", help="Whose the subject is. · 对象所属客户。", show_default=False)
    ] = None,
    note: NoteOption = None,
    alert: AlertOption = None,
    case: CaseOption = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Impose a measure; a strong one waits for a second person. · 采取措施；较强的措施须经第二人复核。"""
    terminal = Terminal(lang, json)
    known = next((one for one in KINDS if one == kind), None)
    if known is None:
        raise InputError(
            "measure.kind",
            {"en": f"{kind!r} is no measure", "zh": f"{kind!r} 不是措施"},
            {"en": f"name one of {', '.join(KINDS)}", "zh": f"请使用 {'、'.join(KINDS)} 之一"},
        )
    whom = _subject(subject)
    with acting(bank, by, terminal) as (opened, command):
        wanted = Wanted(
            whom,
            known,
            command.now_us + duration_us(lasts),
            ground,
            channel,
            tuple(counterparty or ()),
            None if amount is None else _minor(amount, opened.contracts[CHANGED]),
            note,
            customer,
            alert,
            case,
        )
        opened.books.desk.ask(lambda desk: require_named(desk, alert, case))
        findings = [
            *unnamed_subject(whom, named=named_in_log(opened, whom.role, whom.id)),
            *unknown_channel(channel, channels_of(opened)),
            *unread_role(whom.role, measured_roles(opened)),
        ]
        _tell(terminal, opened.measures.impose(command, wanted), findings)


@measures_app.command("lift", cls=SpokenCommand)
def lift(
    measure: Annotated[str, typer.Argument(metavar="ID", help="Id of the measure. · 措施编号。")],
    ground: GroundCodeOption,
    by: ByOption,
    note: NoteOption = None,
    alert: AlertOption = None,
    case: CaseOption = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Lift a measure; a strong one waits for a second person. · 解除措施；较强的措施须经第二人复核。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        opened.books.desk.ask(lambda desk: require_named(desk, alert, case))
        _tell(terminal, opened.measures.lift(command, measure, ground, note, alert=alert, case=case))


@measures_app.command("confirm", cls=SpokenCommand)
def confirm(
    proposal: Annotated[str, typer.Argument(metavar="ID", help="Id of the proposal. · 提议编号。")],
    by: ByOption,
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no. · 不同意。")] = False,
    note: NoteOption = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Give the second signature to a proposal, or refuse it. · 以第二人身份复核提议：同意或不同意。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        measures = opened.measures
        _tell(terminal, measures.refuse(command, proposal, note) if refuse else measures.confirm(command, proposal))


@measures_app.command("figures", cls=SpokenCommand)
def figures(
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Measures that began from here on. · 此时刻起开始的措施。", show_default=False),
    ] = None,
    long: Annotated[int, typer.Option("--long", metavar="HOURS", min=1, help="What counts as long. · 多少小时以上算长。")] = 24,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Say what measures held, and how long the innocent waited. · 统计拦下的金额与正常客户的等待时间。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened:
        found, contract = opened.measures.figures(moment_us(since) or 0, long), opened.contracts[CHANGED]
    terminal.table(["", ""], figure_rows(terminal, found, contract), figures=(1,))
    terminal.give(asdict(found))


@measures_app.command("reconcile", cls=SpokenCommand)
def reconcile(
    core: Annotated[
        str | None,
        typer.Option(
            "--core",
            metavar="ADDRESS",
            help="Address of the core system; by default that of measures.toml. · 核心系统地址，默认取自 measures.toml。",
            show_default=False,
        ),
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="First send what waits. · 先发送待发指令。")] = False,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Hold the core system's own list against the ledger. · 将核心系统的清单与措施台账核对。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened:
        system = opened.measures.core if core is None else core_at(core)
        if system is None:
            raise InputError(
                "measure.core.none",
                {"en": "the bank's settings name no core system", "zh": "设置中没有核心系统"},
                {
                    "en": "give --core, or [core] in measures.toml",
                    "zh": "请给出 --core，或在 measures.toml 中设置 [core]",
                },
            )
        sent = opened.measures.deliver(system) if send else None
        findings = opened.measures.reconcile(system.held())
    if sent is not None:
        terminal.say(terminal.word("delivered").format(taken=sent.taken, refused=sent.refused, unanswered=sent.unanswered))
    terminal.findings(findings)
    if not findings:
        terminal.say(terminal.word("no_findings"), style="green")
    terminal.give(
        {
            "sent": None if sent is None else asdict(sent),
            "findings": [_document(one) for one in findings],
        }
    )
    if any(one.severity is Severity.ERROR for one in findings):
        raise typer.Exit(DataError.exit_code)


def _subject(text: str) -> Subject:
    role, _, name = text.partition(":")
    known = next((one for one in SUBJECT_ROLES if one == role), None)
    if known is None or not name:
        raise InputError(
            "measure.subject.unreadable",
            {"en": f"{text!r} names no subject", "zh": f"{text!r} 没有指明对象"},
            {
                "en": f"write it like account:A17; roles: {', '.join(SUBJECT_ROLES)}",
                "zh": f"请写成 account:A17；类别：{'、'.join(SUBJECT_ROLES)}",
            },
        )
    return Subject(known, name)


def _minor(text: str, contract: DataContract) -> int:
    spec = contract.field("amount")
    try:
        exact = Decimal(text) * (1 if spec is None else spec.scale)
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or exact != int(exact):
        raise InputError(
            "measure.amount",
            {"en": f"{text!r} is no amount", "zh": f"{text!r} 不是金额"},
            {"en": "write it like 2000.00", "zh": "请写成 2000.00"},
        )
    return int(exact)


def _tell(terminal: Terminal, events: tuple[Event, ...], findings: Sequence[Finding] = ()) -> None:
    waits = any(event.kind == "measure.proposed" for event in events)
    terminal.say(terminal.word("proposed_now" if waits else "done_now").format(id=events[0].id), style="yellow" if waits else "green")
    terminal.findings(findings)
    terminal.give(
        {
            "id": events[0].id,
            "waits": waits,
            "events": [{"id": event.id, "kind": event.kind} for event in events],
            "findings": [_document(one) for one in findings],
        }
    )


def _document(one: Finding) -> dict[str, object]:
    return {"code": one.code, "where": one.where, "text": one.text, "remedy": one.remedy, "severity": str(one.severity)}
