"""Where messages may go: the public internet over TLS, and networks inside the house that the bank allows."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_address
from pathlib import Path

import pytest

from huitong.app.webhooks import deliveries_of
from huitong.kernel import ExternalError, InputError, PolicyError
from huitong.operations import webhooks as wh
from huitong.operations.webhooks import Reach, Wanted, networks_of
from huitong.operations.webhooks.sending import is_public, post
from tests.app.certificates import served_by
from tests.app.receiver import receiving
from tests.app.webhook_house import HOME, PATIENCE, House


@pytest.fixture
def house(root: Path) -> Iterator[House]:
    made = House(root)
    yield made
    made.bank.close()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 -- that it is refused is the point
        ("224.0.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_told_unless_a_network_is_allowed(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


def test_nothing_goes_inside_the_house_by_whatever_name(house: House) -> None:
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        for url in (receiver.url, f"http://localhost:{port}", f"http://127.1:{port}", f"http://2130706433:{port}"):
            with pytest.raises((PolicyError, ExternalError)) as caught:
                post(url, {}, b"{}", Reach())
            assert caught.value.code in ("webhook.inside", "webhook.silent")
        with pytest.raises(ExternalError) as unknown:
            post("http://nowhere.invalid/", {}, b"{}", Reach())
        assert unknown.value.cause["zh"] == "nowhere.invalid 没有应答：域名无法解析"
        assert receiver.ids == []
        subscription = house.subscribe(receiver.url)
        house.pay(100)
        with pytest.raises(ExternalError):
            deliveries_of(house.bank, PATIENCE).round()  # as its settings say
        assert "inside the house" in (house.stands(subscription).troubled or "")
    for wrong in ("ftp://x", "https://user:pw@x/", "https:///", "https://x y/", "file:///etc/passwd"):
        with pytest.raises(InputError) as refused:
            house.subscribe(wrong)
        assert refused.value.code == "webhook.url"


@pytest.mark.parametrize(
    ("url", "network"),
    [
        ("http://10.0.0.1/x", "10.0.0.1/32"),
        ("https://192.168.7.9:8443/", "192.168.7.9/32"),
        ("https://2130706434/", "127.0.0.2/32"),
        ("https://[fd00::7]/", "fd00::7/128"),
    ],
)
def test_an_address_inside_the_house_is_refused_when_it_is_given_with_the_network_to_allow(house: House, url: str, network: str) -> None:
    known, wanted = house.subscribe("https://core.example/"), Wanted("x", url, ["decision"])
    books = house.bank.books.webhooks
    with pytest.raises(PolicyError) as made:
        books.carry_out(house.command(), wh.subscribe, wanted, 0, Reach())
    with pytest.raises(PolicyError) as changed:
        books.carry_out(house.command(), wh.change, known, wanted, Reach())
    assert (made.value.code, changed.value.code) == ("webhook.inside", "webhook.inside")
    assert [f'networks = ["{network}"]' in text for text in made.value.remedy.values()] == [True, True]
    assert books.carry_out(house.command(), wh.subscribe, wanted, 0, Reach(networks_of([network])))


def test_a_public_address_in_figures_needs_tls_and_where_a_name_leads_is_seen_when_it_is_told(house: House) -> None:
    books = house.bank.books.webhooks
    with pytest.raises(PolicyError) as plain:
        books.carry_out(house.command(), wh.subscribe, Wanted("x", "http://93.184.216.34/", ["decision"]), 0, Reach())
    assert plain.value.code == "webhook.plain"
    for url in ("https://93.184.216.34/", "https://nowhere.invalid/", "http://core.example/"):
        assert books.carry_out(house.command(), wh.subscribe, Wanted(url, url, ["decision"]), 0, Reach())


def test_why_there_is_no_answer_is_said_in_both_languages() -> None:
    here = (IPv4Network("127.0.0.0/8"),)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(ExternalError) as late:
            post(f"http://127.0.0.1:{port}/", {}, b"{}", Reach(here, time_seconds=0.2))
        assert late.value.cause == {"en": "no answer from 127.0.0.1: it took too long", "zh": "127.0.0.1 没有应答：超时"}
    with pytest.raises(ExternalError) as refused:
        post(f"http://127.0.0.1:{port}/", {}, b"{}", Reach(here))
    assert refused.value.cause["zh"] == "127.0.0.1 没有应答：连接被拒绝"


def test_certificates_are_verified(house: House, tmp_path: Path) -> None:
    context, authority = served_by(tmp_path, "127.0.0.1")
    with receiving(context) as receiver:
        headers = {"webhook-id": "x"}
        with pytest.raises(ExternalError, match=r"(?i)certificate"):
            post(receiver.url, headers, b"{}", HOME)
        assert post(receiver.url, headers, b"{}", Reach(HOME.networks, str(authority), 5.0)) == 200
        with pytest.raises(ExternalError, match=r"(?i)certificate"):  # a name that it does not bear
            post(receiver.url.replace("127.0.0.1", "localhost"), headers, b"{}", Reach(HOME.networks, str(authority), 5.0))
        assert receiver.ids == ["x"]
    assert house.bank.log.end() >= 0
