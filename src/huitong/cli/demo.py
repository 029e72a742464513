"""`huitong demo`: a bank from nothing to an explained decision, in one command."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from huitong.app import Bank, RunReport, Source
from huitong.cli.decisions import show_decision
from huitong.cli.demo_console import show_console
from huitong.cli.opening import opened_bank
from huitong.cli.options import BankOption, InputsOption, JsonOption, LanguageOption, MappingsOption, PortOption, ReportOption
from huitong.cli.terminal import Terminal
from huitong.cli.usage import whole_number
from huitong.cli.work import show_trained, sources_of, trained_document
from huitong.fronts.sockets import HOST, require_free
from huitong.kernel import DataError, Text
from huitong.risk import transactions
from huitong.risk.transactions.synthetic import CUSTOMERS, CUSTOMERS_MAX, CUSTOMERS_MIN, SEED_MAX

DEMO_BANK = Path("demo-bank")
POLICY = "card_payments"
SEED = 2026
MAPPINGS = ("synthetic", "synthetic_labels", "synthetic_profiles")
"""Mappings of payments, labels and profiles."""


def demo(
    inputs: InputsOption = None,
    mappings: MappingsOption = None,
    report: ReportOption = None,
    seed: Annotated[
        int,
        typer.Option(help="Seed of the synthetic bank. · 合成银行的种子。", metavar="INTEGER", parser=whole_number("--seed", 0, SEED_MAX)),
    ] = SEED,
    customers: Annotated[
        int,
        typer.Option(
            help="Customers of the synthetic bank; below some 2,000 there are too few frauds to train on. "
            "· 合成银行的客户数；少于约 2,000 时欺诈太少，不足以训练。",
            metavar="INTEGER",
            parser=whole_number("--customers", CUSTOMERS_MIN, CUSTOMERS_MAX),
        ),
    ] = CUSTOMERS,
    bank: BankOption = DEMO_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
    console: Annotated[
        bool | None,
        typer.Option("--console/--no-console", help="End in the console; by default at a terminal. · 最后打开控制台；默认仅在终端中。"),
    ] = None,
    eager: Annotated[
        bool,
        typer.Option(
            "--eager",
            help="Ends in a console where a roll-out takes minutes: payments come faster, steps ask for less than a bank's. "
            "· 打开控制台，发布可在数分钟内完成：支付更密集，各步骤的要求低于机构默认值。",
        ),
    ] = False,
    port: PortOption = 8000,
) -> None:
    """Make a quarter of payments (or take yours), train a policy, replay it, explain a decision. · 一条命令看完整流程。"""
    terminal = Terminal(lang, json)
    zh = terminal.language == "zh"
    target = report or bank / "report.html"
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty() and not json
    ends_in_console = console or (console is None and (eager or (at_terminal and inputs is None)))
    with opened_bank(terminal, bank) as opened:
        opened.log.end()  # the writer's turn, before anything is written over that another process decides with
        if ends_in_console:
            require_free(HOST, port)
        rollout = opened.rollouts.status(POLICY)
        rolled_out = bool(rollout.versions)
        shown = POLICY if rollout.live is None else f"{POLICY}@{rollout.live.hash}"  # the folder may hold what was taken back
        with terminal.progress() as progress:
            opened.warm_up(lambda why: terminal.say(terminal.text(why), style="dim"))
            sources = sources_of(inputs, mappings)
            if sources is None:
                progress("generating", 0, 1)
                sources = synthetic_sources(bank / "data", seed, customers)
                progress("generating", 1, 1)
            with nullcontext() if inputs else _enough_customers():
                trained = None if rolled_out else opened.train(POLICY, sources, progress=progress)
        if trained is not None:
            show_trained(terminal, trained)
        else:
            terminal.say(terminal.word("rolled_out").format(policy=POLICY), style="yellow")
        tables = [] if rolled_out and not inputs and _has_payments(opened) else sources
        with terminal.progress() as progress:
            done = opened.replay(shown, tables or None, progress=progress)
            done.save(target, terminal.language)
        terminal.say("", *done.lines(terminal.language))
        _one_decision(terminal, done)
        moved = [] if ends_in_console else tables  # the log has them, moved to the present, and the model moved along
        next_steps = partial(_what_next, bank, target, done, moved, zh=zh, lang=lang)
        if not ends_in_console:
            terminal.say("", *next_steps(done.run.loaded.program.version))
        kept = {"policy": POLICY, "version": done.run.loaded.program.version}
        document = {"report": str(target), **(kept if trained is None else trained_document(trained))}
        if ends_in_console:
            show_console(terminal, opened, POLICY, sources, port, next_steps, document, eager=eager)
        else:
            terminal.give(document)


@contextmanager
def _enough_customers() -> Iterator[None]:
    """Says of a synthetic bank from which nothing can be learned that it takes more customers: its rows are nobody else's to mend."""
    try:
        yield
    except DataError as error:
        if not error.code.startswith("training."):
            raise
        remedy: Text = {
            "en": f"make a larger bank: --customers {CUSTOMERS}, in an empty folder",
            "zh": f"请在空目录中生成更多客户：--customers {CUSTOMERS}",
        }
        raise DataError(error.code, error.cause, remedy) from error


def _has_payments(bank: Bank) -> bool:
    """Whether the log holds what the policy decides: moved to the present, where its tables are of long ago."""
    return next(bank.log.payloads(kinds=[bank.load(POLICY).plan.decides]), None) is not None


def synthetic_sources(folder: Path, seed: int, customers: int) -> list[Source]:
    """A synthetic bank's quarter as files, each with its mapping; written anew only if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        bank = transactions.generate(seed, customers=customers)
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


def _typed(program: Path) -> str:
    """What to type for this program from where we are."""
    if program.name != "huitong":
        return "huitong"
    path = os.path.relpath(program)
    return os.path.normpath(program) if path.startswith("..") else path


def _what_next(bank: Path, report: Path, done: RunReport, sources: list[Source], decides: str, *, zh: bool, lang: str | None) -> list[str]:
    """The report's place, and commands that work as they stand, in the language that was asked for."""
    version = f"{POLICY}@{decides[:12]}"
    sample = done.first_sample()
    event = "ID" if sample is None else sample.event.id
    replayed = " ".join([POLICY, *(f"--input {source.table} --mapping {source.mapping}" for source in sources)])
    place = f"{bank}/policies/{POLICY}/tables/"
    where = f"--bank {bank}" if lang is None else f"--bank {bank} --lang {lang}"
    command = _typed(Path(sys.argv[0]))
    steps = [
        ("看任意一笔决策的理由与证据", "any decision, with its reasons and evidence", f"{command} explain {event} {where}"),
        (
            f"先改 {place} 中决策表的一格（可用任何 DMN 编辑器打开），再看改了什么",
            f"change a cell of a table in {place} (any DMN modeller opens it), then see what changed",
            f"{command} policy diff {POLICY} {version} {where}",
        ),
        (
            "再看谁的结果会因此不同，变得对不对",
            "and who would be decided differently, and who was right",
            f"{command} replay {replayed} --against {version} --report {bank / 'compare.html'} {where}",
        ),
    ]
    first = (
        f"完整报告：{report}（任何浏览器均可打开，无需联网）"
        if zh
        else f"The whole report: {report} (opens in any browser, without a network)"
    )
    lines = [first, "", "接下来可以：" if zh else "What to try next:"]
    for chinese, english, line in steps:
        lines += [f"  {chinese if zh else english}", f"    {line}"]
    return lines
