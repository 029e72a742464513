"""The measures of a bank: its ledger with its settings, the acts on it, and what the core system makes of it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from huitong.app.books import Books
from huitong.app.logbook import Logbook
from huitong.app.measured_labels import MeasuredLabels
from huitong.contracts import Actor, Command, Consequence, Event, MeasureKind
from huitong.decisions.policy import LoadedPolicy
from huitong.kernel import Clock, EventId, Finding, InputError, Text, ulid
from huitong.operations import cases
from huitong.risk import disposition
from huitong.risk.disposition import Delivered, Figures, Held, HttpCoreSystem, Ledger, MeasuresBook, Outbox, Stretch, Wanted
from huitong.risk.disposition.outbox import holds_against

T = TypeVar("T")
CORE_TOKEN = "HUITONG_CORE_TOKEN"  # noqa: S105 -- the name of a variable


class Measures:
    """The measures of a bank.

    Args:
        root: The bank's folder; its ``measures/`` holds the settings and notices.
        books: The bank's books.
        logbook: The bank's log.
        currency: ISO 4217 code of the amounts.
        clock: Tells the present.

    Raises:
        PolicyError: If a settings file cannot mean what it says.
    """

    def __init__(self, root: Path, books: Books, logbook: Logbook, currency: str, clock: Clock) -> None:
        folder = root / disposition.SETTINGS_FOLDER
        self.settings = disposition.read_settings(folder / disposition.SETTINGS_NAME, currency)
        self.notices = disposition.read_notices(folder / disposition.NOTICES_NAME)
        self.consequence: Consequence = disposition.consequence_of(self.settings)
        self._books = books
        self._currency = currency
        self._logbook = logbook
        self._clock = clock
        self._labels = MeasuredLabels()

    def ask(self, question: Callable[[Ledger], T]) -> T:
        """What a question finds in the ledger as it now is; needs no turn among writers."""
        with self._books.reading(MeasuresBook()) as keeper:
            return question(Ledger()) if keeper is None else keeper.ask(question)

    def command(self, by: Actor, id_: EventId | None = None) -> Command:
        """A command given now."""
        now_us = self._clock.now_us()
        return Command(id_ or ulid(now_us, os.urandom), by, now_us)

    def impose(self, command: Command, wanted: Wanted) -> tuple[Event, ...]:
        """Imposes or proposes a measure; see ``huitong.risk.disposition.impose``."""
        return self._books.measures.act(command, disposition.impose(command, wanted, self.settings))

    def lift(
        self,
        command: Command,
        measure_id: str,
        ground: str,
        note: str | None = None,
        *,
        alert: str | None = None,
        case: str | None = None,
    ) -> tuple[Event, ...]:
        """Lifts a measure or proposes to; see ``huitong.risk.disposition.lift``."""
        act = disposition.lift(command, measure_id, ground, self.settings, note, alert=alert, case=case)
        return self._books.measures.act(command, act)

    def confirm(self, command: Command, proposal_id: str) -> tuple[Event, ...]:
        """Gives the second signature; see ``huitong.risk.disposition.confirm``."""
        return self._books.measures.act(command, disposition.confirm(command, proposal_id, self.settings))

    def refuse(self, command: Command, proposal_id: str, note: str | None = None) -> tuple[Event, ...]:
        """Refuses the second signature; see ``huitong.risk.disposition.refuse``."""
        return self._books.measures.act(command, disposition.refuse(command, proposal_id, self.settings, note))

    def unfit(self, policy: str, loaded: LoadedPolicy) -> list[Finding]:
        """What the ledger will not carry out as a policy's settings call for it."""
        return disposition.unfit(policy, loaded.program.settings.measures, self.settings)

    def notice(self, measure: Stretch, zone: str = "Asia/Shanghai", channels: disposition.Channels | None = None) -> Text | None:
        """What the customer is told about a measure; ``channels`` says what channels are called."""
        return disposition.notice(measure, self.notices, zone, channels=channels, currency=self._currency)

    @property
    def core(self) -> HttpCoreSystem | None:
        """The core system of the settings; ``None`` where they name none.

        Raises:
            InputError: If its address is no HTTP address.
        """
        core = self.settings.core
        return None if core is None else core_at(core.address, core.timeout_seconds)

    def deliver(self, core: disposition.CoreSystem, ending: Callable[[], bool] = lambda: False) -> Delivered:
        """Gives the core system every instruction that is due; ``ending`` says whether to leave the rest for another time."""
        return Outbox(self._books.measures, core, self._clock).deliver(ending)

    def require_settled(self, person: str) -> None:
        """Refuses whom the core system holds something against: once they are forgotten, nobody could tell it whom to let go.

        Raises:
            InputError: If it does, or is about to be told to.
        """
        now_us = self._clock.now_us()
        if self.settings.core is not None and self.ask(lambda ledger: holds_against(ledger, person, now_us)):
            raise InputError(
                "measure.core.holds",
                {
                    "en": f"the core system holds a measure against {person}, or is about to be told of one",
                    "zh": f"核心系统正对 {person} 执行措施，或即将收到指令",
                },
                {
                    "en": "lift it first and see that the core system took that (`huitong measures list`); then forget",
                    "zh": "请先解除，并确认核心系统已执行（`huitong measures list`），再行遗忘",
                },
            )

    def reconcile(self, held: list[Held]) -> list[Finding]:
        """The core system's list, taken now, against the ledger."""
        now_us = self._clock.now_us()
        return self.ask(lambda ledger: disposition.reconcile(ledger, held, now_us))

    def figures(self, since_us: int = 0, long_hours: int = 24, at_least: MeasureKind = "limit") -> Figures:
        """The figures of measures that began since a moment, with what the log's labels say; see ``huitong.risk.disposition.figures``."""
        now_us = self._clock.now_us()
        measured = self.ask(lambda ledger: disposition.payments_measured(ledger, since_us))
        verdicts = self._verdicts()
        with self._logbook.reading() as log:
            labels = {} if log is None else self._labels.of(log, measured)
        return self.ask(
            lambda ledger: disposition.figures(
                ledger, labels, now_us, since_us=since_us, at_least=at_least, long_hours=long_hours, verdicts=verdicts
            )
        )

    def _verdicts(self) -> dict[str, bool]:
        """Whether the alerts and cases that persons imposed or lifted measures for turned out to be fraud."""
        named = self.ask(disposition.desk_records_named)
        with self._books.reading(cases.DeskBook()) as keeper:
            return {} if keeper is None or not named else keeper.ask(lambda desk: cases.verdicts_of(desk, named))


def core_at(address: str, timeout_seconds: float = 10.0) -> HttpCoreSystem:
    """A core system behind HTTP, with the token that the environment holds; see ``huitong.risk.disposition.HttpCoreSystem``."""
    token = os.environ.get(CORE_TOKEN)
    return HttpCoreSystem(address, {} if token is None else {"Authorization": f"Bearer {token}"}, timeout_seconds)
