"""The commands about webhooks: list, add, change, remove, stop, resume, again, drop, turn, secret. Thin: the rules are the book's."""

from typing import Annotated

import typer

from huitong.app import Bank
from huitong.app.webhooks import offset_of, webhook_secret
from huitong.cli.access import ByOption, acting, said
from huitong.cli.options import DEFAULT_BANK, ExistingBankOption, GroundOption, JsonOption, LanguageOption
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup, whole_number
from huitong.kernel import InputError, Text, time_text
from huitong.operations import webhooks as wh
from huitong.operations.webhooks import OCCURRENCES, Aside, Occurrence, Subscription, Wanted, WebhookBook

webhooks_app = typer.Typer(cls=SpokenGroup, help="Have other systems told what happens. · 将发生的事项回调给其他系统。")

SubscriptionArgument = Annotated[
    str, typer.Argument(metavar="SUBSCRIPTION", help="Id of the subscription, as `webhooks list` shows it. · 订阅编号。")
]


@webhooks_app.callback()
def _group(lang: LanguageOption = None) -> None:
    pass


@webhooks_app.command("list", cls=SpokenCommand)
def list_webhooks(bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """List subscriptions and how each stands. · 列出回调订阅及其状态。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened, opened.books.reading(WebhookBook()) as keeper:
        found = [] if keeper is None else keeper.ask(lambda state: list(state.subscriptions.values()))
    terminal.give([_document(one) for one in found])
    if not found:
        terminal.say(said(terminal, "no_webhooks"))
        return
    heads = [said(terminal, word) for word in ("id", "name", "url", "occurrences", "grade", "delivered", "state")]
    terminal.table(heads, [_row(terminal, one) for one in found], figures=(4, 5), whole=(0,))
    asides = [(one, aside) for one in found for aside in one.aside]
    if asides:
        heads = [said(terminal, word) for word in ("webhook", "aside_record", "aside_status", "aside_since", "state")]
        terminal.table(heads, [_aside_row(terminal, one, aside) for one, aside in asides], figures=(2,), whole=(1,))


def _row(terminal: Terminal, one: Subscription) -> tuple[str, ...]:
    state = said(terminal, "stopped" if one.stopped else "failing" if one.troubled else "untold" if one.untold else "well")
    why = one.why_stopped or one.why_troubled
    return one.id, one.name, one.url, " ".join(one.occurrences), str(one.grade), f"{one.delivered:,}", _and_why(terminal, state, why)


def _and_why(terminal: Terminal, state: str, why: Text | None) -> str:
    if why is None:
        return state
    return f"{state}{terminal.colon}{terminal.text(why)}"


def _aside_row(terminal: Terminal, one: Subscription, aside: Aside) -> tuple[str, ...]:
    state = said(terminal, "aside_due" if aside.due else "aside")
    return one.name, aside.record, str(aside.status), time_text(aside.since_us), state


def _document(one: Subscription) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "url": one.url,
        "occurrences": one.occurrences,
        "outcome": one.outcome,
        "policy": one.policy,
        "grade": one.grade,
        "made": time_text(one.made_us),
        "made_by": one.made_by,
        "delivered": one.delivered,
        "offset": one.offset,
        "failing": one.why_troubled,
        "stopped": one.why_stopped,
        "aside": [
            {"record": aside.record, "status": aside.status, "since": time_text(aside.since_us), "due": aside.due} for aside in one.aside
        ],
    }


NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Of the system that is told. · 被通知的系统名称。")]
UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="Where: https://HOST/PATH. · 回调地址：https://主机/路径。")]
OfOption = Annotated[
    list[str],
    typer.Option(
        "--of",
        metavar="KIND",
        help="decision, alert, measure, rollout or case; may be given several times. · 事项类别，可多次给出。",
    ),
]
OutcomeOption = Annotated[
    str | None,
    typer.Option("--outcome", metavar="OUTCOME", help="Only decisions at least as severe. · 仅不低于此结论的决策。", show_default=False),
]
PolicyOption = Annotated[
    str | None, typer.Option("--policy", metavar="POLICY", help="Only of this policy. · 仅此策略。", show_default=False)
]
GradeOption = Annotated[
    int,
    typer.Option(
        "--grade",
        metavar="1-4",
        help="Highest data grade that it is told. · 可告知的最高数据分级。",
        parser=whole_number("--grade", 1, 4),
    ),
]


@webhooks_app.command("add", cls=SpokenCommand)
def add(
    name: NameArgument,
    url: UrlArgument,
    occurrences: OfOption,
    by: ByOption,
    outcome: OutcomeOption = None,
    policy: PolicyOption = None,
    grade: GradeOption = 2,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Subscribe a system; its secret is shown. · 新增订阅，并显示其密钥。"""
    terminal, kinds = Terminal(lang, json), [_occurrence(one) for one in occurrences]
    with acting(bank, by, terminal) as (opened, command):
        wanted, end = Wanted(name, url, kinds, outcome, policy, grade), opened.log.end()
        opened.books.webhooks.act(command, lambda state: wh.subscribe(state, command, wanted, end, opened.settings.webhooks.reach))
        _tell(terminal, command.id, webhook_secret(opened, command.id))


@webhooks_app.command("change", cls=SpokenCommand)
def change(
    subscription: SubscriptionArgument,
    name: NameArgument,
    url: UrlArgument,
    occurrences: OfOption,
    by: ByOption,
    outcome: OutcomeOption = None,
    policy: PolicyOption = None,
    grade: GradeOption = 2,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Give a subscription other settings, all of them at once; its secret stays. · 修改订阅的全部设置，密钥不变。"""
    terminal, kinds = Terminal(lang, json), [_occurrence(one) for one in occurrences]
    wanted = Wanted(name, url, kinds, outcome, policy, grade)
    with acting(bank, by, terminal) as (opened, command):
        opened.books.webhooks.act(command, lambda state: wh.change(state, command, subscription, wanted, opened.settings.webhooks.reach))
    _tell(terminal, command.id)


@webhooks_app.command("remove", cls=SpokenCommand)
def remove(
    subscription: SubscriptionArgument,
    ground: GroundOption,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """End a subscription for good. · 永久删除订阅。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        opened.books.webhooks.act(command, lambda state: wh.remove(state, command, subscription, ground))
    _tell(terminal, command.id)


@webhooks_app.command("stop", cls=SpokenCommand)
def stop(
    subscription: SubscriptionArgument,
    ground: GroundOption,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Tell a system nothing more for now. · 暂停回调。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        opened.books.webhooks.act(command, lambda state: wh.stop(state, command, subscription, ground))
    _tell(terminal, command.id)


@webhooks_app.command("resume", cls=SpokenCommand)
def resume(
    subscription: SubscriptionArgument,
    by: ByOption,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="RECORD", help="Tell everything again from this record on. · 自该记录起全部重发。", show_default=False
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="RECORD", help="Go on after this record. · 从该记录之后继续。", show_default=False),
    ] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Go on telling: where it stopped, or from a record on. · 恢复回调：从停止处或指定记录开始。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        offset = None if since is None else offset_of(opened, since)
        offset = offset if after is None else offset_of(opened, after) + 1
        opened.books.webhooks.act(command, lambda state: wh.resume(state, command, subscription, offset))
    _tell(terminal, command.id)


@webhooks_app.command("again", cls=SpokenCommand)
def again(
    subscription: SubscriptionArgument,
    by: ByOption,
    record: Annotated[
        str | None,
        typer.Option("--record", metavar="RECORD", help="Only this message; all by default. · 仅此消息，默认全部。", show_default=False),
    ] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Send messages again that the receiver refused and that were set aside. · 重发因接收方拒收而搁置的消息。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        opened.books.webhooks.act(command, lambda state: wh.again(state, command, subscription, record))
    _tell(terminal, command.id)


@webhooks_app.command("drop", cls=SpokenCommand)
def drop(
    subscription: SubscriptionArgument,
    record: Annotated[str, typer.Option("--record", metavar="RECORD", help="The message. · 消息。")],
    ground: GroundOption,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Leave a message untold that was set aside. · 不再发送某条已搁置的消息。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        opened.books.webhooks.act(command, lambda state: wh.drop(state, command, subscription, record, ground))
    _tell(terminal, command.id)


@webhooks_app.command("turn", cls=SpokenCommand)
def turn(
    subscription: SubscriptionArgument,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Make a new secret; for a day both sign. · 更换密钥；一天之内新旧密钥同时签名。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        opened.books.webhooks.act(command, lambda state: wh.turn(state, command, subscription))
        _tell(terminal, command.id, webhook_secret(opened, subscription))


@webhooks_app.command("secret", cls=SpokenCommand)
def secret(
    subscription: SubscriptionArgument,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Show the secret again, which is written down. · 再次显示密钥，该操作将被记录。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        opened.books.webhooks.act(command, lambda state: wh.show(state, command, subscription))
        _tell(terminal, command.id, webhook_secret(opened, subscription))


def _occurrence(text: str) -> Occurrence:
    found = next((one for one in OCCURRENCES if one == text), None)
    if found is None:
        raise InputError(
            "webhook.occurrence",
            {"en": f"{text!r} is nothing that can be told of", "zh": f"{text!r} 不是可回调的事项类别"},
            {"en": f"known: {', '.join(OCCURRENCES)}", "zh": f"已有：{'、'.join(OCCURRENCES)}"},
        )
    return found


def _tell(terminal: Terminal, command: str, shown: str | None = None) -> None:
    terminal.say(said(terminal, "done"), style="green")
    if shown is not None:
        terminal.say(said(terminal, "webhook_secret", secret=shown))
    terminal.give({"id": command, "secret": shown})
