"""A bank around the log of a simulation: its folder, which survives a crash, and the process that has it open, which does not."""

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import ClassVar
from unittest.mock import patch

import msgspec

from huitong.app import Bank
from huitong.app.calls import Bounds
from huitong.app.decider import Decider
from huitong.app.incoming import fact_of
from huitong.contracts import TIER_FULL, Decision, Event
from huitong.decisions.policy import TIER_WITHOUT_GRAPH, TIER_WITHOUT_GRAPH_AND_MODEL, LoadedPolicy
from huitong.store import RecordLog
from tests.simulation.chance import SimulatedClock
from tests.simulation.lockstep import LockstepFuture, LockstepPool, LockstepThreading, Turns
from tests.simulation.model import BANK, GONE, PAYMENT, Model, Tokens
from tests.simulation.model_of_transfers import put_model
from tests.simulation.reference import Reference
from tests.simulation.settling import BrokenError

POLICIES = ("payments", "transfers")
THREADED = ("app.aside", "app.decider", "app.turn", "app.lives", "app.rollouts", "store.books")
"""Modules whose threads and locks take turns here."""
COMMIT_ROWS = 5
"""Rows of a table that are written in one commit here, so that much can happen between two."""
FOLDED_ONE_BY_ONE_MAX = 12
"""Records that are folded one by one here, so that longer stretches go in columns."""


HASTE_NS = {TIER_FULL: 1_000, TIER_WITHOUT_GRAPH: 45_000_000, TIER_WITHOUT_GRAPH_AND_MODEL: 99_500_000}
"""What goes by between two looks at the clock, so that of a tenth of a second the rest is just enough for so much of `transfers`."""


class SimulatedBank(Bank):
    """A bank on a log that was opened for it.

    Args:
        root: Its folder.
        clock: Of the simulation.
        log: The log.
    """

    _loaded: ClassVar[dict[tuple[object, ...], LoadedPolicy]] = {}

    def __init__(self, root: Path, clock: SimulatedClock, log: RecordLog) -> None:
        super().__init__(root, clock=clock, threads=1)
        self.logbook._log = log

    def load(self, policy: str, *, trained: bool = True) -> LoadedPolicy:
        """Reads a policy once for all lives: it costs more than the rest of a life."""
        folder = self.workspace.policy_folder(policy)
        content = [(str(path.relative_to(folder)), path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]
        key = (policy.partition("@")[0], trained, *content)
        if key not in self._loaded:
            self._loaded[key] = super().load(policy, trained=trained)
        return self._loaded[key]


class House:
    """The bank of one life.

    Args:
        chance: Of the simulation.
        clock: Of the simulation.
        root: Folder of the bank.
        turns: Of everybody in it.
    """

    def __init__(self, chance: Random, clock: SimulatedClock, root: Path, turns: Turns) -> None:
        self.chance = chance
        self.turns = turns
        self.clock = clock
        self.root = root
        self.tokens = Tokens()
        self.ingests = [0, 0]
        """How many tables began to be taken in, and how many were done with."""
        self.acts = threading.local()
        """Id of the record of the act on a person that each client asks for, and when it was done."""
        shutil.copytree(BANK, root)
        (root / "policies" / "card_payments").mkdir()  # the one that comes with the platform is not wanted here
        self._bank: SimulatedBank | None = None
        self._references: dict[str, Reference] = {}
        self._states: list[tuple[Path, bytes]] = []

    @property
    def bank(self) -> SimulatedBank:
        assert self._bank is not None, "not open"
        return self._bank

    def reference(self, loaded: LoadedPolicy) -> Reference:
        """A bank with that version of a policy which nothing ever disturbed."""
        if loaded.program.version not in self._references:
            self._references[loaded.program.version] = Reference(loaded)
        return self._references[loaded.program.version]

    @contextmanager
    def running(self) -> Iterator[None]:
        """While it lives, threads take turns, commits are short, and ids of acts are those that clients chose."""

        def act_id(now_us: int, _random_bytes: Callable[[int], bytes]) -> str:
            self.acts.now_us = now_us
            return str(self.acts.record_id)

        def bounds() -> Bounds:
            return Bounds(group_max=self.chance.choice([1, 2, 3, 512]), ahead_max=self.chance.choice([1, 2, 2, 3]))

        threads = LockstepThreading(self.turns)
        with (
            ExitStack() as stack,
            patch("huitong.app.decider.Future", partial(LockstepFuture, self.turns)),
            patch("huitong.app.aside.ThreadPoolExecutor", partial(LockstepPool, self.turns)),
            patch("huitong.app.live.Decider", partial(Decider, now_ns=lambda: round(self.clock.passed() * 1e9))),
            patch("huitong.app.live.Bounds", bounds),
            patch("huitong.app.erasing.ulid", act_id),
            patch("huitong.app.live.rehearse"),  # everything is compiled already
            patch("huitong.app.ingesting.COMMIT_ROWS", COMMIT_ROWS),
            patch("huitong.app.folding.FOLDED_ONE_BY_ONE_MAX", FOLDED_ONE_BY_ONE_MAX),
            patch("huitong.app.reproducing.FOLDED_ONE_BY_ONE_MAX", FOLDED_ONE_BY_ONE_MAX),
        ):
            for module in THREADED:
                stack.enter_context(patch(f"huitong.{module}.threading", threads))
            yield

    def open(self, log: RecordLog) -> None:
        """Opens the bank on a log, as a new process does; now and then somebody has changed a policy meanwhile."""
        if self.chance.random() < 0.1:
            listed = self.chance.choice(["T1,,,skimmer found,desk", "T2,,,skimmer found,desk", "T1,,,,\nT3,,,,"])
            (self.root / "policies" / "payments" / "skimmed.csv").write_text(f"value,from,until,note,owner\n{listed}\n", "utf-8")
        self._bank = SimulatedBank(self.root, self.clock, log)
        if not (self.root / "policies" / "transfers" / "trained.toml").exists():
            put_model(self.root, self._bank.load("transfers", trained=False).inputs_version)

    def close(self) -> None:
        """Ends the process as it should end."""
        (said,) = self.turns.together([self.bank.close])
        if said is not None:
            raise BrokenError(f"the bank does not close: {said!r}")
        self._remember()

    def _remember(self) -> None:
        self._states += [(path, path.read_bytes()) for path in (self.root / "state").glob("*.state")]
        del self._states[:-6]

    def crash(self) -> None:
        """Ends the process; a kept state may be an earlier one, whose replacing was not durable, or damaged, or gone."""
        self._bank = None
        self._remember()
        kind = self.chance.random()
        for path in sorted((self.root / "state").glob("*.state")):
            content = path.read_bytes()
            if kind < 0.1:
                path.write_bytes(content[: self.chance.randrange(len(content))])
            elif kind < 0.2:
                path.unlink()
            elif kind < 0.3:
                path.with_name(path.name + ".new").write_bytes(content[: self.chance.randrange(len(content))])
        if kind > 0.6 and self._states:
            path, content = self.chance.choice(self._states)
            path.write_bytes(content)

    def decide(self, event: Event, policy: str, tier: str) -> Decision:
        """Decides an event as ``Bank.decide`` does, on a clock that is told; what is answered is there to be read."""
        live, ticks = self.bank.live(policy), count(0, HASTE_NS[tier])
        decision = live.decide(fact_of(live.reader, live.loaded.contract, event, self.clock), ticks.__next__)
        if self.bank.log.decision(decision.id) is None:
            raise BrokenError(f"decision {decision.id} was answered and is not there")
        return decision

    def forget(self, person: str, record_id: str) -> tuple[int, int]:
        """Forgets a person; no file of the bank may name them then."""
        self.acts.record_id = record_id
        begun, quiet = self.ingests[0], self.ingests[0] == self.ingests[1]
        done = self.bank.persons.forget(person, "asked")
        self._states.clear()  # what went was gone for good before that was answered
        if not quiet or self.ingests[0] != begun:  # rows that came meanwhile may have brought the name back
            return done.forgotten.names, done.forgotten.shared
        named = [path.name for path in self.root.rglob("*") if path.is_file() and person.encode() in path.read_bytes()]
        if named:
            raise BrokenError(f"{named} still name {person}")
        return done.forgotten.names, done.forgotten.shared

    def look(self, model: Model) -> None:
        """What is folded is what the log gives, and what comes next is answered as if nothing had ever happened."""
        findings = [one for one in self.bank.check_log() if one.code != "state.unusable"]
        if findings:
            raise BrokenError(f"check finds {findings[:3]}")
        for policy in POLICIES:
            self._look_at_state(model, policy)
        for book in (self.bank.books.measures, self.bank.books.desk):
            if book.ask(msgspec.msgpack.encode) != msgspec.msgpack.encode(book.rebuilt()):
                raise BrokenError(f"{book.book.name} is not what the log gives")

    def _look_at_state(self, model: Model, policy: str) -> None:
        live = self.bank.live(policy)
        with self.bank.turn:
            live.decider._stand_at_end()
        engine, reference = live._engine, self.reference(live.loaded)
        assert engine is not None
        facts = model.facts()
        payments = [fact for fact in facts if fact.kind == PAYMENT.kind]
        for fact in [one for one in payments if not any(text.startswith(GONE) for text in one.keys.values())][-4:]:
            asked = replace(fact, id="asked", time_us=max(self.clock.now_us(), fact.time_us))
            if engine.preview(asked).tobytes() != reference.preview(facts, asked).tobytes():
                raise BrokenError(f"{policy}: the state is not what the log gives, asked {asked}")

    def look_back(self, model: Model) -> None:
        """Every decision on record is made again from the log, by the version that gave it."""
        given = [entry.content for entry in model.entries if isinstance(entry.content, Decision)]
        for (policy, version), count_given in Counter((one.policy, one.version) for one in given).items():
            others = sum(one.policy == policy and one.version != version for one in given)
            done = self.bank.replay(f"{policy}@{version}").reproduced
            if done is None or done.differing or (done.decisions, done.of_other_versions) != (count_given, others):
                raise BrokenError(f"{policy}@{version[:12]}: {done} where {count_given} decisions were due")
