"""The bank as the console sees it."""

import os
from collections.abc import Mapping, Sequence

from huitong.api.service import Search
from huitong.app.bank import Bank
from huitong.app.serving import BankService
from huitong.console.ports import DecisionPage, DecisionSearch, Found, Health, Story
from huitong.contracts import Actor, Command, DataContract, Decision, Event
from huitong.identity import AccessDesk, AccessOffice, Clearance, Signed, shown_decision, shown_event
from huitong.kernel import EventId, ulid
from huitong.operations import cases
from huitong.operations.cases import Desk, DeskSettings
from huitong.risk import disposition
from huitong.risk.disposition import Ledger
from huitong.store import BookKeeper


class ConsoleBank:
    """See ``huitong.console.BankPort``.

    Args:
        bank: The bank, which stays its owner's to close.
        service: What the same process does for systems.
    """

    def __init__(self, bank: Bank, service: BankService) -> None:
        self._bank = bank
        self._service = service
        self.zone = bank.live(bank.workspace.only_policy()).loaded.plan.zone
        self.currency = bank.contracts[disposition.CHANGED].currency
        self.contracts: Mapping[str, DataContract] = bank.contracts
        self.desk_settings = DeskSettings()
        self.measure_settings = bank.measures.settings

    def now_us(self) -> int:
        """See ``BankPort``."""
        return self._bank.clock.now_us()

    def caller(self, headers: Mapping[str, str], address: str, method: str) -> Signed:
        """See ``BankPort``."""
        return self._bank.people.caller(headers, address, method)

    @property
    def access(self) -> AccessDesk:
        """See ``BankPort``."""
        return self._bank.people.desk

    @property
    def office(self) -> AccessOffice:
        """See ``BankPort``."""
        return self._bank.people.office

    def command(self, by: Actor, id_: EventId | None = None) -> Command:
        """See ``BankPort``."""
        now_us = self._bank.clock.now_us()
        return Command(id_ or ulid(now_us, os.urandom), by, now_us)

    @property
    def desk(self) -> BookKeeper[Desk]:
        """See ``BankPort``."""
        return self._bank.books.desk

    @property
    def ledger(self) -> BookKeeper[Ledger]:
        """See ``BankPort``."""
        return self._bank.books.measures

    def search(self, wanted: DecisionSearch, clearance: Clearance) -> DecisionPage:
        """See ``BankPort``."""
        page = self._service.search(
            Search(wanted.since_us, wanted.until_us, wanted.subject, wanted.outcome, wanted.policy, wanted.before, wanted.limit)
        )
        return DecisionPage(self.shown(page.found, clearance), page.before, page.looked_at)

    def shown(self, found: Sequence[tuple[Decision, Event]], clearance: Clearance) -> Sequence[Found]:
        """See ``BankPort``."""
        return [
            Found(
                shown_decision(decision, self._bank.grades.of(decision), clearance),
                shown_event(event, self.contracts.get(event.kind), clearance),
            )
            for decision, event in found
        ]

    def story(self, record_id: str, clearance: Clearance) -> Story:
        """See ``BankPort``."""
        told = self._service.explanation(record_id)
        found = self.shown([(told.decision, told.event)], clearance)[0]
        (offset,) = self._bank.log.positions(told.decision.id)
        return Story(found.decision, found.event, told.title, told.features, {}, told.origin, told.erased, offset, current=False)

    def counts(self) -> Mapping[str, int]:
        """See ``BankPort``."""
        now_us = self.now_us()
        queue = self.desk.ask(lambda desk: cases.figures(desk, self.desk_settings, now_us))
        opened = self.desk.ask(lambda desk: sum(case.closed_us is None for case in desk.cases.values()))
        proposals = self.ledger.ask(lambda ledger: len(disposition.waiting(ledger, now_us)))
        return {"/alerts": queue.alerts, "/cases": opened, "/measures": proposals}

    def health(self) -> Health:
        """See ``BankPort``."""
        found = self._service.health()
        return Health(found.findings, found.waiting, found.log_end, found.started_us, found.policies)
