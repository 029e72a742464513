"""No page, file or answer of the console says what lies above its reader's grade, whoever looks for whatever purpose; and what was seen is
written down.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import unquote

import pytest

from huitong.app.grading import Grades
from huitong.app.known_settings import KnownSettings
from huitong.console.pages import DOCUMENTS, PAGES
from huitong.console.work.acts import ASKS
from huitong.contracts import Role
from huitong.decisions.rollout import PolicyRollout, Version
from huitong.evaluation.words import exact_money
from huitong.identity import PERSON_ROLES
from huitong.identity.purposes import WITH_PURPOSE
from huitong.kernel import LANGUAGES
from huitong.store import BookKeeper, RecordLog
from tests.api.test_grades_over_http import grade_of
from tests.app.graded_place import AMOUNTS, NAMES, REASONS, WORDS, Place, graded_place, person

__all__ = ["graded_place"]

OWN_PURPOSE = (
    ("/alerts", "alert"),
    ("/cases", "case"),
    ("/measures", "alert"),
    ("/lists", "alert"),
    ("/policies", "policy"),
    ("/replay", "policy"),
    ("/users", "operation"),
    ("/webhooks", "operation"),
    ("/download/lists", "alert"),
    ("/download/cases", "case"),
    ("/ask", "policy"),
)
"""What a page is for, where its reader states nothing."""
NAMED_IN_ADDRESS = re.compile(r"cust-7f3|nobody-7f3|acct-7f3|rule\.huge")


def own_purpose(path: str, purpose: str | None) -> str | None:
    return purpose or next((kind for start, kind in OWN_PURPOSE if path.startswith(start)), None)


def test_every_page_file_and_answer_is_looked_at_here(place: Place) -> None:
    assert {*(page.route for page in PAGES), *DOCUMENTS, *ASKS} == {*place.paths}
    shown = {path for paths in place.paths.values() for path in paths}
    everything = ""
    for path in sorted(shown):
        for purpose in ("case", "audit", "policy"):
            everything += place.look(person("investigator", "auditor", "analyst", "steward", "admin"), purpose, path)[1]
    amounts = [exact_money(amount, "CNY", "en") for _, amount in AMOUNTS.values()]
    assert [word for word in (*WORDS, *amounts, "a huge amount") if word not in everything] == []


READERS: Mapping[str, Sequence[Role]] = {
    **{page.route: page.readers for page in PAGES},
    **{route: document.readers for route, document in DOCUMENTS.items()},
    **{name: one.readers for name, one in ASKS.items()},
}
READERS_AND_PURPOSES = [
    *((frozenset({role}), purpose) for role in sorted(PERSON_ROLES) for purpose in (None, *WITH_PURPOSE[role])),
    (frozenset({"admin", "operator"}), "case"),
    (frozenset({"admin", "steward"}), "data"),
    (frozenset({"analyst", "operator"}), "alert"),
    (frozenset({"auditor", "approver"}), "operation"),
]


@pytest.mark.parametrize(
    ("roles", "purpose"), READERS_AND_PURPOSES, ids=[f"{'+'.join(sorted(roles))}-{purpose}" for roles, purpose in READERS_AND_PURPOSES]
)
def test_no_page_gives_away_what_is_above_the_grade(place: Place, roles: frozenset[Role], purpose: str | None) -> None:
    signed, wrong = person(*roles), []
    for number, (route, paths) in enumerate(place.paths.items()):
        for path in paths:
            language = sorted(LANGUAGES)[number % 2]
            answer, text, read = place.look(signed, purpose, path, language)
            assert answer.status_code in (200, 303, 403), (path, answer.status_code, answer.text)
            may = grade_of(signed, own_purpose(path, purpose))
            named = NAMED_IN_ADDRESS.findall(path)
            for name in named:
                text = text.replace(name, "")
            seen = place.given_away(text, path)
            wrong += [f"{path}: {word}" for word, grade in seen.items() if grade > may]
            strongest = max(
                (grade for word, grade in seen.items() if word not in REASONS), default=1
            )  # that there is a pattern names nobody
            if len(read) > 1 or (strongest >= 3 and not read):
                wrong.append(f"{path}: written down {len(read)} times")
            fields = str([one.data.get("fields") for one in read])
            wrong += [f"{path}: {word} is written down as no {what}" for word, what in NAMES.items() if word in seen and what not in fields]
            if any(grade > may for grade in (int(str(one.data["grade"])) for one in read)):
                wrong.append(f"{path}: written down above the grade")
            wrong += [f"{path}: {one.data['page']} in clear" for one in read if "7f3" in str(one.data["page"]).replace("E-7f3", "")]
            if not roles & set(READERS[route]):
                assert answer.status_code == 403 or '"cause"' in answer.text, (path, answer.status_code)
    assert wrong == []


DISK = [(RecordLog, "decision"), (RecordLog, "event"), (Grades, "of_code"), (KnownSettings, "of"), (BookKeeper, "ask")]
"""What may wait for the disk."""


def test_no_page_waits_for_the_disk_where_all_others_wait_for_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, on_the_loop = set[str](), set[tuple[str, str]]()

    def watch(owner: type, name: str) -> None:
        real = getattr(owner, name)

        def noted(*given: object, **named: object) -> object:
            asked.add(name)
            with suppress(RuntimeError):
                asyncio.get_running_loop()
                on_the_loop.add((path, name))
            return real(*given, **named)

        monkeypatch.setattr(owner, name, noted)

    path = ""
    for owner, name in DISK:
        watch(owner, name)
    for path in sorted({path for paths in place.paths.values() for path in paths}):
        place.look(person("investigator", "auditor", "analyst", "admin"), "case", path)
    assert on_the_loop == set()
    assert asked == {name for _, name in DISK}


def test_a_page_whose_reading_cannot_be_written_down_is_refused_in_one_frame(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place.bank.people.desk, "note_reading", lambda *_: place.bank.load("no-policy"))
    answer, text, _ = place.look(person("investigator"), "case", "/alerts")
    assert ("no-policy" in text, place.given_away(text, "/alerts")) == (True, {})
    assert [answer.text.count(part) for part in ("frame-top", "frame-pages")] == [1, 1]


def test_whether_anything_is_known_of_somebody_is_not_found_out_by_guessing(place: Place) -> None:
    answers = [place.look(person("analyst"), "audit", f"/measures/of/customer/{name}") for name in ("cust-7f3", "nobody-7f3")]
    assert [answer.status_code for answer, _, _ in answers] == [403, 403]
    assert all("state what you read for" in text.lower() for _, text, _ in answers)
    assert [read for _, _, read in answers] == [[], []]


def test_what_was_read_for_one_alert_is_no_purpose_of_another_nor_of_what_follows(place: Place) -> None:
    first, second, _ = (path.rpartition("/")[2] for path in place.paths["/alerts/{alert:path}"])
    (decision,), (case,) = place.paths["/decisions/{record:path}"], (path.rpartition("/")[2] for path in place.paths["/cases/{case:path}"])
    of_first, of_second, of_case = ("alert", unquote(first)), ("alert", unquote(second)), ("case", unquote(case))
    for stated, path, purpose in (
        (None, f"{decision}?alert={first}", of_first),
        ("alert", f"{decision}?alert={first}", of_first),
        (None, f"{decision}?case={case}", of_case),
        ("request", f"{decision}?alert={first}", ("request", "7")),
        (None, decision, None),
        (None, f"{decision}?alert={second}", None),
        ("alert", f"/alerts/{second}", of_second),
        ("case", f"/alerts/{second}", ("case", "7")),
        ("case", f"/cases/{case}", of_case),
        ("alert", "/alerts", ("alert", "7")),
    ):
        answer, text, read = place.look(person("investigator"), stated, path)
        assert answer.status_code == 200, (path, answer.status_code)
        assert "huitong_purpose" not in answer.headers.get("set-cookie", "")
        found = [(one.data.get("purpose"), one.data.get("reference")) for one in read]
        assert found == ([] if purpose is None else [purpose]), (stated, path)
        assert ("cust-7f3" in text or "next-7f3" in text) is (purpose is not None), (stated, path)


def test_a_link_of_another_site_says_not_for_which_alert_a_decision_is_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (decision,), (alert, *_) = place.paths["/decisions/{record:path}"], place.paths["/alerts/{alert:path}"]
    monkeypatch.setattr(place.client, "headers", {**place.client.headers, "sec-fetch-site": "cross-site"})
    _, text, read = place.look(person("investigator"), None, f"{decision}?alert={alert.rpartition('/')[2]}")
    assert ("cust-7f3" in text, read) == (False, [])


def test_whom_somebody_looked_for_stands_in_a_key_of_the_log_and_in_no_address(place: Place) -> None:
    for name, known in (("cust-7f3", True), ("nobody-7f3", False)):
        answer, _, (read,) = place.look(person("investigator"), None, f"/measures/of/customer/{name}")
        assert answer.status_code == 200
        assert read.keys["customer"] == name
        assert read.data["page"] == "/measures/of/customer/{subject}"
        assert (int(str(read.data["count"])) > 0) is known
    whole = b"".join(path.read_bytes() for path in (place.bank.workspace.root / "log").rglob("*") if path.is_file())
    assert b"nobody-7f3" not in whole


@pytest.mark.parametrize(
    ("roles", "path", "purpose"),
    [
        (("analyst",), "/replays/", None),
        (("analyst",), "/policies/small/versions/folder?file=payers.csv", None),
        (("analyst",), "/ask/policy.trial", None),
        (("auditor",), "/download/proof/", "audit"),
        (("approver",), "/policies/small/difference/", None),
    ],
)
def test_what_is_shown_of_persons_beside_the_books_is_written_down(
    place: Place, monkeypatch: pytest.MonkeyPatch, roles: tuple[Role, ...], path: str, purpose: str | None
) -> None:
    if "?file=" in path:  # a folder's files are opened where something else decides
        live = Version("a" * 64, "li.wei", "first", None, 0, "live")
        monkeypatch.setattr(place.bank.rollouts, "status", lambda _: PolicyRollout({live.hash: live}, [live.hash]))
    whole = next(one for paths in place.paths.values() for one in paths if one.startswith(path))
    answer, text, read = place.look(person(*roles), purpose, whole)
    assert answer.status_code == 200, answer.text
    assert 3 in place.given_away(text, whole).values()
    assert [int(str(one.data["grade"])) for one in read] == [3]


def test_who_may_not_open_a_page_is_not_led_to_it(place: Place) -> None:
    _, admin, _ = place.look(person("admin"), None, "/")
    _, analyst, _ = place.look(person("analyst"), None, "/")
    for path in ("/decisions", "/alerts", "/cases", "/measures", "/webhooks"):
        assert (f'href="{path}"' in admin) is (path == "/webhooks")
        assert (f'href="{path}"' in analyst) is (path != "/webhooks")
