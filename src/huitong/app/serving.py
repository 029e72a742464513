"""The bank as the HTTP room sees it."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress

from huitong.api.meter import RequestMeter
from huitong.api.reading import document_of, require_line
from huitong.api.service import (
    Appended,
    Change,
    Document,
    Explanation,
    PolicySummary,
    PolicyVersion,
    Rows,
    Search,
    SearchPage,
    Told,
)
from huitong.app.asking import LoopCalls
from huitong.app.bank import Bank
from huitong.app.batches import BatchPart
from huitong.app.beside import ANSWERS_SECONDS
from huitong.app.decided import DecidedIndex
from huitong.app.decider import Decider
from huitong.app.health import HealthDesk
from huitong.app.house import house_contracts, require_foreign
from huitong.app.ingesting import append_rows
from huitong.app.live import Live
from huitong.app.metrics import Metrics
from huitong.app.policy_summaries import summary_of, versions_of
from huitong.app.rounds import Part
from huitong.app.searching import search, search_by
from huitong.app.starts import Started, Starts, ask_after
from huitong.contracts import DataContract, Decision, Event, Health
from huitong.data import EventReader
from huitong.identity import GRADE_UNKNOWN, Clearance, DecisionGrades, FieldGrades, Reading, Signed
from huitong.kernel import HuitongError, InputError, PolicyError, Text

AT_ONCE = 1_024
"""Rows of a batch that wait at the decider at once; other callers get their turn between them."""
PARTS_AHEAD = 2
"""Parts of one batch that are on their way at once."""


class BankService:
    """See ``huitong.api.Service``.

    Args:
        bank: The bank, which stays its owner's to close.
        policy: What decides where a caller names no policy; by default the bank's only one.
        parts: What goes on by itself meanwhile.
    """

    def __init__(self, bank: Bank, policy: str | None = None, parts: Sequence[Part] = ()) -> None:
        self._bank = bank
        self._policy = policy or bank.workspace.only_policy()
        house = house_contracts()
        self._contracts = {kind: contract for kind, contract in bank.contracts.items() if kind not in house}
        self._readers = {kind: EventReader(contract) for kind, contract in self._contracts.items()}
        self._calls: LoopCalls | None = None
        self._starts = Starts(bank)
        self.fronts: Callable[[], int] = lambda: 0
        """Tells how many processes take connections before this one."""
        self.decided: DecidedIndex | None = None
        """Columns of all decisions, where the console of the same process keeps them."""
        self.requests = RequestMeter()
        self._metrics = Metrics(bank, self._policy, self.requests, parts)
        self._health = HealthDesk(bank, self._policy, parts)
        bank.rollouts.start(self._policy)

    @property
    def default_policy(self) -> str:
        """What decides where a caller names no policy."""
        return self._policy

    @property
    def contracts(self) -> Mapping[str, DataContract]:
        """See ``Service``."""
        return self._contracts

    def grades_of(self, decision: Decision) -> DecisionGrades:
        """See ``Service``."""
        return self._bank.grades.of(decision)

    def note_reading(self, signed: Signed, reading: Reading, clearance: Clearance) -> None:
        """See ``Service``."""
        self._bank.people.desk.note_reading(signed, reading, clearance, self._bank.clock.now_us())

    def _named(self, policy: str | None) -> str:
        """The policy that a caller asks for."""
        if policy is None or policy == self._policy:
            return self._policy
        if policy not in self._bank.policies:  # of a version nobody may ask: it decides no more
            raise unknown_policy(policy)
        return policy

    def _live(self, policy: str | None) -> Live:
        return self._bank.live(self._named(policy))

    def _asking(self) -> LoopCalls:
        if self._calls is None:
            self._calls = LoopCalls(asyncio.get_running_loop())
        return self._calls

    async def decide(self, body: bytes, key: str | None, policy: str | None, wait_ms: int | None, arrived_ns: int) -> Decision:
        """See ``Service``."""
        started = await self._starts.ready(self._named(policy))
        event = self._event_in(started.live, body, key)
        decision = await self._asking().ask(started.deciding(event).decider, event, arrived_ns, wait_ms)
        if not self._bank.grades.known(decision):
            await asyncio.to_thread(self._bank.grades.of, decision)
        return decision

    def ask(self, body: bytes, key: str | None, policy: str | None, wait_ms: int | None, arrived_ns: int, told: Told) -> None:
        """See ``Service``. A policy that cannot be asked at once is made ready beside the loop, which goes on for all others."""
        started = self._starts.of(self._named(policy))
        if not isinstance(started, Started):
            ask_after(started, lambda: self.ask(body, key, policy, wait_ms, arrived_ns, told), told)
            return
        event = self._event_in(started.live, body, key)
        self._asking().tell(started.deciding(event).decider, event, arrived_ns, wait_ms, lambda outcome: self._tell(outcome, told))

    def _tell(self, outcome: Decision | BaseException, told: Told) -> None:
        """Tells of a decision once its grades are known: those of a version that decided earlier are worked out beside the loop."""
        if isinstance(outcome, Decision) and not self._bank.grades.known(outcome):
            grading = asyncio.get_running_loop().run_in_executor(None, self._bank.grades.of, outcome)
            ask_after(grading, lambda: told(outcome), told)
        else:
            told(outcome)

    def _event_in(self, live: Live, body: bytes, key: str | None) -> Event:
        event = live.plain.read(body, self._bank.clock)
        if event is None:
            document = document_of(body)
            given = document if key is None or "id" in document else {**document, "id": key}
            event = live.reader.read(given, self._bank.clock)
        return event

    async def decide_many(
        self, given: Sequence[Document | HuitongError], policy: str | None, wait_ms: int | None, arrived_ns: int
    ) -> list[Decision | HuitongError]:
        """See ``Service``."""
        live = await asyncio.to_thread(self._live, policy)
        parts = self._in_parts(live, lambda start: self._read(live, given[start : start + AT_ONCE]), len(given), wait_ms, arrived_ns)
        return [one async for part in parts for one in part]

    async def decide_lines(
        self, lines: Sequence[bytes], policy: str | None, wait_ms: int | None, arrived_ns: int
    ) -> AsyncIterator[list[Decision | HuitongError]]:
        """See ``Service``."""
        live = await asyncio.to_thread(self._live, policy)
        return self._in_parts(live, lambda start: self._read_lines(live, lines[start : start + AT_ONCE]), len(lines), wait_ms, arrived_ns)

    async def _in_parts(
        self, live: Live, read: Callable[[int], list[Event | HuitongError]], rows: int, wait_ms: int | None, arrived_ns: int
    ) -> AsyncIterator[list[Decision | HuitongError]]:
        """Answers to a batch, part by part; the next part is read and decided while one is on its way to the disk."""
        coming: deque[BatchPart] = deque()
        for start in range(0, rows, AT_ONCE):
            events = await asyncio.to_thread(read, start)
            coming.append(await self._asked(live, events, wait_ms, arrived_ns))
            if len(coming) == PARTS_AHEAD:
                yield await coming.popleft().outcomes()
        while coming:
            yield await coming.popleft().outcomes()

    async def _asked(self, live: Live, events: list[Event | HuitongError], wait_ms: int | None, arrived_ns: int) -> "BatchPart":
        """A part of a batch on its way: each event asked of the arm of a roll-out that decides it."""
        part = BatchPart(list(events))
        for decider, places in (await asyncio.to_thread(self._by_decider, live, events)).items():
            some = [event for place in places if isinstance(event := events[place], Event)]
            try:
                part.asked.append((places, self._asking().ask_many(decider, some, arrived_ns, wait_ms)))
            except HuitongError as error:
                part.refuse(places, error)
        return part

    def _by_decider(self, live: Live, events: Sequence[Event | HuitongError]) -> dict[Decider, list[int]]:
        by_decider: dict[Decider, list[int]] = {}
        for place, event in enumerate(events):
            if isinstance(event, Event):
                by_decider.setdefault(self._bank.rollouts.deciding(live, event).decider, []).append(place)
        return by_decider

    def _read(self, live: Live, given: Sequence[Document | HuitongError]) -> list[Event | HuitongError]:
        events: list[Event | HuitongError] = []
        for one in given:
            try:
                events.append(one if isinstance(one, HuitongError) else live.reader.read(one, self._bank.clock))
            except HuitongError as error:
                events.append(error)
        return events

    def _read_lines(self, live: Live, lines: Sequence[bytes]) -> list[Event | HuitongError]:
        events: list[Event | HuitongError] = []
        for line in lines:
            try:
                require_line(line)
                events.append(self._event_in(live, line, None))
            except HuitongError as error:
                events.append(error)
        return events

    async def decide_table(self, rows: Rows, policy: str | None, wait_ms: int | None, arrived_ns: int) -> list[Decision | HuitongError]:
        """See ``Service``."""
        live = await asyncio.to_thread(self._live, policy)
        parts = self._in_parts(live, lambda start: self._read(live, rows.part(start, AT_ONCE)), len(rows), wait_ms, arrived_ns)
        return [one async for part in parts for one in part]

    def ingest(self, given: Sequence[Document | HuitongError]) -> Appended:
        """See ``Service``."""
        events: dict[int, Event] = {}
        refused: dict[int, HuitongError] = {}
        for row, one in enumerate(given):
            try:
                if isinstance(one, HuitongError):
                    raise one
                events[row] = self._reader(one).read(one, self._bank.clock)
            except HuitongError as error:
                refused[row] = error
        done = append_rows(self._bank.log, events, self._bank.turn)
        return Appended(done.new, done.repeated, sorted({**refused, **done.refused}.items()))

    def _reader(self, given: Document) -> EventReader:
        kind = given.get("kind")
        if isinstance(kind, str):
            require_foreign(kind)
        reader = self._readers.get(kind) if isinstance(kind, str) else None
        if reader is None:
            known = ", ".join(self._readers)
            cause: Text = {"en": f"there is no data contract for kind {kind!r}", "zh": f"没有类别 {kind!r} 的数据契约"}
            raise InputError(
                "event.kind.unknown",
                {"en": "the event names no kind", "zh": "事件未给出类别"} if kind is None else cause,
                {"en": f"name the kind: {known}", "zh": f"请给出类别：{known}"},
            )
        return reader

    def decided_kinds(self) -> Sequence[str]:
        """See ``Service``. The version that is live decides whatever its policy's folder says meanwhile."""
        decided = self._bank.policies_say.decided_kinds() | {self._live(None).loaded.program.settings.decides}
        return sorted(decided & self._contracts.keys())

    def policies_by_kind(self, policy: str | None = None) -> Mapping[str, str]:
        """See ``Service``."""
        served = self._named(policy)
        decides = self._bank.live(served).loaded.program.settings.decides
        others = [(one.decides, name) for name, one in self._bank.policies_say.by_policy().items() if one.decides != decides]
        live = {kind: name for kind, name in others if self._bank.rollouts.status(name).live}
        return {kind: name for kind, name in {**live, decides: served}.items() if kind in self._contracts}

    def policy_names(self) -> Sequence[str]:
        """See ``Service``."""
        answered = (folder.parent.name for folder in self._bank.workspace.versions)
        return sorted({*self._bank.policies, *answered})

    def outcomes(self) -> Sequence[str]:
        """See ``Service``."""
        return self._bank.policies_say.outcomes()

    def label_kinds(self) -> Sequence[str]:
        """See ``Service``."""
        return self._bank.policies_say.label_kinds()

    def search(self, search_for: Search) -> SearchPage:
        """See ``Service``."""
        return search(self._bank.log, search_for) if self.decided is None else search_by(self.decided, self._bank.log, search_for)

    def known_as(self, name: str) -> Sequence[str]:
        """See ``Service``."""
        log = self._bank.log
        return log.persons.known_as(name) if log.conceals else ()

    def decision(self, record_id: str) -> tuple[Decision, Event]:
        """See ``Service``."""
        log = self._bank.log
        decision = log.decision(record_id)
        if decision is None:
            decisions = log.decisions_of(record_id)
            decision = decisions[-1] if decisions else None
        event = None if decision is None else log.event(decision.event)
        if decision is None or event is None:
            raise InputError(
                "decision.unknown",
                {
                    "en": f"no decision {record_id!r}, and none on an event of that id",
                    "zh": f"没有决策 {record_id!r}，也没有针对该编号事件的决策",
                },
                {"en": "check the id, or search the decisions for it", "zh": "请核对编号，或在决策中查找"},
            )
        return decision, event

    def explanation(self, record_id: str) -> Explanation:
        """See ``Service``."""
        decision, _ = self.decision(record_id)
        found = self._bank.explain(decision.event, policy=decision.policy)
        program = found.loaded.program
        return Explanation(found.decision, found.event, program.settings.title, program.titles, found.origin, found.erased)

    def proof(self, record_id: str) -> Mapping[str, object]:
        """See ``Service``."""
        decision, _ = self.decision(record_id)
        self._bank.log.sign_head()
        return self._bank.prove(decision.event)

    def policies(self) -> Sequence[PolicySummary]:
        """See ``Service``."""
        return [summary_of(self._bank, name) for name in self._bank.policies]

    def policy(self, name: str) -> PolicySummary:
        """See ``Service``."""
        self._known(name)
        return summary_of(self._bank, name)

    def _known(self, name: str) -> None:
        if name.partition("@")[0] not in self._bank.policies:
            raise unknown_policy(name)

    def versions(self, name: str) -> Sequence[PolicyVersion]:
        """See ``Service``."""
        self._known(name)
        return versions_of(self._bank, name.partition("@")[0])

    def difference(self, name: str, against: str) -> Sequence[Change]:
        """See ``Service``."""
        self._known(name)
        self._known(against)
        grades = list_grades(self._bank, against, name)
        return [Change(one.file, one.place, one.before, one.after, grades.get(one.file, 1)) for one in self._bank.diff(name, against)]

    def health(self) -> Health:
        """See ``Service``."""
        return self._health.health(self.fronts())

    def metrics(self) -> bytes:
        """See ``Service``."""
        until_s = time.monotonic() + ANSWERS_SECONDS
        return self._metrics.text(self._health.health(self.fronts(), until_s), until_s)


def unknown_policy(name: str) -> InputError:
    """The error for a policy that a caller names and that is not there."""
    return InputError(
        "bank.policy.unknown",
        {"en": f"there is no policy {name!r}", "zh": f"没有策略 {name!r}"},
        {"en": "GET /v1/policies names them all", "zh": "GET /v1/policies 列出全部策略"},
    )


def list_grades(bank: Bank, *policies: str) -> Mapping[str, int]:
    """Grade of each list's file of policies: that of the field that its entries are values of, the highest that one of them gives it.

    What no policy says of a file that may name somebody, nobody is shown: one that is named no more, or of a policy that cannot be read.
    """
    graded: dict[str, int] = {}
    for policy in policies:
        folder = bank.workspace.policy_folder(policy)
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()]
        of_policy = {file: GRADE_UNKNOWN for file in names if not file.endswith(_NAMES_NOBODY)}
        with suppress(PolicyError):
            settings = bank.policies_say.of(policy)
            fields = FieldGrades.of(bank.contracts.get(settings.decides))
            of_policy |= {one.file: fields.of_field(one.of) for one in settings.lists if one.file is not None}
        graded |= {file: max(grade, graded.get(file, 1)) for file, grade in of_policy.items()}
    return graded


_NAMES_NOBODY = (".toml", ".dmn")
"""How the names of a policy's files end that say what it does, and of whom nothing."""
