"""The bank's log with its keys: opened when it is needed, read beside a writer, proved from, checked."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from huitong.app.bundles import proved_policy
from huitong.app.custody import Custody
from huitong.app.losing import kept_in, require_kept
from huitong.app.settings import Settings
from huitong.app.sweeping import catch_up
from huitong.app.turn import Turn
from huitong.app.workspace import Workspace, disk_refused
from huitong.contracts import DataContract, Decision
from huitong.kernel import Clock, EventId, ExternalError, Finding, HuitongError, InputError, Severity, Text, ulid
from huitong.store import (
    LogOptions,
    MasterKey,
    Proof,
    RecordLog,
    check_log,
    decode,
    kept_heads,
    master_from,
    open_log,
    prove,
    unknown_record,
    witness_at,
)
from huitong.store.apart import Opening
from huitong.store.checkpoint import Signer
from huitong.store.opening import file_of
from huitong.store.storage import Head
from huitong.store.turning import replace_signer, rotate_signer
from huitong.store.vault import FindMaster
from huitong.store.vault.names import opens
from huitong.store.witness import Witness
from huitong.verifier import origin_of, read_keys

LOG_FILE = "log.sqlite"
_AFTER_ITS_HEAD: Text = {
    "en": "whoever writes signs with its next commit that is a second after the last head, and when it ends: run this again then",
    "zh": "写入方会在距上一签名头满一秒后的下一次提交时、以及结束时签署：届时请再次运行",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a log tells of itself.

    Attributes:
        name: What its heads call it.
        size: Number of records.
        head: The latest signed head; ``None`` where nothing is signed.
        unsigned: Why no head could be signed for the records after it; ``None`` where it covers all of them.
    """

    name: str
    size: int
    head: Head | None
    unsigned: HuitongError | None


class Logbook:
    """The log of a bank.

    Args:
        workspace: The bank's folder.
        settings: Its settings.
        contracts: Data contracts by kind.
        clock: Tells the present.
        turn: Whose it is to write to the log.
    """

    def __init__(self, workspace: Workspace, settings: Settings, contracts: Mapping[str, DataContract], clock: Clock, turn: Turn) -> None:
        self.custody = Custody(workspace.root, settings)
        self._workspace = workspace
        self._settings = settings
        self._contracts = contracts
        self._clock = clock
        self._turn = turn
        self._log: RecordLog | None = None
        self._opening = threading.RLock()
        self.untold: list[ExternalError] = []
        """What witnesses could not take, known once the log was closed."""

    def close(self) -> None:
        """Lets go of the log; waits until its witnesses were told."""
        log, self._log = self._log, None
        if log is not None:
            try:
                log.close()
            finally:
                self.untold += log.witness_troubles

    def hurry(self) -> None:
        """From here on nothing waits for a log whose storage is away; see ``RecordLog.hurry``."""
        if (log := self._log) is not None:
            log.hurry()

    @property
    def writing(self) -> bool:
        """Whether this process has the log open for writing."""
        return self._log is not None

    @property
    def log(self) -> RecordLog:
        """The event and decision log, opened for writing at its first use.

        Raises:
            ExternalError: If another process has it open, the disk refuses, or the log that was there is gone.
        """
        with self._opening:
            if self._log is None:
                with _turn_of_another():
                    self._log = self._open_log(self._signer())
            return self._log

    def _require_kept(self) -> None:
        if self._log is not None or (isinstance(self.address, Path) and self.address.exists()):
            return  # one that is open says itself where it is gone
        read = partial(open_log, self.address, writable=False, segments=self.segments)
        require_kept(self.address, read, (self.custody.master_file, *kept_in(self._workspace.root)))

    def _signer(self) -> Signer:
        if not self.custody.founded and self._unsigned():  # else its keys are lost: no other takes their place without a word
            self.custody.found()
        return self.custody.signer()

    def _unsigned(self) -> bool:
        try:
            with open_log(self.address, writable=False, segments=self.segments) as log:
                return log.head() is None
        except InputError as error:
            if error.code != "store.missing":
                raise
            return True

    def _options(self, signer: Signer | None, master: MasterKey | FindMaster | None) -> LogOptions:
        return LogOptions(
            clock=self._clock,
            signer=signer,
            master=master,
            contracts=self._contracts,
            relaxed=self._settings.relaxed,
            segments=self.segments,
        )

    def write_apart(self) -> None:
        """From here on a process of its own writes, so that deciding and writing take no turns at one interpreter.

        Raises:
            HuitongError: If the process cannot be started, or cannot open the log.
        """
        with self._turn, self._opening:
            log = self.log
            options = self._options(self.custody.signer(), self.custody.master(opens(log.reader), writable=True))
            log.write_apart(Opening(self.address, options, self._witnesses(), self._settings.hung_seconds))

    def _open_log(self, signer: Signer | None) -> RecordLog:
        self._require_kept()
        log = open_log(self.address, **self._options(signer, partial(self.custody.master, writable=True)))
        try:
            if witnesses := self._witnesses():
                log.tell(witnesses)
            catch_up(self._workspace.root, log.persons.last_erased)
        except BaseException:
            log.close()
            raise
        return log

    def _witnesses(self) -> list[Witness]:
        return [witness_at(one if "://" in one else str(self._workspace.root / one)) for one in self._settings.witnesses]

    @property
    def address(self) -> str | Path:
        """Where the log is: a file or a URL, which may hold a password."""
        url, place = self._settings.log_url, self._sealed_at()
        if url is None:
            return self._workspace.root / "log" / LOG_FILE
        if place is None or file_of(url) is not None or "segments=" in url:
            return url
        return f"{url}{'&' if '?' in url else '?'}segments={quote(str(place), safe='')}"

    @property
    def segments(self) -> str | Path | None:
        """Where sealed records of a log in a file are, a folder or a URL; ``None`` for beside it. A database's address says it."""
        return self._sealed_at() if file_of(self.address) is not None else None

    def _sealed_at(self) -> str | Path | None:
        place = self._settings.segments
        return place if place is None or "://" in place else self._workspace.root / place

    @contextmanager
    def reading(self) -> Iterator[RecordLog | None]:
        """The log for reading only, which needs no turn among writers; ``None`` where nothing was ever written."""
        if self._log is not None:
            yield self._log
            return
        try:
            master = partial(self.custody.master, writable=False)
            log = open_log(self.address, writable=False, master=master, contracts=self._contracts, segments=self.segments)
        except InputError as error:
            if error.code != "store.missing":
                raise
            self._require_kept()
            yield None
            return
        with log:
            yield log

    def check(self, told: Callable[[int, int], None]) -> tuple[Finding, ...]:
        """Reads the whole log and says what is wrong with it; another process may be writing meanwhile.

        Args:
            told: How many records of how many were read.
        """
        address = self.address
        self._require_kept()
        if isinstance(address, Path):
            return check_log(address, told, self.segments) if address.exists() else ()
        with open_log(address, writable=False, segments=self.segments) as log:
            return log.check(told)

    def check_witnesses(self) -> Iterator[Finding]:
        """Hands the latest head to each witness again, and says who did not take it."""
        witnesses = self._witnesses()
        if not witnesses:
            return
        with self.reading() as log:
            head = None if log is None else log.head()
        for name, witness in zip(self._settings.witnesses, witnesses, strict=True):
            try:
                if head is not None:
                    witness.receive(head)
            except ExternalError as error:
                yield Finding("witness.untold", name, error.cause, error.remedy, Severity.WARNING)

    def check_witnessed(self, path: Path) -> list[Finding]:
        """Whether the log still begins with every head that a witness kept in a file.

        Raises:
            InputError: If there is no such file, or no log.
            DataError: If it holds something else.
            ExternalError: If the system refuses.
        """
        kept = kept_heads(path)
        try:
            keys = read_keys(self.custody.public_file.read_bytes())
        except OSError as error:
            raise disk_refused(self.custody.public_file, error) from error
        with self.reading() as log:
            return (log or self.log).check_witnessed(kept, keys)  # where there is none, one is made, and found wanting

    def prove(self, record_id: EventId) -> Proof:
        """The proof that a decision with its event, or an event, is in the log; anyone with the public key can check it.

        A decision is named by its own id, or by its event's: then it is the latest one on it. Its proof also names the files of the version
        that decided, where they are kept here.

        Where the latest head does not cover the record, one is signed, for which nobody else may be writing.

        Raises:
            InputError: If there is no such record.
            HuitongError: If it is covered by no head, and none can be signed now; the error says why.
        """
        try:
            with self.reading() as log:
                if log is None:
                    raise unknown_record(record_id)
                return self._proof(log, record_id)
        except InputError as error:
            if error.code != "proof.unsigned":
                raise
            unsigned = error
        return self._proof(self._signing(unsigned), record_id)

    def _proof(self, log: RecordLog, record_id: EventId) -> Proof:
        decisions = log.decisions_of(record_id)
        proof = prove(log, decisions[-1].id if decisions else record_id)
        decision = decode(proof["records"][0]["payload"].encode())
        policy = proved_policy(self._workspace, decision) if isinstance(decision, Decision) else None
        if policy is not None:
            proof["policy"] = policy
        return proof

    def _signing(self, unsigned: HuitongError) -> RecordLog:
        """The log opened for writing, to sign a head that is missing; where that cannot be, the error says what it was for."""
        try:
            return self.log
        except HuitongError as error:
            raise type(error)(
                error.code,
                {
                    "en": f"{unsigned.cause['en']}, and none can be signed now: {error.cause['en']}",
                    "zh": f"{unsigned.cause['zh']}，且目前无法签署：{error.cause['zh']}",
                },
                _AFTER_ITS_HEAD if error.code == "bank.held" else error.remedy,
            ) from None

    def show(self) -> Shown:
        """The log's name, and its latest head; one is signed where records came after it and nobody else is writing.

        Raises:
            HuitongError: If the log cannot be read.
        """
        with self.reading() as log:
            shown = None if log is None else Shown(origin_of(log.id), log.end(), log.head(), None)
        if shown is not None and shown.size <= (0 if shown.head is None else shown.head.size):
            return shown
        try:
            head = self.log.sign_head()
            return Shown(origin_of(self.log.id), self.log.end(), head, None)
        except HuitongError as error:
            if shown is None:
                raise
            return Shown(shown.name, shown.size, shown.head, error)

    def rotate_signing_key(self) -> Path:
        """Signs heads with a new key from here on; old heads stay verifiable. Returns where the public keys are."""
        now_us = self._clock.now_us()
        self.log.sign_head()
        before = self.custody.signer()
        after = self.custody.new_signer()
        with self._turn:
            rotate_signer(self.log, before, after, ulid(now_us, os.urandom), now_us)
        self.custody.take_over_signer(f"signing-until-{now_us}.pem")  # only now: where the log refused, the key before goes on
        return self.custody.public_file

    def replace_signing_key(self, ground: str) -> Path:
        """Signs heads with a new key from here on, since the one before is lost; that no key vouches for it becomes a record.

        Args:
            ground: Why; it is written down.

        Returns:
            Where the public keys are.

        Raises:
            InputError: If the key is there.
            ExternalError: If another process has the log open, or the disk refuses.
        """
        now_us = self._clock.now_us()
        with self._turn, self._opening:
            after = self.custody.successor()
            self.close()
            with _turn_of_another():
                self._log = self._open_log(None)  # so that nothing is signed before the break is a record
            replace_signer(self._log, after, ulid(now_us, os.urandom), now_us, ground)
            self.custody.take_over_signer(f"signing-until-{now_us}.pem")
        return self.custody.public_file

    def rotate_master_key(self, source: str | None = None) -> int:
        """Wraps every key of a name with a new master key, without touching a record; returns how many.

        Args:
            source: Of a key that is kept elsewhere, ``file:PATH`` or ``env:NAME``; whoever keeps it enters it in the settings afterwards.

        Raises:
            InputError: If there is none at the source.
            DataError: If it is no key; or none is given, and the key in use is kept elsewhere.
        """
        if source is not None:
            return self.log.persons.rotate_master(master_from(source))
        count = self.log.persons.rotate_master(self.custody.new_master())
        self.custody.take_over_master()
        return count


@contextmanager
def _turn_of_another() -> Iterator[None]:
    """Says what can be done meanwhile where another process writes to the bank."""
    try:
        yield
    except ExternalError as error:
        if error.code != "store.held":
            raise
        raise ExternalError(
            "bank.held",
            error.cause,
            {
                "en": "wait until it has ended, or end it; meanwhile `train`, `replay`, `explain` and `log check`, which only read, work",
                "zh": "请等待其结束或将其关闭；其间只读的 `train`、`replay`、`explain` 与 `log check` 仍可使用",
            },
        ) from None
