"""An act that names a tag holds only for what was seen; where what it is about has no tag, it is refused rather than carried out."""

import pytest

from huitong.client import Client
from huitong.kernel import LANGUAGES
from tests.api.test_lists import house, opened, until
from tests.api.test_work import House

__all__ = ["house"]

OLD = '"0123456789abcdef0123456789abcdef"'


def code_of(house: House, who: str, path: str, match: str, body: dict[str, object] | str, key: str = "") -> tuple[int, str | None]:
    """What becomes of an act that names a tag; a refusal is said in both languages."""
    headers = {"x-user": who, "idempotency-key": key or f"{path}{match}"[:128], "if-match": match}
    if isinstance(body, str):
        answer = house.client.post(path, content=body, headers=headers | {"content-type": "text/csv"})
    else:
        answer = house.client.post(path, json=body, headers=headers)
    said = answer.json()
    if answer.status_code >= 400:
        assert all(said[part][language] for part in ("cause", "remedy") for language in LANGUAGES)
    return answer.status_code, said.get("code")


@pytest.mark.parametrize("form", ["entries", "table"])
def test_a_list_that_was_described_anew_is_not_added_to_by_who_saw_it_before(house: House, form: str) -> None:
    name = opened(house, f"match_{form}")
    path, look_up = f"/v1/lists/{name}/{form}", f"/v1/lists/{name}"
    end = until(house)
    body: dict[str, object] | str = {"value": "K-9", "until": end, "ground": "customer_report"}
    if form == "table":
        body = f"value,until,ground\nK-9,{end},customer_report\n"
    headers = {"x-user": "chen"}
    seen = house.client.get(look_up, headers=headers).headers["etag"]
    texts = {"title_zh": "名单", "title_en": "Another", "owner": "card.desk", "purpose": "to try lists"}
    house.done("chen", f"{look_up}/describe", **texts)
    before = house.bank.log.end()
    assert code_of(house, "zhao", path, "nonsense", body) == (400, "http.header")
    assert code_of(house, "zhao", path, seen, body) == (412, "http.stale")
    assert house.bank.log.end() == before
    now = house.client.get(look_up, headers=headers).headers["etag"]
    assert code_of(house, "zhao", path, now, body, f"added-{form}")[0] == 200
    house.done("chen", f"{look_up}/describe", **texts | {"title_en": "A third"})
    assert code_of(house, "zhao", path, now, body, f"added-{form}")[0] == 200, "repeated, it is the same act"
    assert code_of(house, "zhao", path, "*", body)[0] == 200


def test_what_has_no_tag_is_left_as_it_is_where_one_is_named(house: House) -> None:
    name = opened(house, "match_none", second=True)
    asked = {"value": "K-8", "until": until(house), "ground": "customer_report"}
    waits = house.done("zhao", f"/v1/lists/{name}/entries", **asked)["id"]
    plain = opened(house, "match_plain")
    house.done("zhao", f"/v1/lists/{plain}/entries", **asked)
    entry = house.client.get(f"/v1/lists/{plain}/entries", headers={"x-user": "admin"}).json()["items"][0]["id"]
    lift = {"ground": "verified"}
    before = house.bank.log.end()
    acts: list[tuple[str, str, dict[str, object]]] = [
        ("zhao", f"/v1/lists/entries/{entry}/lift", {**lift}),
        ("wang", f"/v1/lists/waiting/{waits}/confirm", {}),
        ("wang", f"/v1/lists/waiting/{waits}/refuse", {"note": "no"}),
        (
            "chen",
            "/v1/lists",
            {"name": "n", "title_zh": "x", "title_en": "x", "owner": "o", "purpose": "p", "kind": "block", "holds": "card"},
        ),
    ]
    for who, path, body in acts:
        assert code_of(house, who, path, OLD, body) == (412, "http.match.untagged")
        assert code_of(house, who, path, "nonsense", body) == (400, "http.header")
    assert house.bank.log.end() == before
    for who, path, body in acts[:2]:
        assert code_of(house, who, path, "*", body)[0] == 200


def test_a_webhook_that_was_changed_meanwhile_sends_and_drops_nothing_for_who_saw_it_before(house: House) -> None:
    with Client(str(house.client.base_url), headers={"x-user": "admin"}) as client:
        made = client.webhooks.subscribe("core", "https://core.bank.example/x", ["decision"])
        seen = client.webhooks.one(made.id).etag
        client.webhooks.change(made.id, "core", "https://core.bank.example/y", ["decision"], match=seen)
        now = client.webhooks.one(made.id).etag
    assert seen is not None and now is not None  # noqa: PT018 -- one of two tags
    for act, body in (("again", {"record": "R-1"}), ("drop", {"record": "R-1", "ground": "it is known"})):
        path = f"/v1/webhooks/{made.id}/{act}"
        assert code_of(house, "admin", path, seen, {**body}) == (412, "http.stale")
        assert code_of(house, "admin", path, "nonsense", {**body}) == (400, "http.header")
        assert code_of(house, "admin", path, now, {**body}) == (404, "webhook.aside.unknown")
