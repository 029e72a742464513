"""Edits that hold only for what their author has seen, and people's work through the typed client."""

import threading
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec
import pytest

from huitong.api.work.matching import etag_of
from huitong.app import Source
from huitong.client import Acted, Client, Seen, Work
from huitong.client.calling import Connection
from huitong.client.work_shapes import FileContent
from huitong.contracts import Actor, Command
from huitong.kernel import LANGUAGES, MICROSECONDS_PER_DAY, EventId, HuitongError, InputError, time_text
from tests.api.test_work import House, house
from tests.app.small_world import sources_in

__all__ = ["house"]

OPENED: list[Client] = []
FILES = "/v1/policies/small/files"


def worker(house: House, who: str) -> Work:
    """Somebody at their work, by the typed client."""
    client = Client(str(house.client.base_url), headers={"x-user": who}, purpose="case:C-1")
    OPENED.append(client)
    return client.work


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def code_of(act: Callable[[], object]) -> str:
    """The code of a refusal; its cause and remedy are said in both languages."""
    with pytest.raises(HuitongError) as caught:
        act()
    assert all(caught.value.cause[language] and caught.value.remedy[language] for language in LANGUAGES)
    return caught.value.code


def test_an_alert_that_somebody_changed_meanwhile_is_not_written_over(house: House) -> None:
    house.pay("t-1", "Tang")
    alert = house.alert_of("Tang")
    zhao, sun = worker(house, "zhao"), worker(house, "sun")
    seen = zhao.alert(alert)
    assert (seen.value.subject, seen.etag[0], seen.etag[-1]) == ("Tang", '"', '"')
    assert zhao.alert(alert).etag == seen.etag
    sun.on_alert(alert, "assign", to="sun")
    assert code_of(lambda: zhao.on_alert(alert, "assign", to="zhao", match=seen.etag)) == "http.stale"
    assert zhao.alert(alert).value.assignee == "sun"
    again = zhao.alert(alert)
    first = zhao.on_alert(alert, "assign", to="zhao", match=again.etag, key="mine")
    assert zhao.on_alert(alert, "assign", to="zhao", match=again.etag, key="mine") == first  # repeated: its own change is no other's
    assert zhao.alert(alert).value.assignee == "zhao"
    zhao.on_alert(alert, "assign", to="sun", match="*")
    assert alert in [one.alert.id for one in zhao.alerts()]
    assert alert not in [one.alert.id for one in zhao.alerts(assignee="zhao")]


def test_of_two_who_edit_the_same_state_at_once_one_is_refused(house: House) -> None:
    house.pay("t-2", "Song")
    alert = house.alert_of("Song")
    etag = worker(house, "zhao").alert(alert).etag
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def edit(who: str) -> None:
        start.wait()
        try:
            worker(house, "wang").on_alert(alert, "assign", to=who, match=etag)
            outcomes.append("done")
        except InputError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=edit, args=(f"p{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "http.stale", "http.stale", "http.stale"]


def test_a_case_a_measure_and_a_proposal_have_tags(house: House) -> None:
    house.pay("t-3", "Yuan")
    zhao, sun, wang = (worker(house, who) for who in ("zhao", "sun", "wang"))
    case = zhao.open_case(house.alert_of("Yuan"), "A mule").id
    seen = zhao.case(case)
    sun.on_case(case, "note", note="seen")
    assert code_of(lambda: zhao.on_case(case, "note", note="mine", match=seen.etag)) == "http.stale"
    assert [one.text for one in zhao.case(case).value.timeline if one.kind == "case.noted"] == ["seen"]
    assert case in [one.id for one in zhao.cases()]

    until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    proposed = zhao.impose("account", "A-tags", "freeze", until=until, ground="court_order")
    assert (proposed.kind, [one.code for one in proposed.findings]) == ("measure.proposed", ["measure.subject.unnamed"])
    typed = zhao.impose("account", "A-typed", "limit", until=until, ground="court_order", channel="onlin", amount_minor=1_000)
    assert [one.code for one in typed.findings] == ["measure.subject.unnamed", "measure.channel.unknown"]
    assert "transfer (转账)" in typed.findings[1].remedy["zh"]
    waits = wang.proposal(proposed.id)
    assert proposed.id in [one.measure.id for one in wang.proposals()]
    wang.confirm(proposed.id, match=waits.etag)
    assert code_of(lambda: wang.refuse(proposed.id, match=waits.etag)) == "http.stale"
    (held,) = wang.measures("account", "A-tags")
    measure = wang.measure(held.id)
    assert (measure.value.kind, measure.value.second) == ("freeze", "wang")
    assert held.id in [one.id for one in wang.measures()]
    lifting = zhao.lift(held.id, "court_order", match=measure.etag)
    wang.refuse(lifting.id, "not yet")
    assert wang.measure(held.id).etag == measure.etag  # nothing came of it
    assert code_of(lambda: wang.measure("none")) == "measure.unknown"
    assert code_of(lambda: wang.proposal("none")) == "measure.proposal.unknown"


def test_a_tag_cannot_be_tried_out_by_who_must_not_see_what_it_is_of(house: House) -> None:
    house.pay("t-9", "Pan")
    alert = house.alert_of("Pan")
    tag = worker(house, "zhao").alert(alert).etag
    known = house.bank.books.desk.ask(lambda desk: desk.alerts[alert])
    assert tag == etag_of(known)
    assert tag.strip('"') != blake2b(msgspec.msgpack.encode(known), digest_size=16, person=b"etag").hexdigest()


def test_a_header_that_holds_no_tag_is_refused_and_a_weak_one_matches_nothing(house: House) -> None:
    house.pay("t-4", "Ming")
    alert = house.alert_of("Ming")
    etag = worker(house, "zhao").alert(alert).etag
    for header, status, code in [("nonsense", 400, "http.header"), (f"W/{etag}", 412, "http.stale"), (f'"x", {etag}', 200, None)]:
        headers = {"x-user": "zhao", "idempotency-key": f"k-{header}", "if-match": header}
        answer = house.client.post(f"/v1/alerts/{alert}/assign", json={"to": "sun"}, headers=headers)
        assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_a_file_of_a_policy_is_replaced_only_by_who_has_seen_it(house: House, trained_bank: Path) -> None:
    chen, wang = worker(house, "chen"), worker(house, "wang")
    files = {one.file: one.grade for one in chen.files("small")}
    assert files.keys() >= {"policy.toml", "features.toml", "blocked.csv"}
    first = chen.file("small", "policy.toml")
    longer = first.value.text.replace("amount > 200000", "amount > 300000")
    assert longer != first.value.text
    body = {"text": longer, "reason": "a higher limit"}
    headers = {"x-user": "chen", "idempotency-key": "blind"}
    blind = house.client.put(f"{FILES}/policy.toml", json=body, headers=headers)
    assert (blind.status_code, blind.json()["code"]) == (428, "http.match.missing")
    assert code_of(lambda: _change(chen, first, longer)) == "policy.folder_decides"  # before a version is live

    before = wang.rollout("small")
    version = _first_live(house, sources_in(trained_bank))
    assert wang.rollout("small").etag != before.etag
    assert wang.rollout("small").value.live == version
    assert code_of(lambda: chen.retire("small", version, "old", match=before.etag)) == "http.stale"

    assert code_of(lambda: _change(wang, first, longer)) == "access.role"
    drafted = _change(chen, first, longer)
    assert drafted.kind == "policy.drafted"
    assert _change(chen, first, longer) == drafted  # the same key is the same act, whatever became of the file
    assert chen.file("small", "policy.toml").value.text == longer
    shorter = first.value.text.replace("amount > 200000", "amount > 250000")
    assert code_of(lambda: chen.change_file("small", "policy.toml", shorter, "-", match=first.etag)) == "http.stale"
    assert chen.file("small", "policy.toml").value.text == longer
    seen = chen.file("small", "policy.toml")
    assert code_of(lambda: chen.change_file("small", "policy.toml", "format = 9", "-", match=seen.etag)).startswith("policy.")
    taken = chen.take_up("small", version, "the limit hit honest customers", key="taken")
    assert (taken.kind, chen.file("small", "policy.toml").value.text) == ("policy.drafted", first.value.text)
    assert chen.take_up("small", version, "the limit hit honest customers", key="taken") == taken
    assert wang.rollout("small").value.live == version
    assert code_of(lambda: wang.take_up("small", version, "so")) == "access.role"
    assert code_of(lambda: chen.file("small", "trained.toml")) == "policy.file"
    assert code_of(lambda: chen.file("none", "policy.toml")) == "bank.policy.unknown"


def _change(who: Work, seen: Seen[FileContent], text: str) -> Acted:
    return who.change_file("small", "policy.toml", text, "a higher limit", match=seen.etag, key="higher")


def _first_live(house: House, sources: list[Source]) -> str:
    """Makes what stands in the folder live, by the steps that it takes."""
    chen, wang, office = worker(house, "chen"), worker(house, "wang"), house.bank.rollouts
    chen.draft("small", "as it is")
    (version,) = (one.version for one in chen.rollout("small").value.versions if one.stage == "draft")
    command = Command(EventId("replayed"), Actor("chen", frozenset({"analyst"})), house.bank.clock.now_us())
    office.replayed(command, "small", house.bank.replay("small", sources))
    wang.forward("small", version, "live")
    return version


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(InputError):
        Connection("ftp://bank", {}, 1.0)
