"""A key names one act with all that it says: sent again it is that act, and whatever else it is sent with is refused, by every route."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from huitong.contracts import REQUEST_DIGEST, Actor, Command, Event, id_of_act
from huitong.identity import this_machine
from huitong.kernel import MICROSECONDS_PER_DAY, EventId, time_text
from huitong.operations import cases
from huitong.operations.webhooks import Aside
from huitong.operations.webhooks.acts import set_aside
from huitong.operations.webhooks.state import SHOWN
from tests.api.test_work import ROLES, House, house
from tests.app.small_world import sources_in

__all__ = ["house"]

HEADER = "Idempotency-Key"
CASE = {"title": "A mule"}
OF_MACHINES = {"/v1/decisions", "/v1/events", "/v1/feedback"}
"""Whose key is the event's id."""


@dataclass
class Keyed:
    """Acts that are sent under a key once, again, and with something else."""

    house: House
    sent: set[tuple[str, str]] = field(default_factory=set)

    def send(self, who: str, path: str, key: str, body: Mapping[str, object], method: str = "POST", **headers: str) -> httpx.Response:
        named = {"x-user": who, "idempotency-key": key, **headers}
        return self.house.client.request(method, path, json=body, headers=named)

    def once(
        self,
        who: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *others: Mapping[str, object],
        method: str = "POST",
        **headers: str,
    ) -> dict[str, Any]:
        """An act that is done, is the same when it is sent again, and with another body, or at another address, is refused."""
        self.house.keys += 1
        key, said, log = f"once-{self.house.keys}", body or {}, self.house.bank.log
        first = self.send(who, path, key, said, method, **headers)
        assert first.status_code == 200, (path, first.text)
        assert REQUEST_DIGEST in written(self.house, first.json()["id"]).data
        end = log.end()
        again = self.send(who, path, key, dict(reversed(list(said.items()))), method, **headers)
        assert (again.status_code, again.json()["id"], again.json()["kind"]) == (200, first.json()["id"], first.json()["kind"])
        elsewhere = self.send(who, *(("/v1/webhooks/none/turn", key, {}) if who == "admin" else ("/v1/alerts/none/begin", key, {})))
        assert (elsewhere.status_code, elsewhere.json().get("code")) in ((409, "act.key_used"), (403, "access.role")), elsewhere.text
        for other in (self.send(who, path, key, one, method, **headers) for one in others):
            assert (other.status_code, other.json().get("code")) == (409, "act.key_used"), (path, other.request.content, other.text)
        new = [record.content for record in log.read(end)]
        assert [one.kind for one in new if isinstance(one, Event)] in ([], [SHOWN]), "a secret that is given again is noted as given"
        self.sent.add((method, path))
        return dict(first.json())


def test_by_every_route_a_key_is_one_act_with_all_that_it_says(house: House, trained_bank: Path) -> None:
    keyed = Keyed(house)
    _alerts(keyed)
    _cases(keyed)
    _measures(keyed)
    _lists(keyed)
    _webhooks(keyed)
    _policies(keyed, trained_bank)
    document = house.client.get("/v1/openapi.json", headers={"x-user": "chen"}).json()["paths"]
    routes = {
        (method.upper(), path)
        for path, item in document.items()
        for method, operation in item.items()
        if any(one["name"].lower() == HEADER.lower() for one in operation.get("parameters", ())) and path not in OF_MACHINES
    }
    assert {one for one in routes if not any(_is_at(*sent, *one) for sent in keyed.sent)} == FILES
    assert len(routes) > 30


FILES = {("POST", "/v1/cases/{case_id}/files"), ("POST", "/v1/lists/{name}/table"), ("POST", "/v1/policies/{name}/replays")}
"""Routes of files and of replays, which have tests of their own."""


def _is_at(method: str, path: str, route_method: str, route: str) -> bool:
    pattern = re.sub(r"\\\{[a-z_]+\\\}", ".+", re.escape(route))
    return method == route_method and re.fullmatch(pattern, path) is not None


def _alerts(keyed: Keyed) -> None:
    house = keyed.house
    house.pay("k-1", "Key")
    alert = f"/v1/alerts/{house.alert_of('Key')}"
    day, two = (time_text(house.bank.clock.now_us() + days * MICROSECONDS_PER_DAY) for days in (1, 2))
    keyed.once("zhao", f"{alert}/assign", {"to": "sun"}, {"to": "zhao"})
    keyed.once("sun", f"{alert}/begin")
    keyed.once("sun", f"{alert}/snooze", {"until": day, "reason": "-"}, {"until": two, "reason": "-"}, {"until": day, "reason": "so"})
    keyed.once("sun", f"{alert}/close", {"verdict": "genuine", "reason": "-"}, {"verdict": "fraud", "reason": "-"})
    keyed.once("wang", f"/v1/alerts/{_drawn(house)}/review", {"verdict": "genuine"}, {"verdict": "fraud"})
    keyed.once("sun", f"{alert}/reopen", {"reason": "-"}, {"reason": "so"})
    keyed.once("sun", f"{alert}/escalate", {"reason": "-"}, {"reason": "so"})


def _drawn(house: House) -> str:
    """A closed alert that is to be looked at a second time."""
    for number in range(200):
        name = f"Drawn{number}"
        house.pay(f"k-drawn-{number}", name)
        alert = house.alert_of(name)
        if cases.drawn_for_review(alert, house.bank.desk_settings):
            house.done("zhao", f"/v1/alerts/{alert}/close", verdict="genuine", reason="-")
            return alert
    raise AssertionError


def _cases(keyed: Keyed) -> None:
    house = keyed.house
    house.pay("k-2", "Casekey")
    house.pay("k-3", "Otherkey")
    alert, other = house.alert_of("Casekey"), house.alert_of("Otherkey")
    opened = keyed.once("zhao", "/v1/cases", {"alert": alert, **CASE}, {"alert": alert, "title": "-"}, {"alert": other, **CASE})
    case = f"/v1/cases/{opened['id']}"
    keyed.once("zhao", f"{case}/link", {"other": other}, {"other": alert})
    keyed.once("zhao", f"{case}/note", {"note": "seen"}, {"note": "not seen"})
    for item in ("evidence_seen", "customer_contacted", "measures_reviewed"):
        keyed.once("zhao", f"{case}/check", {"item": item}, {"item": "other"})
    proposed = {"verdict": "fraud", "reason": "clear"}
    first = keyed.once("zhao", f"{case}/propose", proposed, proposed | {"verdict": "genuine"}, proposed | {"reason": "-"})["id"]
    keyed.once("sun", f"{case}/refuse", {"reason": "no", "proposal": first}, {"reason": "yes", "proposal": first})
    second = keyed.once("zhao", f"{case}/propose", proposed)["id"]
    keyed.once("sun", f"{case}/close", {"proposal": second}, {"proposal": first})
    keyed.once("zhao", f"{case}/reopen", {"reason": "-"}, {"reason": "so"})


def _measures(keyed: Keyed) -> None:
    day, two = (time_text(keyed.house.bank.clock.now_us() + days * MICROSECONDS_PER_DAY) for days in (1, 2))
    wanted: dict[str, object] = {"role": "account", "subject": "A-key", "measure": "freeze", "until": day, "ground": "court_order"}
    changed = ({"until": two}, {"subject": "A-other"}, {"measure": "watch"}, {"note": "-"}, {"customer": "C"}, {"amount_minor": 1})
    proposals = [keyed.once("zhao", "/v1/measures", wanted, *({**wanted, **one} for one in changed))["id"] for _ in range(2)]
    keyed.once("wang", f"/v1/measures/waiting/{proposals[0]}/refuse", {}, {"note": "so"})
    keyed.once("wang", f"/v1/measures/waiting/{proposals[1]}/confirm")
    (held,) = keyed.house.get("wang", "/v1/measures", role="account", subject="A-key")["items"]
    keyed.once("zhao", f"/v1/measures/{held['id']}/lift", {"ground": "verified"}, {"ground": "verified", "note": "-"})


def _lists(keyed: Keyed) -> None:
    until = time_text(keyed.house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    described: dict[str, object] = {"title_zh": "名单", "title_en": "A list", "owner": "desk", "purpose": "to try"}
    opened: dict[str, object] = {"name": "keyed", "kind": "block", "holds": "card", **described}
    others = ({"owner": "else"}, {"purpose": "else"}, {"second": True}, {"kind": "watch"})
    keyed.once("chen", "/v1/lists", opened, *({**opened, **one} for one in others))
    twice = {**described, "second": True}
    keyed.once("chen", "/v1/lists/keyed/describe", described, twice)
    keyed.once("chen", "/v1/lists/keyed/describe", twice, described, {**described, "second": False})
    entry: dict[str, object] = {"value": "K-1", "until": until, "ground": "investigation"}
    waiting = [keyed.once("zhao", "/v1/lists/keyed/entries", {**entry, "value": one}, entry)["id"] for one in ("K-2", "K-3")]
    keyed.once("wang", f"/v1/lists/waiting/{waiting[0]}/refuse", {}, {"note": "-"})
    keyed.once("wang", f"/v1/lists/waiting/{waiting[1]}/confirm")
    (held,) = keyed.house.get("wang", "/v1/lists/keyed/entries")["items"]
    keyed.once("zhao", f"/v1/lists/entries/{held['id']}/lift", {"ground": "verified"}, {"ground": "verified", "reason": "-"})


def _webhooks(keyed: Keyed) -> None:
    bank = keyed.house.bank
    wanted: dict[str, object] = {"name": "core", "url": "https://core.bank.example/h", "occurrences": ["decision"]}
    made = keyed.once("admin", "/v1/webhooks", wanted, {**wanted, "grade": 3}, {**wanted, "outcome": "decline"})["id"]
    path = f"/v1/webhooks/{made}"
    keyed.once("admin", f"{path}/change", {**wanted, "grade": 3}, wanted)
    keyed.once("admin", f"{path}/turn")
    keyed.once("admin", f"{path}/secret")
    for number, record in enumerate(("k-1", "k-2")):
        command = Command(EventId(f"aside-{number}"), this_machine().actor, bank.clock.now_us())
        aside = Aside(record, number, 422, bank.clock.now_us())
        bank.books.webhooks.act(command, lambda _state, command=command, aside=aside: set_aside(command, made, aside, 0))  # type: ignore[misc]  # defaults of a lambda
    keyed.once("admin", f"{path}/again", {"record": "k-1"}, {}, {"record": "k-2"})
    keyed.once("admin", f"{path}/drop", {"record": "k-2", "ground": "-"}, {"record": "k-2", "ground": "so"})
    keyed.once("admin", f"{path}/stop", {"ground": "-"}, {"ground": "so"})
    keyed.once("admin", f"{path}/resume", {}, {"since": "k-1"})
    keyed.once("admin", f"{path}/remove", {"ground": "-"}, {"ground": "so"})


def _policies(keyed: Keyed, trained_bank: Path) -> None:
    house, path = keyed.house, "/v1/policies/small/rollout"

    def replayed(policy: str) -> None:
        command = Command(EventId(f"keyed-{policy}"), Actor("chen", frozenset({"analyst"})), house.bank.clock.now_us())
        house.bank.rollouts.replayed(command, "small", house.bank.replay(policy, sources_in(trained_bank)))

    keyed.once("chen", f"{path}/drafts", {"reason": "as it is"}, {"reason": "so"})
    (version,) = (one["version"] for one in house.get("chen", path)["versions"])
    replayed("small")
    keyed.once("wang", f"{path}/forward", {"version": version, "to": "live"}, {"version": version, "to": "shadow"})
    file = "/v1/policies/small/files/policy.toml"
    seen = house.client.get(file, headers={"x-user": "chen"})
    longer, shorter = (seen.json()["text"].replace("amount > 200000", f"amount > {limit}") for limit in (300_000, 250_000))
    change: dict[str, object] = {"text": longer, "reason": "a limit"}
    others = ({**change, "text": shorter}, {**change, "reason": "-"})
    keyed.once("chen", file, change, *others, method="PUT", **{"if-match": seen.headers["etag"]})
    assert house.get("chen", file)["text"] == longer
    (changed,) = (one["version"] for one in house.get("chen", path)["versions"] if one["version"] != version)
    keyed.once("chen", f"{path}/take-up", {"version": version, "reason": "-"}, {"version": changed, "reason": "-"})
    replayed(f"small@{changed}")
    keyed.once("wang", f"{path}/forward", {"version": changed, "to": "shadow"}, {"version": changed, "to": "shadow", "share_ppm": 1})
    keyed.once("wang", f"{path}/back", {"ground": "-"}, {"ground": "so"}, {"ground": "-", "version": changed})
    keyed.once("chen", f"{path}/retire", {"version": changed, "ground": "-"}, {"version": changed, "ground": "so"})


def test_a_key_from_before_there_were_digests_is_told_by_what_its_event_says(house: House) -> None:
    house.pay("k-old", "Old")
    alert = house.alert_of("Old")
    command = house.bank.measures.command(Actor("zhao", frozenset(ROLES["zhao"])), id_of_act(Actor("zhao", frozenset()), "old"))
    house.bank.books.desk.carry_out(command, cases.escalate, alert, "beyond my limit")
    assert REQUEST_DIGEST not in written(house, command.id).data
    assert house.done("zhao", f"/v1/alerts/{alert}/escalate", "old", reason="beyond my limit")["id"] == command.id
    assert house.refused("zhao", f"/v1/alerts/{alert}/escalate", 409, "old", reason="another") == "act.key_used"


def test_nobody_finds_out_from_the_log_by_guessing_what_was_asked_for(house: House) -> None:
    until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    wanted = {"role": "account", "subject": "A-guess", "measure": "watch", "until": until, "ground": "investigation"}
    one, other = (written(house, EventId(house.done("zhao", "/v1/measures", f"guess-{number}", **wanted)["id"])) for number in range(2))
    assert one.data[REQUEST_DIGEST] != other.data[REQUEST_DIGEST]
    assert house.bank.contracts["measure.changed"].field(REQUEST_DIGEST).grade == 5  # type: ignore[union-attr]  # there


def written(house: House, event_id: EventId) -> Event:
    """An event of the log."""
    found = house.bank.log.event(event_id)
    assert found is not None
    return found
