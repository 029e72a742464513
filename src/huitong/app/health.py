"""What is wrong with a bank that is served: with cause and remedy, and whether it can still decide.

Who asks for it cannot wait: what has to be read in the log, or folded from it, is asked beside.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from huitong.app.bank import Bank
from huitong.app.beside import ANSWERS_SECONDS, Beside
from huitong.app.live import Live
from huitong.app.meter import DecisionMeter
from huitong.app.reach import LogReach
from huitong.app.rollouts import version_moved
from huitong.app.rounds import Part
from huitong.app.starts import started
from huitong.contracts import Health
from huitong.decisions.policy import SETTINGS_FILE, contract_for
from huitong.kernel import MICROSECONDS_PER_SECOND, Finding, HuitongError, Severity, Text, minute_text
from huitong.risk.disposition import Ledger, overdue

DISK_LOW_BYTES, DISK_FULL_BYTES = 2 * 1024**3, 100 * 1024**2
"""Free space below which somebody should act, and below which a commit may fail."""
BEHIND_RECORDS_MAX = 100_000
"""Records that a feature state may be behind the log: the next decision takes them in first, some seconds at this figure."""

UNWRITTEN_SECONDS_MAX = 5
"""How long a group may be on its way to the disk until that is told: nobody is answered meanwhile."""

OVER_ONCE_IT_ANSWERS = frozenset({"store.gone", "store.vanished", "store.apart.ended"})
"""Why a group was not written: over once the log answers. No decision may show it: nobody is sent to a service whose health is troubled."""


class HealthDesk:
    """Looks how a served bank is.

    Args:
        bank: The bank.
        policy: What decides where a caller names no policy.
        parts: What goes on by itself.
    """

    def __init__(self, bank: Bank, policy: str, parts: Sequence[Part]) -> None:
        self._bank, self._policy, self._parts = bank, policy, parts
        self._started_us = bank.clock.now_us()
        self._reach = LogReach(lambda: bank.log)
        self._books = Beside(self._of_the_books)

    def health(self, fronts: int = 0, until_s: float | None = None) -> Health:
        """How it is. Where the log does not answer, nothing else is asked of it.

        Args:
            fronts: How many processes take connections before it.
            until_s: How long whoever asks can wait, on the monotonic clock; by default ``ANSWERS_SECONDS``.
        """
        until_s = time.monotonic() + ANSWERS_SECONDS if until_s is None else until_s
        bank, policy, findings, end = self._bank, self._policy, list[Finding](), -1
        known = started(bank, policy)
        live = None if known is None else known.live
        try:
            end = self._reach.end(until_s)
            findings += [trouble(error, "log", Severity.WARNING) for error in bank.log.witnesses_away]
            told = self._books.ask(until_s)
            if told is None:
                findings.append(_unread(live))
            else:
                live, found = told
                findings += found
        except HuitongError as error:
            end = -1
            findings.append(trouble(error, "log"))
        findings += [*_disk(bank.workspace.root), *_keys(bank), *_policies(bank), *_writing(bank.lives.meter)]
        findings += [] if live is None else [*_deciding(live, policy, end), *_ahead(live, policy, bank.clock.now_us())]
        findings += [trouble(one.error, one.name, Severity.WARNING) for one in self._parts if one.error is not None]
        versions = {} if live is None else {policy: live.loaded.program.version}
        waiting = 0 if live is None else live.decider.waiting
        return Health(tuple(findings), waiting, end, self._started_us, versions, fronts, {} if live is None else self._canary(live))

    def _canary(self, live: Live) -> dict[str, tuple[str, int]]:
        """The version that decides for a share of the customers, as far as that is known without asking the log."""
        arms = self._bank.rollouts.known_arms(live.loaded.program.settings.name)
        return {} if arms is None or arms.canary is None else {self._policy: (arms.canary.partition("@")[2], arms.share_ppm)}

    def _of_the_books(self) -> tuple[Live, list[Finding]]:
        """Who decides, and what is wrong by the books."""
        live = self._bank.live(self._policy)
        return live, [*_version(self._bank, live, self._policy), *self._bank.measures.ask(lambda ledger: _core(ledger, self._bank))]


def _unread(live: Live | None) -> Finding:
    """That the books said nothing in time: an error where it is they who know what decides."""
    return Finding(
        "health.books",
        "log",
        {
            "en": f"the bank's books have not answered within {ANSWERS_SECONDS:g} s: they are read up to the log's end, or wait for it",
            "zh": f"账簿在 {ANSWERS_SECONDS:g} 秒内没有答复：正在读取至日志末尾，或在等待日志",
        },
        {
            "en": "wait: they go on by themselves; if it stays, look at the log's storage and the lines on the service's error stream",
            "zh": "请稍候，会自行继续；若持续出现，请检查日志所用的存储与服务的错误输出",
        },
        Severity.ERROR if live is None else Severity.WARNING,
    )


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


def _deciding(live: Live, policy: str, end: int) -> Iterator[Finding]:
    decider = live.decider
    if decider.waiting > decider.bounds.waiting_max // 2:
        yield Finding(
            "health.queue",
            policy,
            {"en": f"{decider.waiting:,} calls wait", "zh": f"有 {decider.waiting:,} 个请求在等待"},
            {"en": "send less, or give the service more cores", "zh": "请减少请求，或为服务增加处理器"},
            Severity.WARNING,
        )
    if end >= 0 and (unwritten_s := decider.unwritten_ns / 1e9) > UNWRITTEN_SECONDS_MAX:
        yield Finding(
            "health.unwritten",
            "log",
            {
                "en": f"decisions have been on their way to the log for {unwritten_s:.0f} s, and nobody is answered",
                "zh": f"有决策写入日志已 {unwritten_s:.0f} 秒仍未完成，调用方得不到应答",
            },
            {
                "en": "look at the disk or database of the log; a process of ours that hangs is started again by itself",
                "zh": "请检查日志所在的磁盘或数据库；若是写入进程停止响应，系统会自动将其重启",
            },
        )
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


def _ahead(live: Live, policy: str, now_us: int) -> Iterator[Finding]:
    """That a newer event than can be makes all others late: they are decided without what came before them."""
    newest_us, lateness_us = live.newest_us, live.loaded.plan.lateness_us
    if newest_us is None or newest_us - now_us <= lateness_us:
        return
    hours = (newest_us - now_us) / (3_600 * MICROSECONDS_PER_SECOND)
    yield Finding(
        "health.ahead",
        policy,
        {
            "en": f"the newest event is of {minute_text(newest_us)}, {hours:,.1f} h ahead of this machine's clock: events of now are late, "
            "and decided without windows, histories and graph",
            "zh": f"最新事件的时间为 {minute_text(newest_us)}，比本机时钟早到 {hours:,.1f} 小时："
            "当前事件被视为迟到，决策时没有窗口、历史与图特征",
        },
        {
            "en": "check this machine's clock and those of who sends events; at a right clock it is over once that time has come",
            "zh": "请核对本机与事件发送方的时钟；时钟正确时，到达该时刻后即恢复正常",
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
