"""The bank as the console sees it."""

import json
import os
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from huitong import verifier
from huitong.api.service import Search
from huitong.app.bank import Bank
from huitong.app.decided import DecidedIndex
from huitong.app.judging import YES_NO
from huitong.app.lit import lit_tables
from huitong.app.live import Live
from huitong.app.pasts import Pasts
from huitong.app.policy_summaries import decides_now
from huitong.app.searching import search
from huitong.app.serving import BankService
from huitong.console.ports import Checked, DecisionPage, DecisionSearch, Flow, Found, LogFacts, Past, Story
from huitong.contracts import Actor, Command, DataContract, Decision, Event, Health, can_be_second, require_role
from huitong.decisions.policy import LoadedPolicy
from huitong.decisions.policy import Settings as PolicySettings
from huitong.evaluation.words import HOUR, SHARE
from huitong.features import FeaturePlan
from huitong.features.calendar import PARTS
from huitong.identity import (
    GRADE_UNKNOWN,
    AccessDesk,
    AccessOffice,
    Clearance,
    FieldGrades,
    Outside,
    Signed,
    searchable,
    shown_decision,
    shown_event,
)
from huitong.identity.openid import OpenIdProvider
from huitong.kernel import MICROSECONDS_PER_SECOND, NO_JSON, DataError, EventId, Finding, HuitongError, Text, ulid
from huitong.operations import cases
from huitong.operations.cases import Desk
from huitong.risk import disposition
from huitong.risk.disposition import Ledger
from huitong.risk.lists import CONFIRMED_BY, waiting
from huitong.store import BookKeeper

PAST_WAIT_SECONDS = 0.5
"""How long a page waits for its customer's history after a start, while that is folded for the first time."""
CAUGHT_UP_SECONDS = 0.5
"""How long a search waits for another page that takes in what came since."""
LOOKED_AT_A_PAGE = 16_384
"""Offsets of the log that a page looks at for what has no columns: about a second's worth."""
PAST_MAX = 120
"""Most earlier payments of a customer that a page draws."""

_ALL = Clearance(GRADE_UNKNOWN)
"""Of whom nothing is hidden."""


class ConsoleBank:
    """See ``huitong.console.BankPort``.

    Args:
        bank: The bank, which stays its owner's to close.
        service: What the same process does for systems.
    """

    def __init__(self, bank: Bank, service: BankService) -> None:
        self._bank = bank
        self._service = service
        self.zone = self._live().loaded.plan.zone
        self.currency = bank.contracts[disposition.CHANGED].currency
        self.contracts: Mapping[str, DataContract] = bank.contracts
        self.desk_settings = bank.desk_settings
        self.measure_settings = bank.measures.settings
        self._decided_contracts = {kind: bank.contracts[kind] for kind in service.decided_kinds()}
        self._pasts = {kind: Pasts(lambda: bank.log, contract) for kind, contract in self._decided_contracts.items()}
        self._decided = service.decided = DecidedIndex(lambda: bank.log, self._forget)
        self._check: Checked | None = None
        self._checking = threading.Lock()
        self._folded, self._followed = threading.Event(), threading.Event()
        """Set once what pages draw of the log is folded, and once the figures of measures are counted as well."""
        threading.Thread(target=self._follow, name="huitong-console-follow", daemon=True).start()

    def _live(self) -> Live:
        return self._bank.live(self._service.default_policy)

    def _forget(self) -> None:
        for pasts in self._pasts.values():
            pasts.forget()

    def _follow(self) -> None:
        """What pages count is folded before the first one asks."""
        try:
            with suppress(HuitongError):
                self._decided.follow()
                for pasts in self._pasts.values():
                    pasts.follow()
        finally:
            self._folded.set()

    def now_us(self) -> int:
        """See ``BankPort``."""
        return self._bank.clock.now_us()

    def caller(self, headers: Mapping[str, str], address: str, method: str) -> Signed:
        """See ``BankPort``."""
        return self._bank.people.caller(headers, address, method)

    @property
    def outside(self) -> Outside:
        """See ``BankPort``."""
        return self._bank.people.outside

    @property
    def access(self) -> AccessDesk:
        """See ``BankPort``."""
        return self._bank.people.desk

    @property
    def office(self) -> AccessOffice:
        """See ``BankPort``."""
        return self._bank.people.office

    @property
    def provider(self) -> OpenIdProvider | None:
        """See ``BankPort``."""
        return self._bank.people.provider

    def command(self, by: Actor, id_: EventId | None = None) -> Command:
        """See ``BankPort``."""
        now_us = self._bank.clock.now_us()
        return Command(id_ or ulid(now_us, os.urandom), by, now_us, zone=self.zone)

    @property
    def desk(self) -> BookKeeper[Desk]:
        """See ``BankPort``."""
        return self._bank.books.desk

    @property
    def ledger(self) -> BookKeeper[Ledger]:
        """See ``BankPort``."""
        return self._bank.books.measures

    # What was decided.

    def search(self, wanted: DecisionSearch, clearance: Clearance) -> DecisionPage:
        """See ``BankPort``."""
        end, contracts = self._bank.log.end(), self._decided_contracts
        self._decided.follow(wait_seconds=CAUGHT_UP_SECONDS if self._folded.is_set() else 0.0)
        counting = self._decided.reached < end  # oldest first: what fits may have no columns yet
        # The counts know no kinds: a role that is above the reader's grade in one of them is looked for in none.
        above = frozenset(role for one in contracts.values() for role in searchable(one, _ALL) - searchable(one, clearance))
        roles = {kind: searchable(contract, clearance) - above for kind, contract in contracts.items()}
        offsets, total, before = self._decided.page(wanted, frozenset(role for of_kind in roles.values() for role in of_kind))
        if counting or (wanted.before is not None and wanted.before <= self._decided.first):
            named = wanted.since_us, wanted.until_us, wanted.subject, roles, wanted.outcomes, wanted.policy
            page = search(self._bank.log, Search(*named, wanted.before, wanted.limit), LOOKED_AT_A_PAGE)
            found, before = page.found, page.before
        else:
            found = [(decision, event) for _, decision, event in self._decided.of(offsets)]
        shown = self.shown(found, clearance)
        return DecisionPage(shown, before, None) if counting else DecisionPage(shown, before, total, self._decided.oldest_us())

    def flow(self, since_us: int, until_us: int, parts: int) -> Flow:
        """See ``BankPort``."""
        self._decided.follow()
        return self._decided.flow(since_us, until_us, parts)

    def newest_us(self) -> int | None:
        """See ``BankPort``."""
        self._decided.follow()
        return self._decided.newest_us()

    def counted(self) -> tuple[int, int]:
        """See ``BankPort``."""
        return self._decided.reached, self._bank.log.end()

    @property
    def decided_kinds(self) -> Collection[str]:
        """See ``BankPort``."""
        return self._decided_contracts.keys()

    def outcomes(self) -> Sequence[str]:
        """See ``BankPort``."""
        each = [settings.outcomes for settings in self._settings().values()]
        mildest = dict.fromkeys(one[0] for one in each)
        gravest = {one[-1]: None for one in each if one[-1] not in mildest}
        known = [word for one in each for word in one[1:-1]]
        between = [word for word in dict.fromkeys([*known, *self._decided.outcomes()]) if word not in mildest and word not in gravest]
        return [*mildest, *between, *gravest]

    def stopping(self) -> Sequence[str]:
        """See ``BankPort``."""
        mildest = {settings.outcomes[0] for settings in self._settings().values()}
        return [one for one in self.outcomes() if one not in mildest]

    def policy_titles(self) -> Mapping[str, Text]:
        """See ``BankPort``."""
        return {name: settings.title for name, settings in self._settings().items()}

    def _settings(self) -> Mapping[str, PolicySettings]:
        """What each policy's settings say, without loading it. One that cannot be read is told on its own page, and hides no other."""
        found: dict[str, PolicySettings] = {}
        for name in self._bank.policies:
            with suppress(HuitongError):
                found[name] = self._bank.policies_say.of(name)
        return found

    def shown(self, found: Sequence[tuple[Decision, Event]], clearance: Clearance) -> Sequence[Found]:
        """See ``BankPort``."""
        return [
            Found(
                shown_decision(decision, self._bank.grades.of(decision), clearance),
                shown_event(event, self.contracts.get(event.kind), clearance),
            )
            for decision, event in found
        ]

    def record(self, record_id: str) -> str:
        """See ``BankPort``."""
        return self._service.decision(record_id)[0].id

    def story(self, record_id: str, clearance: Clearance) -> Story:
        """See ``BankPort``."""
        decision, _ = self._service.decision(record_id)
        told = self._bank.explain(decision.event, policy=decision.policy)
        decided = [(told.decision, told.event)]
        (found,) = self.shown(decided, clearance)
        program = told.loaded.program
        return Story(
            decision=found.decision,
            event=found.event,
            title=program.settings.title,
            features=program.titles,
            units=units_of(told.loaded.plan),
            values={feature.name: YES_NO for feature in told.loaded.plan.features if feature.type == "boolean"},
            tables=lit_tables(found.decision, program),
            lists={one.name: one.reason for one in program.settings.lists},
            past=self._past(told.event, clearance),
            origin=told.origin,
            erased=told.erased,
            offset=self._bank.log.positions(told.decision.id)[0],
            decides=decides_now(self._bank, decision.policy, decision.version),
            outcomes=program.settings.outcomes,
            changing=self._changing(told.loaded, clearance),
            whole=[found] == self.shown(decided, _ALL),
        )

    def _changing(self, loaded: LoadedPolicy, clearance: Clearance) -> Sequence[Text]:
        """Fields that a smallest change is looked for in; one above the clearance is not named, for its answer would tell of its value."""
        of, grades = loaded.program.settings.change_fields, FieldGrades.of(loaded.contract)
        specs = [spec for name in of if grades.of_field(name) <= clearance.grade and (spec := loaded.contract.field(name)) is not None]
        return [spec.title for spec in specs] if len(specs) == len(of) else ()

    def _past(self, event: Event, clearance: Clearance) -> Sequence[Past]:
        contract, customer = self.contracts.get(event.kind), event.keys.get("customer")
        pasts, grades = self._pasts.get(event.kind), FieldGrades.of(contract)
        if customer is None or pasts is None or max(grades.of_field("amount"), grades.of_field("customer")) > clearance.grade:
            return ()
        if not self._folded.wait(PAST_WAIT_SECONDS):  # a page waits for no fold of the whole log: its picture is there a little later
            return ()
        pasts.follow()
        return pasts.of(customer, event.time_us - 1, PAST_MAX)

    def counts(self, reader: Actor) -> Mapping[str, int]:
        """See ``BankPort``."""
        now_us = self.now_us()
        queue = self.desk.ask(lambda desk: cases.figures(desk, self.desk_settings, now_us))
        opened = self.desk.ask(lambda desk: len(desk.open_cases))
        rule = self.measure_settings.rule
        proposed = self.ledger.ask(lambda ledger: [one.change for one in disposition.waiting(ledger, now_us)])
        proposals = sum(can_be_second(one.by, reader, *rule(one.place.kind).confirmed_by) for one in proposed)
        listed = self._bank.lists.ask(lambda state: [one.changes[0].by for one in waiting(state, now_us)])
        lists = sum(can_be_second(by, reader, *CONFIRMED_BY) for by in listed)
        hooks = self._bank.books.webhooks.ask(lambda state: sum(one.given_up or bool(one.aside) for one in state.subscriptions.values()))
        return {"/alerts": queue.alerts, "/cases": opened, "/measures": proposals, "/lists": lists, "/webhooks": hooks}

    def health(self) -> Health:
        """See ``BankPort``."""
        return self._service.health()

    # The log, and the system.

    def proof(self, record_id: str) -> Mapping[str, object]:
        """See ``BankPort``."""
        return self._service.proof(record_id)

    def whole(self, record_id: str, clearance: Clearance) -> Found | None:
        """See ``BankPort``."""
        decided = [self._service.decision(record_id)]
        (seen,) = self.shown(decided, clearance)
        return seen if [seen] == self.shown(decided, Clearance(GRADE_UNKNOWN)) else None

    def grade_of_code(self, decision: str, code: str) -> int:
        """See ``BankPort``."""
        return self._bank.grades.of_code(decision, code)

    def public_keys(self) -> bytes:
        """See ``BankPort``."""
        return self._bank.logbook.custody.public_file.read_bytes()

    def log_facts(self) -> LogFacts:
        """See ``BankPort``."""
        log, settings = self._bank.log, self._bank.settings
        head, size = log.head(), log.end()
        signed = None
        if head is not None:
            note = verifier.read_note(head.note)
            signed = (head.size, note.root.hex(), head.time_us)
        troubles = tuple(Finding(error.code, "log", error.cause, error.remedy) for error in log.witness_troubles)
        return LogFacts(size, log.root(size).hex(), signed, log.conceals, self._where(), len(settings.witnesses), troubles)

    def _where(self) -> str:
        address = self._bank.logbook.address
        if isinstance(address, Path):
            return str(address)
        parts = urlsplit(address)
        return parts._replace(netloc=parts.hostname or "").geturl()

    def verify(self, proof: bytes) -> verifier.Verified:
        """See ``BankPort``."""
        try:
            document = json.loads(proof)
            return verifier.verify(document, verifier.read_keys(self.public_keys()))
        except verifier.BadProofError as error:
            raise _bad_proof(error.text) from None
        except NO_JSON:
            raise _bad_proof({"en": "it is no JSON", "zh": "内容不是 JSON"}) from None

    def check_log(self, by: Actor) -> None:
        """See ``BankPort``."""
        require_role(by, "auditor", "operator", "admin")
        with self._checking:
            if self._check is not None and self._check.ended_us is None:
                return
            self._check = Checked(self.now_us(), None, 0, None, (), by.id)
        threading.Thread(target=self._run_check, name="huitong-console-check", daemon=True).start()

    def _run_check(self) -> None:
        begun = self._check
        assert begun is not None  # noqa: S101 -- set by who started this thread

        def told(stage: str, done: int, total: int | None) -> None:
            self._check = replace(begun, stage=stage, done=done, total=total)

        try:
            findings = self._bank.check_log(told)
        except HuitongError as error:
            findings = (Finding(error.code, "log", error.cause, error.remedy),)
        except BaseException:
            self._check = None  # nothing was found out: the page offers another one
            raise
        self._check = replace(begun, ended_us=self.now_us(), findings=findings)

    def checked(self) -> Checked | None:
        """See ``BankPort``."""
        return self._check

    def settings(self) -> Mapping[str, str]:
        """See ``BankPort``."""
        settings, access = self._bank.settings, self._bank.settings.access
        shown = {
            "log.url": self._where(),
            "log.durability": "relaxed" if settings.relaxed else "full",
            "log.witness": str(len(settings.witnesses)),
            "keys.master": (settings.master or "file").partition(":")[0],
            "access.idle": f"{access.idle_us // MICROSECONDS_PER_SECOND}s",
            "access.life": f"{access.life_us // MICROSECONDS_PER_SECOND}s",
            "access.second_factor": ", ".join(sorted(access.second_factor)),
            "access.openid": access.openid.issuer if access.openid else "",
            "policy.zone": self.zone,
            "bank.currency": self.currency,
        }
        for kind, (days, _) in settings.retention.items():
            shown[f"retention.{kind}"] = f"{days}d"
        return shown


def units_of(plan: FeaturePlan) -> Mapping[str, str]:
    """The unit of each feature's values, where it has one."""
    hours = {column for part, column in plan.calendar if PARTS[part] == "hour"}
    units = {one.name: SHARE if one.operation == "rate" else one.unit or "" for one in plan.features}
    return units | {one.name: HOUR for one in plan.features if one.column in hours}


def _bad_proof(what: Text) -> DataError:
    return DataError(
        "proof.bad",
        {"en": f"this proves nothing: {what['en']}", "zh": f"该文件不构成证明：{what['zh']}"},
        {"en": "take the proof anew from the record's page", "zh": "请在该记录的页面重新下载证明"},
    )
