"""The bank's log with its keys: opened when it is needed, read beside a writer, proved from, checked."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from huitong.app.bundles import proved_policy
from huitong.app.custody import Custody
from huitong.app.settings import Settings
from huitong.app.workspace import Workspace, disk_refused
from huitong.contracts import DataContract, Decision
from huitong.kernel import Clock, EventId, ExternalError, Finding, HuitongError, InputError, ulid
from huitong.store import Proof, RecordLog, check_log, decode, kept_heads, open_log, prove, witness_at
from huitong.verifier import read_keys

LOG_FILE = "log.sqlite"


class Logbook:
    """The log of a bank.

    Args:
        workspace: The bank's folder.
        settings: Its settings.
        contracts: Data contracts by kind.
        clock: Tells the present.
    """

    def __init__(self, workspace: Workspace, settings: Settings, contracts: Mapping[str, DataContract], clock: Clock) -> None:
        self.custody = Custody(workspace.root, settings)
        self._workspace = workspace
        self._settings = settings
        self._contracts = contracts
        self._clock = clock
        self._log: RecordLog | None = None
        self._opening = threading.RLock()

    def close(self) -> None:
        """Lets go of the log."""
        if self._log is not None:
            self._log.close()
            self._log = None

    @property
    def writing(self) -> bool:
        """Whether this process has the log open for writing."""
        return self._log is not None

    @property
    def log(self) -> RecordLog:
        """The event and decision log, opened for writing at its first use.

        Raises:
            ExternalError: If another process has it open, or the disk refuses.
        """
        with self._opening:
            if self._log is None:
                with _turn_of_another():
                    self._log = self._open_log()
            return self._log

    def _open_log(self) -> RecordLog:
        signer, master = self.custody.signer(), self.custody.master(known=self._conceals())
        log = open_log(
            self.address,
            clock=self._clock,
            signer=signer,
            master=master,
            contracts=self._contracts,
            relaxed=self._settings.relaxed,
        )
        if self._settings.witnesses:
            log.tell([witness_at(address) for address in self._settings.witnesses])
        return log

    def _conceals(self) -> bool:
        """Whether the log holds names under a master key already, which must then not be made anew."""
        try:
            with open_log(self.address, writable=False) as log:
                return log.conceals
        except HuitongError as error:
            if error.code in ("store.missing", "store.schema.older"):
                return False
            raise

    @property
    def address(self) -> str | Path:
        """Where the log is: a file or a URL, which may hold a password."""
        return self._settings.log_url or self._workspace.root / "log" / LOG_FILE

    @contextmanager
    def reading(self) -> Iterator[RecordLog | None]:
        """The log for reading only, which needs no turn among writers; ``None`` where nothing was ever written."""
        if self._log is not None:
            yield self._log
            return
        try:
            log = self._open_reader()
        except InputError as error:
            if error.code != "store.missing":
                raise
            yield None
            return
        with log:
            yield log

    def _open_reader(self) -> RecordLog:
        master = self.custody.master(known=True) if self._conceals() else None
        return open_log(self.address, writable=False, master=master, contracts=self._contracts)

    def check(self, told: Callable[[int, int], None]) -> tuple[Finding, ...]:
        """Reads the whole log and says what is wrong with it; another process may be writing meanwhile.

        Args:
            told: How many records of how many were read.
        """
        address = self.address
        if isinstance(address, Path):
            return check_log(address, told) if address.exists() else ()
        with open_log(address, writable=False) as log:
            return log.check(told)

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

        Raises:
            InputError: If there is no such record.
        """
        decisions = self.log.decisions_of(record_id)
        proof = prove(self.log, decisions[-1].id if decisions else record_id)
        decision = decode(proof["records"][0]["payload"].encode())
        policy = proved_policy(self._workspace, decision) if isinstance(decision, Decision) else None
        if policy is not None:
            proof["policy"] = policy
        return proof

    def rotate_signing_key(self) -> Path:
        """Signs heads with a new key from here on; old heads stay verifiable. Returns where the public keys are."""
        before, now_us = self.custody.signer(), self._clock.now_us()
        self.log.sign_head()
        after = self.custody.rotate_signer(f"signing-until-{now_us}.pem")
        self.log.rotate_signer(before, after, ulid(now_us, os.urandom), now_us)
        return self.custody.public_file

    def rotate_master_key(self) -> int:
        """Wraps every key of a name with a new master key, without touching a record; returns how many."""
        log = self.log
        master, fresh = self.custody.new_master()
        count = log.persons.rotate_master(master)
        self.custody.take_over(fresh)
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
