"""What people do, over a service: the queue, cases, measures with four eyes, lists, roll-outs, and files of policies; see ``acting``."""

from collections.abc import Iterator
from uuid import uuid4

import msgspec

from huitong.client import work_shapes as w
from huitong.client.acting import Acted, Group, Page, Seen, part
from huitong.client.calling import KEY
from huitong.kernel import Found


class Imposed(Acted, frozen=True):
    """The same of a measure, with warnings about it: of a channel over which no payment comes."""

    findings: list[Found] = msgspec.field(default_factory=list)


class OnAlert(Acted, frozen=True):
    """The same of an act on an alert, with warnings: of whom it is assigned to without the skill that its pattern asks for."""

    findings: list[Found] = msgspec.field(default_factory=list)


class Work(Group):
    """People's work."""

    def alerts(self, assignee: str | None = None, state: str | None = None) -> Iterator[w.WaitingAlert]:
        """The queue in its order, or what of it one person has.

        Args:
            assignee: Only what this person has.
            state: Instead of the queue the alerts that are ``snoozed``, ``closed`` or wait for a second look (``review``), or ``all``.
        """
        return self._all("/v1/alerts", Page[w.WaitingAlert], {"assignee": assignee, "state": state})

    def alert(self, alert: str) -> Seen[w.Alert]:
        """One alert."""
        return self._one(f"/v1/alerts/{part(alert)}", w.Alert)

    def on_alert(self, alert: str, act: str, *, match: str | None = None, key: str | None = None, **body: str) -> OnAlert:
        """An act on an alert.

        Args:
            alert: Its id.
            act: ``assign`` (``to``), ``begin``, ``snooze`` (``until``, ``reason``), ``escalate`` (``reason``), ``close`` (``verdict``,
                ``reason``), ``reopen`` (``reason``) or ``review`` (``verdict``).
            match: Only on this state.
            key: Names the act.
            body: What the act says.
        """
        return self._asked(f"/v1/alerts/{part(alert)}/{part(act)}", body, match, key, OnAlert)

    def cases(self) -> Iterator[w.Case]:
        """Cases, newest first."""
        return self._all("/v1/cases", Page[w.Case], {})

    def case(self, case: str) -> Seen[w.Case]:
        """One case with its time line."""
        return self._one(f"/v1/cases/{part(case)}", w.Case)

    def open_case(self, alert: str, title: str, *, key: str | None = None) -> Acted:
        """Opens a case from an alert; the act's id is the case's."""
        return self._act("/v1/cases", {"alert": alert, "title": title}, None, key)

    def on_case(self, case: str, act: str, *, match: str | None = None, key: str | None = None, **body: str) -> Acted:
        """An act on a case.

        Args:
            case: Its id.
            act: ``link`` (``other``), ``note`` (``note``), ``check`` (``item``), ``propose`` (``verdict``, ``reason``), ``close``
                (``proposal``: the one that is confirmed, as the case shows it; or ``match``), ``refuse`` (``reason``, ``proposal``: sends
                the case back) or ``reopen`` (``reason``).
            match: Only on this state.
            key: Names the act.
            body: What the act says.
        """
        return self._act(f"/v1/cases/{part(case)}/{part(act)}", body, match, key)

    def add_case_file(self, case: str, name: str, content: bytes, *, match: str | None = None, key: str | None = None) -> Acted:
        """Adds a file to a case; the act's id is its line in the time line.

        Args:
            case: Id of the case.
            name: Its name, whose ending says what it is.
            content: What is in it, 20 MiB at most.
            match: Only on this state of the case.
            key: Names the act.
        """
        headers = {KEY: key or uuid4().hex, "content-type": "application/octet-stream"}
        headers |= {} if match is None else {"if-match": match}
        return self._connection.ask("POST", f"/v1/cases/{part(case)}/files", Acted, {"name": name}, content, headers)

    def case_file(self, case: str, entry: str) -> bytes:
        """What is in a file of a case, by its line in the time line, which also has its name."""
        return self._connection.send("GET", f"/v1/cases/{part(case)}/files/{part(entry)}", {}, None, {})[0]

    def measures(self, role: str | None = None, subject: str | None = None) -> Iterator[w.HeldMeasure]:
        """Measures in force, strongest first; or all that a subject had."""
        return self._all("/v1/measures", Page[w.HeldMeasure], {"role": role, "subject": subject})

    def measure(self, measure: str) -> Seen[w.HeldMeasure]:
        """One measure."""
        return self._one(f"/v1/measures/{part(measure)}", w.HeldMeasure)

    def notice(self, measure: str) -> w.Notice:
        """What the customer is told about a measure."""
        return self._connection.ask("GET", f"/v1/measures/{part(measure)}/notice", w.Notice, {})

    def measure_figures(self, since: str | None = None, long_hours: int | None = None) -> w.MeasureFigures:
        """What measures cost the innocent and held of the guilty's money.

        Args:
            since: Of those that began at or after it, ISO 8601; by default of all that are remembered.
            long_hours: Beyond so many hours an innocent customer was held long; 24 by default.
        """
        asked = {"since": since, "long_hours": None if long_hours is None else str(long_hours)}
        return self._connection.ask("GET", "/v1/measures/figures", w.MeasureFigures, asked)

    def impose(
        self,
        role: str,
        subject: str,
        measure: str,
        *,
        until: str,
        ground: str,
        channel: str | None = None,
        counterparty: str | None = None,
        amount_minor: int | None = None,
        note: str | None = None,
        customer: str | None = None,
        alert: str | None = None,
        case: str | None = None,
        key: str | None = None,
    ) -> Imposed:
        """Imposes a measure; above the institution's rank it waits for a second person.

        Args:
            role: Kind of the subject: ``customer``, ``account``, ``card``, ``device``, ``terminal`` or ``merchant``.
            subject: Whom it concerns.
            measure: ``watch``, ``step_up``, ``limit``, ``hold`` or ``freeze``.
            until: When it ends by itself, ISO 8601.
            ground: Code of the reason.
            channel: Only over this channel.
            counterparty: Only to this account.
            amount_minor: Of a limit the most that may be paid, else the least amount that it concerns, in minor units.
            note: What is to be known beside it.
            customer: Whose the subject is.
            alert: Id of the alert that it is for.
            case: Id of the case that it is for.
            key: Names the act.
        """
        body = {
            "role": role,
            "subject": subject,
            "measure": measure,
            "until": until,
            "ground": ground,
            "channel": channel,
            "counterparty": counterparty,
            "amount_minor": amount_minor,
            "note": note,
            "customer": customer,
            "alert": alert,
            "case": case,
        }
        return self._asked("/v1/measures", body, None, key, Imposed)

    def lift(
        self,
        measure: str,
        ground: str,
        note: str | None = None,
        *,
        alert: str | None = None,
        case: str | None = None,
        match: str | None = None,
        key: str | None = None,
    ) -> Acted:
        """Lifts a measure, for an alert or a case; a strong one waits for a second person."""
        body = {"ground": ground, "note": note, "alert": alert, "case": case}
        return self._act(f"/v1/measures/{part(measure)}/lift", body, match, key)

    def proposals(self) -> Iterator[w.Proposal]:
        """What waits for a second person, oldest first; a proposal is called by its measure's id."""
        return self._all("/v1/measures/waiting", Page[w.Proposal], {})

    def proposal(self, proposal: str) -> Seen[w.Proposal]:
        """One of them."""
        return self._one(f"/v1/measures/waiting/{part(proposal)}", w.Proposal)

    def confirm(self, proposal: str, *, match: str | None = None, key: str | None = None) -> Acted:
        """Gives the second signature."""
        return self._act(f"/v1/measures/waiting/{part(proposal)}/confirm", {}, match, key)

    def refuse(self, proposal: str, note: str | None = None, *, match: str | None = None, key: str | None = None) -> Acted:
        """Refuses it."""
        return self._act(f"/v1/measures/waiting/{part(proposal)}/refuse", {"note": note}, match, key)

    def lists(self, text: str | None = None, holds: str | None = None, kind: str | None = None) -> Iterator[w.KeptList]:
        """Lists that people keep, by name: those with a text in their description, that hold something, or that are for something."""
        return self._all("/v1/lists", Page[w.KeptList], {"text": text, "holds": holds, "kind": kind})

    def kept_list(self, name: str) -> Seen[w.KeptList]:
        """One list."""
        return self._one(f"/v1/lists/{part(name)}", w.KeptList)

    def entries(self, name: str, value: str | None = None, *, over: bool = False) -> Iterator[w.ListEntry]:
        """Entries of a list that hold now, newest first; with ``over`` also those that are over."""
        query = {"value": value, "over": "true" if over else None}
        return self._all(f"/v1/lists/{part(name)}/entries", Page[w.ListEntry], query)

    def listed(self, holds: str, value: str) -> Iterator[w.ListEntry]:
        """On which lists a value stands now."""
        return self._all("/v1/lists/entries", Page[w.ListEntry], {"holds": holds, "value": value})

    def add_to_list(
        self,
        name: str,
        value: str,
        *,
        until: str,
        ground: str,
        reason: str | None = None,
        customer: str | None = None,
        key: str | None = None,
    ) -> Acted:
        """Puts a value on a list, or prolongs it; ``list.entry_proposed`` waits for a second person."""
        body = {"value": value, "until": until, "ground": ground, "reason": reason, "customer": customer}
        return self._act(f"/v1/lists/{part(name)}/entries", body, None, key)

    def lift_from_list(self, entry: str, ground: str, reason: str | None = None, *, key: str | None = None) -> Acted:
        """Takes an entry off its list."""
        return self._act(f"/v1/lists/entries/{part(entry)}/lift", {"ground": ground, "reason": reason}, None, key)

    def entry_proposals(self) -> Iterator[w.ListProposal]:
        """What of lists waits for a second person, oldest first."""
        return self._all("/v1/lists/waiting", Page[w.ListProposal], {})

    def open_list(
        self,
        name: str,
        title_zh: str,
        title_en: str,
        holds: str,
        kind: str,
        owner: str,
        purpose: str,
        *,
        second: bool = False,
        key: str | None = None,
    ) -> Acted:
        """Opens a list.

        Args:
            name: By which policies call it.
            title_zh: Title in Chinese.
            title_en: Title in English.
            holds: What stands on it: ``customer``, ``account``, ``card``, …
            kind: What it is for: ``block``, ``allow`` or ``watch``.
            owner: Who answers for it.
            purpose: Why it is kept.
            second: Whether adding takes two persons; to an allow list it always does.
            key: Names the act.
        """
        titles = {"title_zh": title_zh, "title_en": title_en}
        body = {"name": name, **titles, "holds": holds, "kind": kind, "owner": owner, "purpose": purpose, "second": second}
        return self._act("/v1/lists", body, None, key)

    def describe_list(
        self,
        name: str,
        title_zh: str,
        title_en: str,
        owner: str,
        purpose: str,
        *,
        second: bool | None = None,
        match: str | None = None,
        key: str | None = None,
    ) -> Acted:
        """Describes a list anew; adding takes as many persons as before where ``second`` does not ask for two from now on."""
        body = {"title_zh": title_zh, "title_en": title_en, "owner": owner, "purpose": purpose, "second": second}
        return self._act(f"/v1/lists/{part(name)}/describe", body, match, key)

    def confirm_entry(self, proposal: str, *, key: str | None = None) -> Acted:
        """Gives the second signature to what waits."""
        return self._act(f"/v1/lists/waiting/{part(proposal)}/confirm", {}, None, key)

    def refuse_entry(self, proposal: str, note: str | None = None, *, key: str | None = None) -> Acted:
        """Refuses it."""
        return self._act(f"/v1/lists/waiting/{part(proposal)}/refuse", {"note": note}, None, key)

    def export_list(self, name: str) -> str:
        """The entries of a list that hold now, as a CSV table."""
        return self._connection.send("GET", f"/v1/lists/{part(name)}/table", {}, None, {})[0].decode()

    def import_list(
        self, name: str, table: str, *, until: str | None = None, ground: str | None = None, key: str | None = None
    ) -> w.ListImport:
        """Puts the rows of a CSV table on a list; ``until`` and ``ground`` stand in where a row names none."""
        headers = {KEY: key or uuid4().hex, "content-type": "text/csv"}
        query = {"until": until, "ground": ground}
        return self._connection.ask("POST", f"/v1/lists/{part(name)}/table", w.ListImport, query, table.encode(), headers)

    def rollout(self, policy: str) -> Seen[w.Rollout]:
        """Where each version of a policy stands."""
        return self._one(f"/v1/policies/{part(policy)}/rollout", w.Rollout)

    def draft(self, policy: str, reason: str, *, match: str | None = None, key: str | None = None) -> Acted:
        """Makes what stands in the policy's folder a version."""
        return self._act(f"/v1/policies/{part(policy)}/rollout/drafts", {"reason": reason}, match, key)

    def take_up(self, policy: str, version: str, reason: str, *, match: str | None = None, key: str | None = None) -> Acted:
        """Puts a version's files back into the policy's folder, to go on from there."""
        return self._act(f"/v1/policies/{part(policy)}/rollout/take-up", {"version": version, "reason": reason}, match, key)

    def forward(self, policy: str, version: str, to: str, *, share_ppm: int = 0, match: str | None = None, key: str | None = None) -> Acted:
        """Takes the next step; of a canary, for how many customers in parts per million."""
        body = {"version": version, "to": to, "share_ppm": share_ppm}
        return self._act(f"/v1/policies/{part(policy)}/rollout/forward", body, match, key)

    def replay(self, policy: str, *, against: str | None = None, days: int = 0, key: str | None = None) -> w.Replay:
        """Begins a replay of the log under a policy or a version of it; an analyst's is evidence about the version.

        Args:
            policy: Its name, or ``NAME@HASH``.
            against: What it is compared with.
            days: Of how many of the last days, today among them; 0 for all there is.
            key: Names it: asked again, it is the same replay.
        """
        return self._asked(f"/v1/policies/{part(policy)}/replays", {"against": against, "days": days}, None, key, w.Replay)

    def replays(self) -> list[w.Replay]:
        """The latest replays of the service, newest first."""
        return self._connection.ask("GET", "/v1/replays", w.Replays, {}).items

    def replay_of(self, replay: str) -> w.Replay:
        """One of them: how far it is, and what it found."""
        return self._connection.ask("GET", f"/v1/replays/{part(replay)}", w.Replay, {})

    def cancel_replay(self, replay: str) -> w.Replay:
        """Ends one at its next step."""
        return self._asked(f"/v1/replays/{part(replay)}/cancel", {}, None, None, w.Replay)

    def back(self, policy: str, ground: str, version: str | None = None, *, match: str | None = None, key: str | None = None) -> Acted:
        """Steps back; without a version the challenger, never the live version."""
        return self._act(f"/v1/policies/{part(policy)}/rollout/back", {"ground": ground, "version": version}, match, key)

    def retire(self, policy: str, version: str, ground: str, *, match: str | None = None, key: str | None = None) -> Acted:
        """Gives a version up that does not run."""
        return self._act(f"/v1/policies/{part(policy)}/rollout/retire", {"version": version, "ground": ground}, match, key)

    def files(self, policy: str) -> list[w.PolicyFile]:
        """The files of a policy that people may change."""
        return self._connection.ask("GET", f"/v1/policies/{part(policy)}/files", Page[w.PolicyFile], {}).items

    def file(self, policy: str, file: str) -> Seen[w.FileContent]:
        """The text of one."""
        return self._one(f"/v1/policies/{part(policy)}/files/{part(file)}", w.FileContent)

    def change_file(self, policy: str, file: str, text: str, reason: str, *, match: str, key: str | None = None) -> Acted:
        """Writes a file anew, over the state that ``match`` names, and makes the policy a version."""
        path = f"/v1/policies/{part(policy)}/files/{part(file)}"
        return self._act(path, {"text": text, "reason": reason}, match, key, "PUT")
