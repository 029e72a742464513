"""The commands of a roll-out: status, draft, evidence, forward, back, retire. Thin: the rules are the book's."""

import os
from dataclasses import asdict
from typing import Annotated, cast

import typer

from huitong.app import Bank
from huitong.app.editing import Editing
from huitong.cli.access import ByOption, acting
from huitong.cli.options import (
    DEFAULT_BANK,
    BankOption,
    ExistingBankOption,
    InputsOption,
    JsonOption,
    LanguageOption,
    MappingsOption,
    PolicyArgument,
    existing_bank,
)
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup
from huitong.cli.work import sources_of
from huitong.client import Client
from huitong.decisions import rollout as ro
from huitong.kernel import ExternalError, InputError, Text, time_text

rollout_app = typer.Typer(
    cls=SpokenGroup, help="Roll a policy's version out: shadow, canary, live, and back. · 策略版本发布：影子、灰度、生效与回退。"
)

VersionArgument = Annotated[str, typer.Argument(metavar="VERSION", help="First digits of the version's hash. · 版本哈希的开头几位。")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="What the change is for. · 修改理由。")]
WhyOption = Annotated[str, typer.Option("--ground", metavar="TEXT", help="Why; it is written down. · 理由，将被记录。")]
KEY_VARIABLE = "HUITONG_KEY"
ServiceOption = Annotated[
    str | None,
    typer.Option(
        "--service",
        metavar="ADDRESS",
        envvar="HUITONG_SERVICE",
        help=f"Of the bank while it is served; {KEY_VARIABLE} holds an API key. · 服务中的机构的地址；接口密钥取自 {KEY_VARIABLE}。",
        show_default=False,
    ),
]

WORDS: dict[str, Text] = {
    "never": {"zh": "该策略从未发布：按其文件夹中的内容决策", "en": "this policy was never rolled out: it decides as its folder says"},
    "version": {"zh": "版本", "en": "version"},
    "stage": {"zh": "阶段", "en": "stage"},
    "since": {"zh": "自", "en": "since"},
    "author": {"zh": "作者", "en": "author"},
    "reason": {"zh": "理由", "en": "reason"},
    "lacks": {"zh": "进入“{stage}”尚缺", "en": "missing before {stage}"},
    "larger": {"zh": "更大的灰度比例", "en": "a larger share"},
    "drafted": {"zh": "已登记版本 {version}", "en": "drafted version {version}"},
    "taken_up": {
        "zh": "{version} 已回到文件夹中，可以此为基础继续修改",
        "en": "{version} stands in the folder again: go on from there",
    },
    "differs": {"zh": "与生效版本有 {count} 处不同", "en": "{count} places differ from the live version"},
    "evidence": {"zh": "已记录证据：{decided} 笔决策，拒绝 {declined} 笔", "en": "evidence kept: {decided} decisions, {declined} declined"},
    "back": {"zh": "已回退；现由 {live} 决策", "en": "stepped back; {live} decides now"},
    "moved": {"zh": "版本 {version} 现处于“{stage}”阶段", "en": "version {version} is now in stage {stage}"},
    "replaced": {"zh": "{version} 自 {time} 起由 {other} 接替", "en": "{version} gave way to {other} {time}"},
    "again": {
        "zh": "{version} 自 {time} 起恢复生效；此前由 {other} 决策，该版本已由 {by} 回退：{ground}",
        "en": "{version} is live again since {time}; {other}, which decided until then, was stepped back by {by}: {ground}",
    },
    "counts": {
        "zh": "生效版本 {live}；挑战者 {challenger}；两者不同 {differing} 笔",
        "en": "live version {live}; challenger {challenger}; {differing} differ",
    },
    "count": {"zh": "{decided} 笔中拒绝 {declined} 笔", "en": "{declined} of {decided} declined"},
    "difference": {
        "zh": "拒绝率之差（始终有效的 {level:.0%} 区间）：{low:+.2%} 至 {high:+.2%}",
        "en": "difference of decline rates (always-valid {level:.0%} interval): {low:+.2%} to {high:+.2%}",
    },
}


@rollout_app.callback()
def _group(lang: LanguageOption = None) -> None:
    pass


@rollout_app.command("status", cls=SpokenCommand)
def status(policy: PolicyArgument, bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """Show each version of a policy, what it lacks, what was counted. · 显示各版本的阶段、所缺条件与计数。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened:
        (known, found), settings, now_us = opened.rollouts.seen(policy), opened.rollouts.settings, opened.clock.now_us()
    if not known.versions:
        terminal.say(_said(terminal, "never"))
    rows = [_row(terminal, one) for one in known.versions.values()]
    if rows:
        terminal.table([_said(terminal, name) for name in ("version", "stage", "since", "author", "reason")], rows, whole=(0,))
    for one in known.versions.values():
        _show_shares(terminal, one)
        _show_caused(terminal, one)
        _show_lacking(terminal, ro.with_found(one, found, now_us), known, settings, now_us)
    if found is not None:
        _show_counts(terminal, found, settings)
    document = {"policy": policy, "live": known.live and known.live.hash, "versions": [asdict(one) for one in known.versions.values()]}
    terminal.give({**document, "counted": None if found is None else asdict(found)})


@rollout_app.command("draft", cls=SpokenCommand)
def draft(
    policy: PolicyArgument,
    reason: ReasonOption,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Make what stands in the policy's folder a version. · 将策略文件夹中的内容登记为新版本。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        version = opened.rollouts.draft(command, policy, reason)
    terminal.say(_said(terminal, "drafted").format(version=version), style="green")
    terminal.give({"policy": policy, "version": version})


@rollout_app.command("take-up", cls=SpokenCommand)
def take_up(
    policy: PolicyArgument,
    version: VersionArgument,
    reason: ReasonOption,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Put an old version's files back into the policy's folder, to go on from there. · 将旧版本放回策略文件夹，继续修改。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        taken = Editing(opened).take_up(command, policy, version, reason)
        live = opened.rollouts.status(policy).live
        found = [] if live is None else opened.diff(policy, f"{policy}@{live.hash}")
        stage = opened.rollouts.version_of(policy, taken).stage
    terminal.say(_said(terminal, "taken_up").format(version=taken[:12]), style="green")
    terminal.say(_said(terminal, "differs").format(count=len(found)))
    for one in found:
        terminal.say(f"  {one.file}{terminal.colon}{terminal.text(one.said)}")
    terminal.give({"policy": policy, "version": taken, "stage": stage, "differing": len(found)})


@rollout_app.command("evidence", cls=SpokenCommand)
def evidence(
    policy: PolicyArgument,
    by: ByOption,
    inputs: InputsOption = None,
    mappings: MappingsOption = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Replay the version that stands in the policy's folder, and keep what was found as evidence. · 回放当前版本，并将结果记为证据。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        with terminal.progress() as progress:
            report = opened.replay(policy, sources_of(inputs, mappings), progress=progress)
        found = opened.rollouts.replayed(command, policy, report)
    terminal.say(_said(terminal, "evidence").format(decided=f"{found.decided:,}", declined=f"{found.declined:,}"), style="green")
    terminal.give({"policy": policy, "version": report.report.version, **asdict(found)})


@rollout_app.command("forward", cls=SpokenCommand)
def forward(
    policy: PolicyArgument,
    version: VersionArgument,
    to: Annotated[str, typer.Option("--to", metavar="STAGE", help="shadow, canary or live. · 去向。")],
    by: ByOption,
    share: Annotated[
        str, typer.Option("--share", metavar="PERCENT", help="Of a canary: percent of the customers. · 灰度的客户百分比。")
    ] = "0",
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Take the next step, as somebody who did not write the version. · 由作者以外的审批人推进到下一阶段。"""
    terminal = Terminal(lang, json)
    if to not in ("shadow", "canary", "live"):
        raise InputError(
            "rollout.stage",
            {"en": f"{to!r} is no step forward", "zh": f"{to!r} 不是可推进的阶段"},
            {"en": "name shadow, canary or live", "zh": "请使用 shadow、canary 或 live"},
        )
    share_ppm = ro.share_ppm_of(share)
    with acting(bank, by, terminal) as (opened, command):
        opened.rollouts.forward(command, policy, version, cast("ro.Stage", to), share_ppm=share_ppm)
        _tell(terminal, opened, policy, opened.rollouts.version_of(policy, version).hash)


@rollout_app.command("back", cls=SpokenCommand)
def back(
    policy: PolicyArgument,
    ground: WhyOption,
    by: ByOption = "",
    version: Annotated[
        str | None,
        typer.Option(
            "--version",
            metavar="VERSION",
            help="By default the challenger; a live version must be named. · 默认为挑战者；生效版本须指明。",
            show_default=False,
        ),
    ] = None,
    service: ServiceOption = None,
    bank: BankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Step back: a challenger stops, a live version gives way to the one before it. · 回退：挑战者停止，或恢复上一个生效版本。"""
    terminal = Terminal(lang, json)
    if service is not None:
        _back_while_served(terminal, service, policy, ground, version)
        return
    try:
        with acting(existing_bank(bank), by, terminal) as (opened, command):
            _tell(terminal, opened, policy, opened.rollouts.back(command, policy, ground, version))
    except ExternalError as error:
        raise _served(error) if error.code == "bank.held" else error from None


@rollout_app.command("retire", cls=SpokenCommand)
def retire(
    policy: PolicyArgument,
    version: VersionArgument,
    ground: WhyOption,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Give a version up that does not run. · 放弃未运行的版本。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        opened.rollouts.retire(command, policy, version, ground)
        _tell(terminal, opened, policy, opened.rollouts.version_of(policy, version).hash)


def _back_while_served(terminal: Terminal, service: str, policy: str, ground: str, version: str | None) -> None:
    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise InputError(
            "cli.service.key",
            {"en": f"{KEY_VARIABLE} holds no API key", "zh": f"环境变量 {KEY_VARIABLE} 中没有接口密钥"},
            {
                "en": "make one while the bank is not served, or in the console: huitong api-keys make --scope policies",
                "zh": "请在机构未服务时创建，或在控制台创建：huitong api-keys make --scope policies",
            },
        )
    with Client(service, headers={"authorization": f"Bearer {key}"}) as client:
        if version is not None:  # the service takes longer hashes only, since its callers are programs
            version = ro.hash_named(policy, (one.version for one in client.work.rollout(policy).value.versions), version)
        step = client.work.back(policy, ground, version).id
        known = client.work.rollout(policy).value
    terminal.say(_said(terminal, "back").format(live=(known.live or "—")[:12]), style="green")
    moved = next(one for one in known.versions if any(own["id"] == step and own["caused_by"] is None for own in one.steps))
    document = {"policy": policy, "version": moved.version, "stage": moved.stage, "share_ppm": moved.share_ppm, "live": known.live}
    terminal.give(document)


def _served(error: ExternalError) -> ExternalError:
    """The same error with the way that leads on while the bank is served."""
    return ExternalError(
        error.code,
        error.cause,
        {
            "en": f"while it is served: --service http://HOST:PORT with an API key in {KEY_VARIABLE}, or the button on the policy's page",
            "zh": f"服务期间：请加上 --service http://主机:端口，接口密钥放入 {KEY_VARIABLE}；或使用策略页面上的按钮",
        },
    )


def _tell(terminal: Terminal, bank: Bank, policy: str, version: str) -> None:
    known = bank.rollouts.version_of(policy, version)
    stage = _stage(terminal, known)
    terminal.say(_said(terminal, "moved").format(version=version[:12], stage=stage), style="green")
    live = bank.rollouts.status(policy).live
    terminal.give({"policy": policy, "version": version, "stage": known.stage, "share_ppm": known.share_ppm, "live": live and live.hash})


def _row(terminal: Terminal, one: ro.Version) -> list[str]:
    return [one.hash[:12], _stage(terminal, one), time_text(one.since_us()), one.author, one.reason]


def _stage(terminal: Terminal, one: ro.Version) -> str:
    share = f" {ro.percent_of(one.share_ppm)} %" if one.share_ppm else ""
    return f"{terminal.text(ro.STAGE_TITLES[one.stage])}{share}"


def _show_lacking(terminal: Terminal, one: ro.Version, known: ro.PolicyRollout, settings: ro.RolloutSettings, now_us: int) -> None:
    for to in known.next_steps(one):
        stage = _said(terminal, "larger") if to == one.stage else terminal.text(ro.STAGE_TITLES[to])
        for text in ro.missing(one, to, settings, now_us):
            terminal.say(
                f"{one.hash[:12]} {_said(terminal, 'lacks').format(stage=stage)}{terminal.colon}{terminal.text(text)}", style="yellow"
            )


def _show_shares(terminal: Terminal, one: ro.Version) -> None:
    """How a canary grew: which share since when."""
    if one.stage == "canary":
        steps = [f"{ro.percent_of(step.share_ppm)} % {_said(terminal, 'since')} {time_text(step.time_us)}" for step in one.shares()]
        terminal.say(f"{one.hash[:12]} {', '.join(steps)}")


def _show_caused(terminal: Terminal, one: ro.Version) -> None:
    """Of a version that another one's step brought where it stands, which."""
    step = one.steps[-1] if one.steps else None
    if step is not None and step.caused_by is not None:
        said = _said(terminal, "again" if step.stage == "live" else "replaced")
        known = {"version": one.hash[:12], "other": step.caused_by[:12], "time": time_text(step.time_us), "by": step.by}
        terminal.say(said.format(**known, ground=step.ground))


def _show_counts(terminal: Terminal, found: ro.Found, settings: ro.RolloutSettings) -> None:
    live = _said(terminal, "count").format(decided=f"{found.against_decided:,}", declined=f"{found.against_declined:,}")
    challenger = _said(terminal, "count").format(decided=f"{found.decided:,}", declined=f"{found.declined:,}")
    differing = "—" if found.differing is None else f"{found.differing:,}"
    terminal.say(_said(terminal, "counts").format(live=live, challenger=challenger, differing=differing))
    if found.sort == "canary":
        one, other = ro.Counted(found.against_declined, found.against_decided), ro.Counted(found.declined, found.decided)
        between = ro.difference_interval(one, other, settings.alpha)
        terminal.say(_said(terminal, "difference").format(level=1 - settings.alpha, low=between.low, high=between.high))


def _said(terminal: Terminal, name: str) -> str:
    return terminal.text(WORDS[name])
