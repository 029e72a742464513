"""One seed, one life of a log: calls, faults and crashes by chance, and after each of them the log beside the model."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from random import Random
from typing import Any, TypeVar

from huitong.kernel import HuitongError
from huitong.store import Head, RecordLog, prove
from huitong.store.proofs import prove_consistency
from huitong.store.vault import LocalMasterKey
from huitong.verifier import leaf_hash, node_hash, read_note, require_consistent, verified_note, verify
from tests.simulation.calls import Append, Call, Forget, Rotate
from tests.simulation.chance import CrashError, SimulatedClock, SimulatedSigner
from tests.simulation.clients import CUSTOMERS, HOUR_US, Clients
from tests.simulation.faults import Fault, Faults
from tests.simulation.house import House
from tests.simulation.model import Model, Tokens, short
from tests.simulation.places import Place
from tests.simulation.settling import BrokenError, settled

T = TypeVar("T")


class World:
    """A log, its clients, and what was promised to them.

    Args:
        chance: Says all that happens.
        faults: What goes wrong.
        place: Where the log is kept.
        signer: Signs heads.
        clients: Who asks.
        house: The bank around the log, where there is one.
    """

    def __init__(
        self, chance: Random, faults: Faults, place: Place, signer: SimulatedSigner, clients: Clients, house: House | None = None
    ) -> None:
        self.chance = chance
        self.faults = faults
        self.clock: SimulatedClock = faults.clock
        self.place = place
        self.house = house
        self.model = Model(clients.vaulted)
        self.trace: list[str] = []
        self._key = signer.public_key
        self.clients = clients
        self._masters: list[LocalMasterKey | None] = [clients.master() if clients.vaulted else None]
        self._payloads: list[bytes] = []
        self._roots: dict[int, bytes] = {}
        self._heads: dict[int, Head] = {}
        self._tokens = Tokens() if house is None else house.tokens
        self._log = self._open()

    def _open(self) -> RecordLog:
        log = self._tried(self.place.open)
        if self.house is not None:
            self.house.open(log)
        return log

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
            self.clock.pause(self.chance.expovariate(1 / self.clients.pace_s))
            self._step(number)
        self._reopen()
        self._look_at_all()
        if self.house is not None:
            self.house.look_back(self.model)

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
            calls = self.clients.calls(self.model.entries)
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

    def _ask(self, number: int, calls: Sequence[Call], fault: Fault | None) -> None:
        said = f"{number}: {' | '.join(str(call) for call in calls)}"
        self._say(said + ("" if fault is None else f" -- {fault}"))
        log, rotated = self._log, [call.master for call in calls if isinstance(call, Rotate)]
        self._masters = [*reversed(rotated), *self._masters]
        before = self._wrapped() if self.model.vaulted and any(isinstance(call, Forget | Rotate) for call in calls) else {}
        self.faults.arm(fault)
        outcomes = self._outcomes([lambda call=call: call.ask(log) for call in calls])
        fired = list(self.faults.fired)
        self.faults.arm(None)
        if fired:
            self._say(f"   {', '.join(fired)}; {[short(outcome) for outcome in outcomes]}")
        if self.faults.crashed:
            self._crash(fired)
        self._settle(calls, outcomes, faulty=bool(fired))
        if rotated and not fired:
            self._masters = list(rotated)  # one of them was the last
        self.clients.sent += calls
        self._look()
        if any(self.place.holds(secret) for name, secret in before.items() if self._wrapped().get(name) != secret):
            raise BrokenError("the key of a forgotten name is still in a file")

    def _wrapped(self) -> dict[bytes, bytes]:
        """The wrapped key of each name that is in the key ring."""
        return self._log._reader.kept("key")

    def _outcomes(self, jobs: Sequence[Any]) -> list[Any]:
        if len(jobs) > 1 or self.house is not None:
            return self.place.turns.together(jobs)
        try:
            return [jobs[0]()]
        except (Exception, CrashError) as error:
            return [error]

    def _settle(self, calls: Sequence[Call], outcomes: Sequence[object], *, faulty: bool) -> None:
        """Finds what became of calls without a sure answer; everything else has to be as the model says."""
        ids = [record.content.id for record in self._log.read(len(self._payloads))]
        self.model = settled(self.model, calls, outcomes, faulty=faulty, ids=ids, fits=self._require_tail)

    def _require_tail(self, model: Model) -> None:
        first = len(self._payloads)
        tail = list(self._log.read(first))
        if [record.offset for record in tail] != list(range(first, len(model.entries))):
            raise BrokenError(f"offsets {[record.offset for record in tail]} from {first} on where {len(model.entries)} records were due")
        if model.vaulted and len(self._wrapped()) != len(model.keys):
            raise BrokenError(f"{len(self._wrapped())} keys of names where {len(model.keys)} were due")
        for record in tail:
            self._tokens.require(model, record.offset, record.content, record.payload)

    def _crash(self, fired: Sequence[str] = ()) -> None:
        self.faults.fired = list(fired)
        self.place.turns.end()
        self.place.crash()
        if self.house is not None:
            self.house.crash()
        self.faults.crashed = False
        self._log = self._open()
        self._look_at_all(settled=False)

    def _reopen(self) -> None:
        (self.house or self._log).close()
        self._log = self._open()

    def _rival(self) -> None:
        old, call = self._log, self.clients.call(self.model.entries)
        try:
            self._log = self._open()
        except BrokenError:  # the lock holds, as that of a file does
            return
        with suppress(HuitongError):
            Append([self.clients.event()], columns=False).ask(old)
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
        if self.house is not None:
            self.house.look(self.model)
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
            for customer in range(CUSTOMERS):
                alive = ("customer", f"Customer-{customer}", None) in self.model.names
                if alive != ("customer" in self._log.persons.known_as(f"Customer-{customer}")):
                    raise BrokenError(f"Customer-{customer} is {'not ' if alive else ''}known")


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
