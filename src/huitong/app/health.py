"""What is wrong with a bank that is served: with cause and remedy, and whether it can still decide."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from huitong.app.bank import Bank
from huitong.app.live import Live
from huitong.app.meter import DecisionMeter
from huitong.app.reach import LogReach
from huitong.app.rollouts import version_moved
from huitong.app.rounds import Part
from huitong.contracts import Health
from huitong.decisions.policy import SETTINGS_FILE, contract_for
from huitong.kernel import Finding, HuitongError, Severity, Text
from huitong.risk.disposition import Ledger, overdue

DISK_LOW_BYTES, DISK_FULL_BYTES = 2 * 1024**3, 100 * 1024**2
"""Free space below which somebody should act, and below which a commit may fail."""
BEHIND_RECORDS_MAX = 100_000
"""Records that a feature state may be behind the log: the next decision takes them in first, some seconds at this figure."""

OVER_ONCE_IT_ANSWERS = frozenset({"store.gone", "store.vanished", "store.apart.ended"})
"""Why a group was not written: over once the log answers. No decision may show it: nobody is sent to a service whose health is troubled."""


def health_of(bank: Bank, policy: str, parts: Sequence[Part], reach: LogReach, started_us: int, fronts: int = 0) -> Health:
    """How a served bank is.

    Args:
        bank: The bank.
        policy: What decides where a caller names no policy.
        parts: What goes on by itself.
        reach: Asks the log; where it does not answer, nothing else is asked of it.
        started_us: Since when it is served, µs UTC.
        fronts: How many processes take connections before it.
    """
    live, findings, end = bank.live(policy), list[Finding](), -1
    try:
        end = reach.end()
        findings += [trouble(error, "log", Severity.WARNING) for error in bank.log.witnesses_away]
        findings += _version(bank, live, policy)
        findings += bank.measures.ask(lambda ledger: _core(ledger, bank))
    except HuitongError as error:
        end = -1
        findings.append(trouble(error, "log"))
    findings += [*_disk(bank.workspace.root), *_keys(bank), *_policies(bank), *_deciding(bank, live, policy, end)]
    findings += [trouble(one.error, one.name, Severity.WARNING) for one in parts if one.error is not None]
    return Health(tuple(findings), live.decider.waiting, end, started_us, {policy: live.loaded.program.version}, fronts)


def trouble(error: HuitongError, where: str, severity: Severity = Severity.ERROR) -> Finding:
    """An error as a finding."""
    return Finding(error.code, where, error.cause, error.remedy, severity)


def _disk(root: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(root).free
    if free >= DISK_LOW_BYTES:
        return
    text: Text = {"en": f"{free / 1024**2:,.0f} MiB are free on the bank's disk", "zh": f"机构所在磁盘仅剩 {free / 1024**2:,.0f} MiB"}
    remedy: Text = {
        "en": "make room: fewer `rows` under [log] in bank.toml, or `huitong log seal`, make it small; old runs/ and quarantine/ may go",
        "zh": "请清理空间：减小 bank.toml 中 [log] 的 rows，或 `huitong log seal`，可压缩日志；旧的 runs/ 与 quarantine/ 可以删除",
    }
    yield Finding("health.disk", "disk", text, remedy, Severity.ERROR if free < DISK_FULL_BYTES else Severity.WARNING)


def _keys(bank: Bank) -> Iterator[Finding]:
    try:
        bank.logbook.custody.signer()
    except HuitongError as error:  # what is open goes on with the key in memory; the next start needs it
        yield trouble(error, "keys", Severity.WARNING)


def _policies(bank: Bank) -> Iterator[Finding]:
    """Policies whose settings are wrong, or which decide what has no data contract; a version that decides already goes on."""
    try:
        names = bank.policies
    except HuitongError as error:
        yield trouble(error, "policies", Severity.WARNING)
        return
    for name in names:
        try:
            contract_for(bank.policies_say.of(name), bank.contracts, f"{name}/{SETTINGS_FILE}")
        except HuitongError as error:
            yield trouble(error, name, Severity.WARNING)


def _version(bank: Bank, live: Live, policy: str) -> Iterator[Finding]:
    booked, loaded = bank.rollouts.status(policy).live, live.loaded.program.version
    if booked is not None and booked.hash != loaded:
        yield trouble(version_moved(policy, booked.hash, loaded), policy, Severity.WARNING)


def _deciding(bank: Bank, live: Live, policy: str, end: int) -> Iterator[Finding]:
    decider = live.decider
    if decider.waiting > decider.bounds.waiting_max // 2:
        yield Finding(
            "health.queue",
            policy,
            {"en": f"{decider.waiting:,} calls wait", "zh": f"有 {decider.waiting:,} 个请求在等待"},
            {"en": "send less, or give the service more cores", "zh": "请减少请求，或为服务增加处理器"},
            Severity.WARNING,
        )
    yield from _writing(bank.lives.meter)
    if decider.closed:
        yield Finding(
            "health.stopped",
            policy,
            {"en": "the policy decides no more", "zh": "该策略已停止决策"},
            {"en": "start the service again", "zh": "请重新启动服务"},
        )
    if end - live.offset > BEHIND_RECORDS_MAX:
        yield Finding(
            "health.behind",
            policy,
            {
                "en": f"the feature state is {end - live.offset:,} records behind the log",
                "zh": f"特征状态落后日志 {end - live.offset:,} 条记录",
            },
            {
                "en": "nothing is lost: the next decision takes them in first, and its caller waits for that",
                "zh": "数据没有丢失：下一次决策会先补入这些记录，调用方须为此等待",
            },
            Severity.WARNING,
        )


def _writing(meter: DecisionMeter) -> Iterator[Finding]:
    """That the latest decisions were not written: an error for a while, since who is sent nothing then could never show that it is over."""
    failed, severity = meter.failed, Severity.ERROR if meter.failing else Severity.WARNING
    if isinstance(failed, HuitongError):
        if failed.code not in OVER_ONCE_IT_ANSWERS:  # and where it does not answer, that is said
            yield trouble(failed, "log", severity)
    elif failed is not None:
        yield Finding(
            "health.writer",
            "log",
            {
                "en": f"the latest decisions were not written ({type(failed).__name__})",
                "zh": f"最近的决策未能写入（{type(failed).__name__}）",
            },
            {"en": "look at the lines on the service's error stream; start it again", "zh": "请查看服务的错误输出，并重新启动"},
            severity,
        )


def _core(ledger: Ledger, bank: Bank) -> list[Finding]:
    """Whether the core system does as it is told."""
    if bank.measures.settings.core is None or not ledger.unanswered:
        return []
    silent = overdue(ledger, bank.clock.now_us())
    if not silent:
        return []
    return [
        Finding(
            "health.core",
            "measures",
            {
                "en": f"the core system has not answered {len(silent):,} of {len(ledger.unanswered):,} open commands",
                "zh": f"核心系统未答复 {len(ledger.unanswered):,} 条未决指令中的 {len(silent):,} 条",
            },
            {
                "en": "see that it can be reached; commands are kept, and sent again under the same key",
                "zh": "请检查其是否可达；指令已保存，并会以同一编号重发",
            },
            Severity.WARNING,
        )
    ]
