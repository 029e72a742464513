"""Who is given a webhook's secret: whoever may see it then, the act's own and no other; each giving is written down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from huitong.app import Bank
from huitong.app.kept_webhooks import KeptWebhooks
from huitong.app.server import Served
from huitong.app.webhooks import secret_given
from huitong.contracts import Actor, Event, Role
from huitong.identity import Signed
from huitong.operations import webhooks as wh
from tests.app.receiver import receiving
from tests.app.webhook_house import House

WANTED = {"name": "core", "occurrences": ["decision"], "grade": 3}


@dataclass
class Asked:
    """A served bank, and a person whose roles change."""

    house: House
    client: httpx.Client
    url: str
    roles: set[Role]

    def act(self, path: str, key: str, **body: object) -> httpx.Response:
        """An act under a key."""
        return self.client.post(f"/v1/webhooks{path}", json=body, headers={"idempotency-key": key})

    def made(self, key: str = "made") -> httpx.Response:
        """The subscription, made under a key."""
        return self.act("", key, url=self.url, **WANTED)

    def shown(self) -> list[tuple[object, object]]:
        """By whom which secret was looked at again."""
        found = [one.content for one in self.house.bank.log.read(0, ["webhook.shown"])]
        return [(one.data["by"], one.data["generation"]) for one in found if isinstance(one, Event)]


@pytest.fixture
def asked(root: Path) -> Iterator[Asked]:
    (root / "bank.toml").write_text('[webhooks]\nnetworks = ["127.0.0.0/8"]\n', "utf-8")
    house = House(root)
    roles: set[Role] = {"admin"}

    def known(_headers: Mapping[str, str], _address: str, _method: str) -> Signed:
        return Signed(Actor("li", frozenset(roles)), "session", "li")

    with (
        receiving() as receiver,
        Served(house.bank, policy="small", authenticate=known) as address,
        httpx.Client(base_url=address) as client,
    ):
        yield Asked(house, client, receiver.url, roles)
    house.bank.close()


def test_who_only_repeats_an_act_is_asked_for_the_role_it_takes_now(asked: Asked) -> None:
    made = asked.made().json()
    path = f"/{made['id']}"
    shown = asked.act(f"{path}/secret", "shown").json()
    assert shown["secret"] == made["secret"]
    asked.roles.clear()
    asked.roles.add("operator")
    assert asked.act(f"{path}/stop", "stopped", ground="moves").json()["kind"] == "webhook.stopped"
    for word, key in (("secret", "stopped"), ("turn", "stopped"), ("secret", "shown"), ("secret", "new")):
        refused = asked.act(f"{path}/{word}", key)
        assert (refused.status_code, refused.json()["code"]) == (403, "access.role")
        assert made["secret"] not in refused.text
    again = asked.made()
    assert (again.status_code, again.json()["code"]) == (403, "access.role")
    assert asked.shown() == [("li", 1)]


def test_a_repeated_act_gives_its_own_secret_and_writes_that_down(asked: Asked) -> None:
    made = asked.made().json()
    assert asked.shown() == []
    assert asked.made().json() == made
    assert asked.shown() == [("li", 1)]
    turned = asked.act(f"/{made['id']}/turn", "turned").json()
    assert turned["secret"] not in (None, made["secret"])
    assert asked.act(f"/{made['id']}/turn", "turned").json() == turned
    assert asked.shown() == [("li", 1), ("li", 2)]


def test_a_repeated_act_never_gives_the_secret_that_took_the_place_of_its_own(asked: Asked) -> None:
    made = asked.made().json()
    path = f"/{made['id']}"
    shown, first, second = (asked.act(f"{path}/{word}", word + key).json() for word, key in (("secret", ""), ("turn", "A"), ("turn", "B")))
    assert len({made["secret"], first["secret"], second["secret"]}) == 3
    end = asked.house.bank.log.end()
    for path_of, key, was in ((f"{path}/secret", "secret", shown), (f"{path}/turn", "turnA", first)):
        assert asked.act(path_of, key).json() == was | {"secret": None}
    assert asked.made().json() == made | {"secret": None}
    assert asked.house.bank.log.end() == end
    assert asked.act(f"{path}/turn", "turnB").json() == second
    assert asked.act(f"{path}/remove", "gone", ground="gone").status_code == 200
    for again, was in ((asked.made(), made), (asked.act(f"{path}/turn", "turnB"), second)):
        assert (again.status_code, again.json()) == (200, was | {"secret": None})


def test_a_secret_that_was_shown_before_events_said_which_one_is_not_given_again(bank: Bank) -> None:
    administrator = Actor("li", frozenset({"admin"}))
    shown = Event("shown", "webhook.shown", bank.clock.now_us(), {"subscription": "w"}, {"by": "li"})
    assert secret_given(bank, administrator, shown, again=True) is None


def test_a_form_that_is_sent_twice_shows_its_own_secret_and_writes_that_down(root: Path) -> None:
    house = House(root)
    with receiving() as receiver, house.bank as bank:
        kept, subscription = KeptWebhooks(bank), house.subscribe(receiver.url)
        turn = house.command()
        (turned,) = kept.act(turn, lambda state: wh.turn(state, turn, subscription))
        secret = kept.secret(turn.by, turned, again=False)
        assert (secret is not None, kept.secret(turn.by, turned, again=True)) == (True, secret)
        assert sum(1 for _ in bank.log.read(0, ["webhook.shown"])) == 1
        another = house.command()
        kept.act(another, lambda state: wh.turn(state, another, subscription))
        assert kept.secret(turn.by, turned, again=True) is None
