"""The commands that look: policy check, policy diff, features list."""

from itertools import groupby
from typing import Annotated

import typer

from huitong.app import Bank
from huitong.cli.options import DEFAULT_BANK, ExistingBankOption, JsonOption, LanguageOption, PolicyArgument
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup
from huitong.decisions.compare import Difference

policy_app = typer.Typer(cls=SpokenGroup, help="Check and compare policies. · 检查与比较策略。")
features_app = typer.Typer(cls=SpokenGroup, help="Look at features. · 查看特征。")


@policy_app.callback()
@features_app.callback()
def _group(lang: LanguageOption = None) -> None:
    pass


@policy_app.command("check", cls=SpokenCommand)
def check(policy: PolicyArgument, bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """Load a policy and say everything that speaks against it. · 加载策略并列出所有问题。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened:
        loaded = opened.load(policy)
    settings = loaded.program.settings
    terminal.say(f"{settings.name}@{loaded.program.version[:12]} · {terminal.text(settings.title)}", style="bold")
    terminal.findings(loaded.findings)
    if not loaded.findings:
        terminal.say(terminal.word("no_findings"), style="green")
    terminal.give(
        {
            "policy": settings.name,
            "version": loaded.program.version,
            "findings": [
                {"code": one.code, "where": one.where, "text": one.text, "remedy": one.remedy, "severity": str(one.severity)}
                for one in loaded.findings
            ],
        }
    )


@policy_app.command("diff", cls=SpokenCommand)
def diff(
    policy: PolicyArgument,
    against: Annotated[str, typer.Argument(metavar="AGAINST", help="The version to compare with. · 用于比较的版本。")],
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Show what changed between two versions: rules, cells, lists, features, model. · 显示两个版本之间的差异。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened:
        found = opened.diff(policy, against)
    if not found:
        terminal.say(terminal.word("same"), style="green")
    for file, changes in groupby(found, key=lambda one: one.file):
        terminal.say(file, style="bold")
        terminal.say(*(f"  {_told(terminal, one)}" for one in changes))
    terminal.give([{"file": one.file, "place": one.place, "before": one.before, "after": one.after} for one in found])


def _told(terminal: Terminal, one: Difference) -> str:
    """One change in a line: what came, what went, or what became what."""
    place = f"{terminal.text(one.said)}{terminal.colon}" if one.place else ""
    if one.before is None:
        return f"{place}+ {one.after}"
    return f"{place}- {one.before}" if one.after is None else f"{place}{one.before} → {one.after}"


@features_app.command("list", cls=SpokenCommand)
def features(
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="Policy. · 策略。")] = "card_payments",
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """List the features of a policy with type, unit and meaning. · 列出策略的特征及其类型、单位与含义。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened:
        loaded = opened.load(policy, trained=False)
    plan, declared = loaded.plan, loaded.program.plain
    rows = [(one.name, one.operation, f"{terminal.text(one.title)} · {one.unit or one.type}") for one in plan.features[:declared]]
    heads = [terminal.word("feature"), "", f"{terminal.word('title')} · {terminal.word('unit')}"]
    terminal.table(heads, rows, whole=(0, 1))
    if made := len(plan.features) - declared:
        terminal.say(terminal.word("features_made").format(count=f"{made:,}"), style="dim")
    terminal.give(
        [
            {"name": one.name, "operation": one.operation, "type": str(one.type), "unit": one.unit, "title": dict(one.title)}
            for one in plan.features
        ]
    )
