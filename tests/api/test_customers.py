"""What customers are told of measures, and what these cost them, over HTTP: as the console shows it, and no more of it."""

import pytest

from huitong.client import Client
from huitong.client.shapes import Hidden
from huitong.kernel import MICROSECONDS_PER_DAY, HuitongError, time_text
from tests.api.test_work import House, house

__all__ = ["house"]


def test_a_notice_is_what_the_customer_is_told_and_hidden_as_what_it_names(house: House) -> None:
    day = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    wanted = {"role": "account", "subject": "A-notice", "until": day, "ground": "investigation"}
    limit = house.done("zhao", "/v1/measures", **wanted, measure="limit", amount_minor=50_000)["id"]
    watch = house.done("zhao", "/v1/measures", **wanted, measure="watch")["id"]
    with Client(str(house.client.base_url), headers={"x-user": "zhao"}, purpose="case:C-1") as zhao:
        said = zhao.work.notice(limit)
        assert said.measure == limit
        assert said.text is not None
        assert "500.00 元" in said.text["zh"]
        assert "CNY 500.00" in said.text["en"]
        assert zhao.work.notice(watch).text is None, "who is watched is told nothing"
        with pytest.raises(HuitongError, match="no measure"):
            zhao.work.notice("none")
        house.done("zhao", f"/v1/measures/{limit}/lift", ground="verified")
        lifted = zhao.work.notice(limit).text
        assert lifted not in (None, said.text)
    before = house.readings()
    hidden = house.client.get(f"/v1/measures/{limit}/notice", headers={"x-user": "chen", "x-purpose": "case:C-1"}).json()
    assert hidden["text"]["grade"] == 3
    assert "500" not in str(hidden)
    assert house.readings() == before
    house.get("zhao", f"/v1/measures/{limit}/notice")
    assert house.readings() == before + 1
    assert house.client.get(f"/v1/measures/{limit}/notice", headers={"x-user": "admin"}).json()["code"] == "access.role"


def test_the_figures_say_what_was_held_and_who_was_held_wrongly(house: House) -> None:
    with Client(str(house.client.base_url), headers={"x-user": "zhao"}, purpose="case:C-1") as zhao:
        before = zhao.work.measure_figures()
        house.pay("figures-1", "Figures")
        alert = house.alert_of("Figures")
        held = zhao.work.measure_figures()
        assert isinstance(held.held_minor, int)
        assert isinstance(before.held_minor, int)
        assert held.held_minor - before.held_minor == 30_000_000
        house.done("zhao", f"/v1/alerts/{alert}/close", verdict="genuine", reason="the customer said so")
        wrong = zhao.work.measure_figures(long_hours=1)
        assert isinstance(wrong.wrongly_held_minor, int)
        assert isinstance(before.wrongly_held_minor, int)
        assert wrong.wrongly_held_minor - before.wrongly_held_minor == 30_000_000
        assert wrong.innocent == before.innocent + 1
        assert wrong.long_hours == 1
        later = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
        assert sum(zhao.work.measure_figures(since=later).measures.values()) == 0
        assert wrong.measures == dict(house.bank.measures.figures().measures)
    with Client(str(house.client.base_url), headers={"x-user": "chen"}) as chen:
        assert isinstance(chen.work.measure_figures().held_minor, Hidden)
    for wrong_one in ({"since": "yesterday"}, {"long_hours": "0"}):
        assert house.client.get("/v1/measures/figures", params=wrong_one, headers={"x-user": "zhao"}).status_code == 422
