"""One seed, one life of a log: calls, faults and crashes by chance, and after each of them the log beside the model."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import combinations
from random import Random
from typing import Any, TypeVar

from huitong.contracts import Decision, Event, Evidence, Measure
from huitong.kernel import HuitongError
from huitong.store import Head, RecordLog, prove
from huitong.store.proofs import prove_consistency
from huitong.store.vault import LocalMasterKey
from huitong.store.vault.names import Name
from huitong.verifier import leaf_hash, node_hash, read_note, require_consistent, verified_note, verify
from tests.simulation.calls import Append, Call, Decide, Forget, HoldCall, Rotate, Seal, Sign
from tests.simulation.chance import CrashError, SimulatedClock, SimulatedSigner
from tests.simulation.faults import Fault, Faults
from tests.simulation.lockstep import LockstepWriter
from tests.simulation.model import PAYMENT, Model, RefusedError, Tokens, code_of
from tests.simulation.places import Place

T = TypeVar("T")
REFUSALS = {"store.disk.full", "store.held"}
"""What a fault may answer when it wrote nothing."""
HOUR_US = 3_600_000_000


class BrokenError(AssertionError):
    """The log broke a promise."""


class World:
    """A log, its clients, and what was promised to them.

    Args:
        chance: Says all that happens.
        faults: What goes wrong.
        place: Where the log is kept.
        signer: Signs heads.
        vaulted: Whether names are concealed.
    """

    def __init__(self, chance: Random, faults: Faults, place: Place, signer: SimulatedSigner, *, vaulted: bool) -> None:
        self.chance = chance
        self.faults = faults
        self.clock: SimulatedClock = faults.clock
        self.place = place
        self.model = Model(vaulted)
        self.trace: list[str] = []
        self._key = signer.public_key
        self._masters = [self._master()] if vaulted else [None]
        self._payloads: list[bytes] = []
        self._roots: dict[int, bytes] = {}
        self._heads: dict[int, Head] = {}
        self._tokens = Tokens()
        self._made = 0
        self._sent: list[Call] = []
        self._log, self._writer = self._open()

    def _master(self) -> LocalMasterKey:
        return LocalMasterKey(self.chance.randbytes(32))

    def _open(self) -> tuple[RecordLog, LockstepWriter]:
        return self._tried(self.place.open)

    def _tried(self, opener: Callable[[LocalMasterKey | None], T]) -> T:
        """Opens with the master key that must be the one, or, after a rotation of which nobody heard, with those that may be."""
        last: HuitongError | None = None
        for master in self._masters:
            try:
                opened = opener(master)
            except HuitongError as error:
                last = error
            else:
                self._masters = [master]
                return opened
        raise BrokenError(f"the log does not open: {last}")

    def run(self, steps: int) -> None:
        """Lives ``steps`` steps, and looks at everything at the end."""
        for number in range(steps):
            self.clock.pause(self.chance.expovariate(2))
            self._step(number)
        self._reopen()
        self._look_at_all()

    def _say(self, text: str) -> None:
        self.trace.append(text)

    def _step(self, number: int) -> None:
        kind = self.chance.random()
        if kind < 0.03:
            self.clock.jump(self.chance.choice([-HOUR_US, HOUR_US, -5_000_000, 400 * 24 * HOUR_US, -400 * 24 * HOUR_US]))
            self._say(f"{number}: the clock jumps")
        elif kind < 0.07:
            self._say(f"{number}: reopen")
            self._reopen()
        elif kind < 0.10:
            self._say(f"{number}: crash at rest")
            self._crash()
        elif kind < 0.13:
            self._say(f"{number}: a second writer")
            self._rival()
        else:
            calls = [self._call() for _ in range(self.chance.choice([1, 1, 1, 1, 2, 3, 4]))]
            # Who seals waits for others who seal, and would not give way.
            calls = [call for row, call in enumerate(calls) if not isinstance(call, Seal) or row == 0]
            self._ask(number, calls, self._fault() if self.chance.random() < 0.35 else None)
        if self.chance.random() < 0.06:
            self._look_at_all()

    def _fault(self) -> Fault:
        chance = self.chance
        kinds = ["fails", "fails_after", "fails_dropped", "slow", "crash", "crash", "crash_after", "crash_after", *self.extra_faults]
        on = chance.choice([None, None, None, "commit", "commit", "begin", "undo", "roll_back", "scrub"])
        return Fault(
            at=0 if on else chance.randrange(chance.choice([6, 12, 30])),
            kind=chance.choice(kinds),  # type: ignore[arg-type]  # each is a kind
            calls=chance.choice([1, 1, 1, 2, 3]),
            seconds=chance.choice([0.0, 0.5, 5.0, 40.0]),
            on=on,
        )

    extra_faults: Sequence[str] = ()
    large = 0.40
    """Chance above which a call appends some hundred events."""

    def _ask(self, number: int, calls: Sequence[Call], fault: Fault | None) -> None:
        said = f"{number}: {' | '.join(str(call) for call in calls)}"
        self._say(said + ("" if fault is None else f" -- {fault}"))
        log, rotated = self._log, [call.master for call in calls if isinstance(call, Rotate)]
        self._masters = [*reversed(rotated), *self._masters]
        before = self._wrapped() if self.model.vaulted and any(isinstance(call, Forget) for call in calls) else set()
        self.faults.arm(fault)
        outcomes = self._outcomes([lambda call=call: call.ask(log) for call in calls])  # type: ignore[misc]  # mypy cannot type a default
        fired = list(self.faults.fired)
        self.faults.arm(None)
        if fired:
            self._say(f"   {', '.join(fired)}; {[_short(outcome) for outcome in outcomes]}")
        if self.faults.crashed:
            self._crash(fired)
        self._settle(calls, outcomes, faulty=bool(fired))
        if rotated and not fired:
            self._masters = [rotated[-1]]
        self._sent += calls
        self._look()
        if before and any(self.place.holds(secret) for secret in before - self._wrapped()):
            raise BrokenError("the key of a forgotten name is still in a file")

    def _wrapped(self) -> set[bytes]:
        """Every wrapped key of a name that is in the key ring."""
        return set(self._log._reader.kept("key").values())

    def _outcomes(self, jobs: Sequence[Any]) -> list[Any]:
        if len(jobs) > 1:
            return self._writer.together(jobs, self.chance)
        try:
            return [jobs[0]()]
        except (Exception, CrashError) as error:
            return [error]

    def _settle(self, calls: Sequence[Call], outcomes: Sequence[object], *, faulty: bool) -> None:
        """Finds what became of calls without a sure answer; everything else has to be as the model says."""
        unsure = [row for row, one in enumerate(outcomes) if isinstance(one, CrashError) or code(one) == "store.gone"]
        refused = {row for row, one in enumerate(outcomes) if faulty and code(one) in REFUSALS}
        wrong: list[str] = []
        for there in _subsets(unsure):
            try:
                model = self._applied(calls, outcomes, {*unsure} - {*there} | refused, set(there))
                self._require_tail(model)
            except AssertionError as error:
                wrong.append(str(error))
            else:
                self.model = model
                return
        raise BrokenError(" / ".join(dict.fromkeys(wrong)))

    def _applied(self, calls: Sequence[Call], outcomes: Sequence[object], absent: set[int], silent: set[int]) -> Model:
        model = self.model.copy()
        for row, (call, outcome) in enumerate(zip(calls, outcomes, strict=True)):
            if row in absent:
                continue
            trial = model.copy()
            try:
                answer = call.apply(trial)
                model = trial
            except RefusedError as error:
                answer = error.code
                outcome = code(outcome)
            if row not in silent and answer != outcome:
                raise BrokenError(f"{call}: {_short(outcome)} where {answer} was due")
        return model

    def _require_tail(self, model: Model) -> None:
        first = len(self._payloads)
        tail = list(self._log.read(first))
        if [record.offset for record in tail] != list(range(first, len(model.entries))):
            raise BrokenError(f"offsets {[record.offset for record in tail]} from {first} on where {len(model.entries)} records were due")
        for record in tail:
            self._tokens.require(model, record.offset, record.content, record.payload)

    def _crash(self, fired: Sequence[str] = ()) -> None:
        self.faults.fired = list(fired)
        self.place.crash()
        self.faults.crashed = False
        self._log, self._writer = self._open()
        self._look_at_all(settled=False)

    def _reopen(self) -> None:
        self._log.close()
        self._log, self._writer = self._open()

    def _rival(self) -> None:
        old, call = self._log, self._call()
        try:
            self._log, self._writer = self._open()
        except BrokenError:  # the lock holds, as that of a file does
            return
        with suppress(HuitongError):
            Append([self._event()], columns=False).ask(old)
            raise BrokenError("a writer that was replaced still writes")
        self._settle([call], self._outcomes([lambda: call.ask(self._log)]), faulty=False)
        with suppress(HuitongError):
            old.close()
        if isinstance(call, Rotate):
            self._masters = [call.master]
        self._look()

    def _look(self) -> None:
        """What is cheap enough to look at after every step."""
        log = self._log
        self._payloads += list(log.payloads(len(self._payloads)))
        if log.end() != len(self.model.entries) or len(self._payloads) != log.end():
            raise BrokenError(f"{log.end()} records where {len(self.model.entries)} were due")
        if log.tree().root() != self._root(len(self._payloads)):
            raise BrokenError("the tree is not that of the records")
        self._look_at_heads(log)

    def _root(self, size: int) -> bytes:
        if size not in self._roots:
            self._roots[size] = root_of(self._payloads[:size])
        return self._roots[size]

    def _look_at_heads(self, log: RecordLog) -> None:
        head, known = log.head(), self._heads
        if head is None:
            if known:
                raise BrokenError("every head is gone")
            return
        latest = max(known, default=0)
        if head.size < latest or (head.size == latest and head != known[latest]):
            raise BrokenError(f"the head of {latest} records is gone: {head.size}")
        if known and head.time_us < known[latest].time_us:
            raise BrokenError("a head went back in time")
        known[head.size] = head
        note = verified_note(head.note, [self._key])
        if (note.size, note.root) != (head.size, self._root(head.size)):
            raise BrokenError("a head does not sign the records")
        first, second = sorted(self.chance.choices(list(known), k=2))
        path = log.tree(second).consistency(first, second)
        require_consistent(read_note(known[first].note), read_note(known[second].note), path)

    def _look_at_all(self, *, settled: bool = True) -> None:
        """Everything: each record, each byte, each proof, as another process sees it."""
        if list(self._log.payloads())[: len(self._payloads)] != self._payloads:
            raise BrokenError("a record that was there has changed or gone")
        if not settled:
            return
        findings = self.place.check()
        if findings:
            raise BrokenError(f"check finds {findings[:3]}")
        reader = self._tried(self.place.read)
        try:
            for record in reader.read():
                self._tokens.require(self.model, record.offset, record.content, record.payload)
            self._look_at_proofs()
        finally:
            reader.close()
        for earlier in self.chance.sample(list(self._heads.values()), min(4, len(self._heads))):
            proof = prove_consistency(self._log, earlier.note)
            verify(proof, [self._key])

    def _look_at_proofs(self) -> None:
        self._look()
        content = [entry.content for entry in self.model.entries]
        if content:
            one = self.chance.choice(content)
            verified = verify(prove(self._log, one.id), [self._key])
            assert verified.records[0][1]["id"] == one.id
            self._look()
        if self.model.vaulted:
            for customer in range(5):
                alive = ("customer", f"Customer-{customer}", None) in self.model.names
                if alive != ("customer" in self._log.known_as(f"Customer-{customer}")):
                    raise BrokenError(f"Customer-{customer} is {'not ' if alive else ''}known")

    def _call(self) -> Call:
        chance, kind = self.chance, self.chance.random()
        if kind < 0.12 and self._sent:
            return chance.choice(self._sent)  # delivered twice, or late and after others
        if kind < 0.40:
            return Append(self._events(chance.choice([0, 1, 1, 2, 3, 5])), columns=chance.random() < 0.4)
        if kind < self.large:
            return Append(self._events(chance.choice([40, 250, 300])), columns=chance.random() < 0.7)
        if kind < 0.47:
            return Sign()
        if kind < 0.50:
            return Seal(chance.choice([0, 3, 100, 300]), chance.choice([20, 300, 10_000]))
        if self.model.vaulted and kind < 0.68:
            return self._vault_call()
        return self._decide()

    def _vault_call(self) -> Call:
        chance, customer, record_id = self.chance, f"Customer-{self.chance.randrange(5)}", f"v{self._number()}"
        kind = chance.random()
        if kind < 0.45:
            return Forget(customer, record_id, self.clock.now_us())
        if kind < 0.7:
            until = None if chance.random() < 0.6 else self.clock.now_us() + chance.choice([-1, 1_000_000, 10 * HOUR_US])
            return HoldCall(customer, until, record_id, self.clock.now_us())
        return Rotate(self._master())

    def _number(self) -> int:
        self._made += 1
        return self._made

    def _events(self, count: int) -> list[Event]:
        events = [self._event() for _ in range(count)]
        known = [entry.content for entry in self.model.entries if isinstance(entry.content, Event) and entry.content.kind == PAYMENT.kind]
        if known and events and self.chance.random() < 0.3:
            events.insert(self.chance.randrange(len(events)), self.chance.choice(known))  # again
        if known and events and self.chance.random() < 0.05:
            events.append(self._event(self.chance.choice(known).id))  # other content
        return events

    def _event(self, event_id: str | None = None) -> Event:
        chance, customer = self.chance, self.chance.randrange(5)
        account = customer if chance.random() < 0.7 else chance.randrange(5)
        keys = {"customer": f"Customer-{customer}", "account": f"Account-{account}", "terminal": "T1"}
        if chance.random() < 0.5:
            keys["counterparty"] = f"Account-{chance.randrange(7)}"
        late_us = chance.choice([0, 0, 0, 60_000_000, 30 * 24 * HOUR_US])
        data = {"amount": chance.randrange(1, 1_000_000), "channel": "online", "holder": chance.choice(["Zhang Wei", "Chen Jing"])}
        return Event(event_id or f"e{self._number()}", PAYMENT.kind, self.clock.now_us() - late_us, keys, data)

    def _decide(self) -> Decide:
        chance = self.chance
        event = chance.choice(self._events(2))
        decision = Decision(
            id=f"d{self._number()}",
            event=event.id,
            policy="p",
            version="v",
            outcome=chance.choice(["approve", "decline"]),
            score=chance.random(),
            reasons=(),
            evidence=Evidence(),
            measures=(Measure("hold", "account", event.keys["account"], 5, "g"),),
            tier="full",
            latency_ns=chance.randrange(10_000_000),
        )
        return Decide(event, decision)


def _subsets(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    yield rows
    for count in range(len(rows)):
        yield from combinations(rows, count)


def code(outcome: object) -> str:
    return code_of(outcome) if isinstance(outcome, BaseException) else ""


def _short(outcome: object) -> str:
    return code(outcome) or str(outcome)[:60]


def root_of(payloads: Sequence[bytes]) -> bytes:
    """The root of a tree over payloads by the recursion of RFC 9162, section 2.1.1."""
    return _root([leaf_hash(payload) for payload in payloads])


def _root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(_root(leaves[:split]), _root(leaves[split:]))
