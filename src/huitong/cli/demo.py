"""`huitong demo`: a bank from nothing to an explained decision, in one command."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from huitong.app import Bank, RunReport, Source
from huitong.cli.decisions import show_decision
from huitong.cli.options import BankOption, InputsOption, JsonOption, LanguageOption, MappingsOption
from huitong.cli.terminal import Terminal
from huitong.cli.work import show_trained, sources_of, trained_document
from huitong.risk import transactions

DEMO_BANK = Path("demo-bank")
POLICY = "card_payments"
SEED = 2026
MAPPINGS = ("synthetic", "synthetic_labels", "synthetic_profiles")
"""Mappings of payments, labels and profiles."""


def demo(
    inputs: InputsOption = None,
    mappings: MappingsOption = None,
    report: Annotated[Path | None, typer.Option(help="Where the report goes. · 报告路径。", show_default=False)] = None,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic bank. · 合成银行的种子。")] = SEED,
    customers: Annotated[int | None, typer.Option(help="Customers of the synthetic bank. · 合成银行的客户数。", show_default=False)] = None,
    bank: BankOption = DEMO_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Make a quarter of payments (or take yours), train a policy, replay it, explain a decision. · 一条命令看完整流程。"""
    terminal = Terminal(lang, json)
    zh = terminal.language == "zh"
    target = report or bank / "report.html"
    with Bank(bank) as opened:
        with terminal.progress() as progress:
            opened.warm_up(lambda why: terminal.say(terminal.text(why), style="dim"))
            sources = sources_of(inputs, mappings)
            if sources is None:
                progress("generating", 0, 1)
                sources = synthetic_sources(bank / "data", seed, customers)
                progress("generating", 1, 1)
            trained = opened.train(POLICY, sources, progress=progress)
        show_trained(terminal, trained)
        with terminal.progress() as progress:
            done = opened.replay(POLICY, sources, progress=progress)
            done.save(target, terminal.language)
        terminal.say("", *done.lines(terminal.language))
        _one_decision(terminal, done)
    terminal.say("", *(_next_zh(bank, target) if zh else _next_en(bank, target)))
    terminal.give({"report": str(target), **trained_document(trained)})


def synthetic_sources(folder: Path, seed: int, customers: int | None) -> list[Source]:
    """A synthetic bank's quarter as files, each with its mapping; written anew only if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        bank = transactions.generate(seed) if customers is None else transactions.generate(seed, customers=customers)
        made = bank.write_parquet(Path(scratch))
        files = [(path, folder / path.name) for path in (made.payments, made.labels, made.profiles)]
        for path, target in files:
            path.replace(target)
    return [Source(target, mapping) for (_, target), mapping in zip(files, MAPPINGS, strict=True)]


def _one_decision(terminal: Terminal, done: RunReport) -> None:
    sample = done.first_sample()
    if sample is None:
        return
    terminal.say("", "一笔决策及其理由：" if terminal.language == "zh" else "One decision, and why:", style="bold")
    show_decision(terminal, sample.decision, sample.event, done.run.loaded)


def _next_en(bank: Path, report: Path) -> list[str]:
    return [
        f"The whole report: {report} (opens in any browser, without a network)",
        "What to try next:",
        f"  huitong explain PAYMENT-ID --bank {bank}          any decision of the report, with its reasons",
        f"  edit {bank}/policies/{POLICY}/*.dmn, then",
        f"  huitong policy diff {POLICY} {POLICY}@VERSION --bank {bank}",
        "  huitong replay … --against …                       who is decided differently, and who was right",
    ]


def _next_zh(bank: Path, report: Path) -> list[str]:
    return [
        f"完整报告：{report}（任何浏览器均可打开，无需联网）",
        "接下来可以：",
        f"  huitong explain 支付编号 --bank {bank}             查看报告中任意一笔决策的理由",
        f"  修改 {bank}/policies/{POLICY}/*.dmn，然后",
        f"  huitong policy diff {POLICY} {POLICY}@版本 --bank {bank}",
        "  huitong replay … --against …                      谁的结果变了，变得对不对",
    ]
