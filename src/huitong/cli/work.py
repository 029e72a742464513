"""The commands that work on payments: train, replay, ingest, explain."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from huitong.app import Bank, RunReport, Source, Taken, Trained
from huitong.app.moments import local_time
from huitong.app.training import NO_LABELS
from huitong.cli.decisions import outcome_called, show_decision
from huitong.cli.opening import opened_bank
from huitong.cli.options import (
    DEFAULT_BANK,
    BankOption,
    ExistingBankOption,
    FromOption,
    InputsOption,
    JsonOption,
    LanguageOption,
    MappingsOption,
    PolicyArgument,
    PrequentialOption,
    ReportOption,
    TrainingSeedOption,
    UntilOption,
)
from huitong.cli.terminal import Terminal
from huitong.data import Quarantine
from huitong.evaluation.words import chance
from huitong.kernel import DataError, Finding, InputError, time_text
from huitong.risk.transactions import PUBLISHED, REAL_CARDS_WARNING

CONFLICTS_SHOWN_MAX = 20
EXAMPLE_ROWS_MAX = 100
"""Rows set aside that are looked through for an example of each finding."""


def sources_of(inputs: list[Path] | None, mappings: list[str] | None) -> list[Source] | None:
    """Tables with their mappings: one for all of them, one each, or none at all, and then those that fit; ``None`` without a table.

    Raises:
        InputError: If the numbers do not fit.
    """
    if not inputs:
        return None
    names: list[str | None] = [*mappings] if mappings else [None]
    if len(names) not in (1, len(inputs)):
        raise InputError(
            "cli.mappings.count",
            {"en": f"{len(inputs)} tables but {len(names)} mappings", "zh": f"给出 {len(inputs)} 个数据表，却有 {len(names)} 个映射"},
            {"en": "give --mapping once, or once for each --input", "zh": "请给出一个 --mapping，或为每个 --input 各给一个"},
        )
    names = names * len(inputs) if len(names) == 1 else names
    return [Source(path, name) for path, name in zip(inputs, names, strict=True)]


@contextmanager
def ready(terminal: Terminal, folder: Path) -> Iterator[Bank]:
    """The bank with its kernels compiled; says why the first start waits."""
    with opened_bank(terminal, folder) as bank:
        bank.warm_up(lambda why: terminal.say(terminal.text(why), style="dim"))
        yield bank


def train(
    policy: PolicyArgument,
    inputs: InputsOption = None,
    mappings: MappingsOption = None,
    until: UntilOption = None,
    seed: TrainingSeedOption = None,
    bank: BankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Train the policy's model on the past and choose its thresholds. · 用历史数据训练模型并选择阈值。"""
    terminal = Terminal(lang, json)
    with ready(terminal, bank) as opened, terminal.progress() as progress:
        trained = opened.train(policy, sources_of(inputs, mappings), until=until, seed=seed, progress=progress)
    show_trained(terminal, trained)
    terminal.give(trained_document(trained))


def show_trained(terminal: Terminal, trained: Trained) -> None:
    """What a training came to, in words."""
    chosen, typed = (
        ("，" if terminal.language == "zh" else ", ").join(
            f"{outcome_called(terminal, name)} ≥ {chance(value)}"
            for name, value in trained.thresholds.items()
            if (name in trained.typed) is there
        )
        for there in (False, True)
    )
    until = local_time(trained.trained_until_us, trained.zone)
    if terminal.language == "zh":
        terminal.say(
            f"{trained.policy}：用 {trained.rows:,} 笔已知结果的支付（欺诈 {trained.frauds:,} 笔，截至 {until}）训练完成",
            f"阈值（按团队处理能力与损失矩阵选出）：{chosen or '无'}",
            *([f"阈值（写在 policy.toml 中，训练不予更改）：{typed}"] if typed else []),
        )
    else:
        terminal.say(
            f"{trained.policy}: trained on {trained.rows:,} payments whose end is known ({trained.frauds:,} frauds), until {until}",
            f"thresholds, from the team's capacity and the loss matrix: {chosen or 'none'}",
            *([f"thresholds that stand in policy.toml, which training leaves as they are: {typed}"] if typed else []),
        )
    terminal.say(f"{terminal.word('version')} {trained.policy}@{trained.version[:12]}", style="dim")
    terminal.findings(trained.findings)


def trained_document(trained: Trained) -> dict[str, object]:
    """A training for machines."""
    return {
        "policy": trained.policy,
        "version": trained.version,
        "model": trained.model,
        "rows": trained.rows,
        "frauds": trained.frauds,
        "trained_until": time_text(trained.trained_until_us),
        "metrics": dict(trained.metrics),
        "thresholds": dict(trained.thresholds),
        "thresholds_typed": sorted(trained.typed),
    }


def replay(
    policy: PolicyArgument,
    inputs: InputsOption = None,
    mappings: MappingsOption = None,
    against: Annotated[
        str | None, typer.Option(metavar="POLICY", help="Compare with this policy or version. · 与此策略或版本比较。")
    ] = None,
    since: FromOption = None,
    prequential: PrequentialOption = None,
    report: ReportOption = None,
    bank: BankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Decide every payment of a table as it would have been decided live, and judge the result. · 按当时所知回放每笔支付并评估。"""
    terminal = Terminal(lang, json)
    sources = sources_of(inputs, mappings)
    with ready(terminal, bank) as opened:
        if sources is not None and opened.untrained(policy):
            _train_first(terminal, opened, policy, sources)
        done = _replayed(terminal, opened, policy, sources, against, since, prequential, report, lang)
    terminal.say(*done.lines(terminal.language))
    if done.caution is not None:
        terminal.say(f"! {terminal.text(done.caution)}", style="yellow")
    terminal.findings(done.findings)
    show_prequential(terminal, done)
    if report is not None:
        terminal.say(f"{terminal.word('report_at')}{terminal.colon}{report}", style="dim")
    if terminal.json:
        document = done.report.to_json()
        if done.reproduced is not None:
            document = msgspec.json.encode({**msgspec.json.decode(document), "reproduced": done.reproduced})
        sys.stdout.write(document.decode() + "\n")


def _train_first(terminal: Terminal, bank: Bank, policy: str, sources: list[Source]) -> None:
    """Trains a policy that never was; where nothing is known to learn from, its lists, rules and tables decide alone."""
    terminal.say(terminal.word("training_first"), style="yellow")
    try:
        with terminal.progress() as progress:
            trained = bank.train(policy, sources, progress=progress)
    except InputError as error:
        if error.code != NO_LABELS:
            raise
        terminal.say(f"! {terminal.text(error.cause)}", f"  → {terminal.word('without_model')}", style="yellow")
        return
    show_trained(terminal, trained)


def show_prequential(terminal: Terminal, done: RunReport) -> None:
    """Our folds beside the book's figures, and the book's warning."""
    protocols = done.report.prequential
    if not protocols:
        return
    rows = [(terminal.text(one.title), _figure(one.average_precision), _figure(one.card_precision_100)) for one in protocols]
    book = [
        (
            f"{terminal.word('book')}{terminal.colon}{terminal.text(one.model)}",
            _figure(one.average_precision),
            _figure(one.card_precision_100),
        )
        for one in PUBLISHED
    ]
    terminal.say("")
    terminal.table([terminal.word("rolling"), "AP", "CP@100"], [*rows, *book], figures=(1, 2))
    terminal.say(terminal.text(REAL_CARDS_WARNING), style="yellow")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _replayed(
    terminal: Terminal,
    bank: Bank,
    policy: str,
    sources: list[Source] | None,
    against: str | None,
    since: str | None,
    prequential: str | None,
    report: Path | None,
    lang: str | None,
) -> RunReport:
    with terminal.progress() as progress:
        done = bank.replay(policy, sources, against=against, since=since, prequential_from=prequential, progress=progress)
        if report is not None:
            progress("reporting", 0, 1)
            done.save(report, terminal.language if lang else None)
            progress("reporting", 1, 1)
    return done


def ingest(
    inputs: InputsOption = None,
    mappings: MappingsOption = None,
    bank: BankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Write a table's events to the log; bad rows go to quarantine. · 将数据表写入日志，问题行进入隔离区。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened:
        with terminal.progress() as progress:
            sources = sources_of(inputs, mappings)
            if sources is None:
                raise InputError(
                    "source.none",
                    {"en": "no table was given", "zh": "没有给出数据表"},
                    {"en": "give --input FILE --mapping NAME", "zh": "请给出 --input 文件 --mapping 名称"},
                )
            taken, appended = opened.ingest(sources, progress=progress)
        terminal.say(
            f"{terminal.word('written')} {appended.new:,} · {terminal.word('repeated')} {appended.repeated + taken.repeated:,} · "
            f"{terminal.word('quarantined')} {taken.quarantined + len(taken.conflicts):,}"
        )
        show_aside(terminal, taken)
    terminal.give(
        {
            "new": appended.new,
            "conflicts": [{"id": one.where, "text": one.text} for one in taken.conflicts],
            "repeated": appended.repeated + taken.repeated,
            "quarantined": taken.quarantined,
            "quarantine": [str(kept) for kept in taken.quarantines],
            "findings": dict(taken.findings),
        }
    )
    if taken.conflicts:
        raise typer.Exit(DataError.exit_code)


def show_aside(terminal: Terminal, taken: Taken) -> None:
    """Rows and events that were set aside: how many, why, where they are, and what to do about them."""
    for kept in taken.quarantines:
        terminal.say(f"  → {kept}", style="dim")
    if taken.quarantines:
        terminal.say(f"  {terminal.word('mend')}", style="dim")
    examples = _examples(taken.quarantines.values())
    for code, count in taken.findings.items():
        shown = f" · {examples[code].where}{terminal.colon}{terminal.text(examples[code].text)}" if code in examples else ""
        terminal.say(f"  {code}{terminal.colon}{count:,}{shown}", style="yellow")
    if taken.conflicts:
        terminal.say(f"  → {taken.conflicts_kept}", style="dim")
        terminal.findings(taken.conflicts[:CONFLICTS_SHOWN_MAX])


def _examples(quarantines: Iterable[Quarantine]) -> dict[str, Finding]:
    """The first finding of each code among the first rows set aside."""
    first: dict[str, Finding] = {}
    for quarantine in quarantines:
        for row in islice(quarantine.rows(), EXAMPLE_ROWS_MAX):
            for finding in row.findings:
                first.setdefault(finding.code, finding)
    return first


def explain(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Id of the decided event. · 被决策事件的编号。")],
    policy: Annotated[str | None, typer.Option(metavar="POLICY", help="Policy. · 策略。")] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Show why an event was decided as it was: from the log, or from the last replay, recomputed. · 说明一笔决策的理由与证据。"""
    terminal = Terminal(lang, json)
    with ready(terminal, bank) as opened:
        with terminal.progress() as progress:
            explained = opened.explain(event, policy=policy, progress=progress)
        show_decision(terminal, explained.decision, explained.event, explained.loaded)
        if explained.erased is not None:
            terminal.say("", terminal.text(explained.erased), style="yellow")
        terminal.say("", terminal.text(explained.origin), style="dim")
    terminal.give(explained.decision)
