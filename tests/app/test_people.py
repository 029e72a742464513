"""A bank's people: its settings of access, its book over the bank's own log, and no rights from a table of events."""

import sys
from ipaddress import ip_network
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huitong import identity
from huitong.app import Bank
from huitong.app.front import console_of
from huitong.app.house import house_contracts, require_foreign
from huitong.app.serving import BankService
from huitong.app.settings import read_settings_of
from huitong.contracts import Actor
from huitong.identity import Outside, access_contracts
from huitong.kernel import DataError, HuitongError, InputError, PolicyError

PASSWORD = "the heron stands on one leg"  # noqa: S105 -- of a test
GOOD = """
[access]
idle = "15m"
life = "8h"
second_factor = ["admin"]
known_passwords = "known.txt"
address = "https://Huitong.Bank.Example:443/"
trusted_proxies = ["10.0.0.0/8", "192.0.2.7"]

[access.openid]
issuer = "https://sso.example"
client_id = "huitong"
client_secret = "${SECRET}"
redirect = "https://bank.example/back"
roles_claim = "groups"
scopes = ["openid", "groups"]

[access.openid.roles]
fraud = "investigator"
"""

RIGHTS = """
kind = "role.granted"

[id]
column = "id"

[time]
column = "time"

[fields]
user = { column = "user" }
by = { column = "by" }
role = { column = "role" }
"""


def settings(folder: Path, text: str) -> Path:
    (folder / "bank.toml").write_text(text, "utf-8")
    (folder / "known.txt").write_text("Password Password Password\n", "utf-8")
    return folder


def test_settings_of_access_are_read_with_the_environment_s_secret(tmp_path: Path) -> None:
    access = read_settings_of(settings(tmp_path, GOOD), {"SECRET": "s3"}).access
    assert (access.idle_us, access.life_us) == (900_000_000, 28_800_000_000)
    assert access.second_factor == {"admin"}
    assert access.known_passwords == {"password password password"}
    assert access.outside == Outside("https://huitong.bank.example", (ip_network("10.0.0.0/8"), ip_network("192.0.2.7")))
    provider = access.openid
    assert provider is not None
    assert (provider.client_secret, provider.scopes, dict(provider.roles)) == ("s3", ("openid", "groups"), {"fraud": "investigator"})
    with pytest.raises(HuitongError, match="SECRET"):
        read_settings_of(tmp_path, {})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('idle = "15m"', 'idle = "soon"', "access.idle"),
        ('idle = "15m"', "idle = 15", "access.idle"),
        ('idle = "15m"', 'idle = "9h"', "access.idle is at most"),
        ('life = "8h"', 'life = "2d"', "at most a day"),
        ('["admin"]', '["king"]', "'king'"),
        ('["admin"]', '"admin"', "list"),
        ("known.txt", "gone.txt", "gone.txt"),
        ("idle", "idles", "access.idles"),
        ('client_id = "huitong"', "", "client_id"),
        ('issuer = "https://sso.example"', "issuer = 7", "issuer"),
        ("redirect", "redirects", "redirects"),
        ("https://Huitong", "http://Huitong", "access.address"),
        ("Example:443/", "Example/console", "access.address"),
        ("Example:443/", "Example:port", "access.address"),
        ('["10.0.0.0/8"', '["10.0.0.1/8"', "access.trusted_proxies"),
        ('"investigator"', '"boss"', "'boss'"),
        ('"investigator"', '"machine"', "'machine'"),
        ("[access.openid.roles]\nfraud", "roles", "roles"),
        ("[access.openid]", '[access.openid]\nname = "a@b"', "name"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in GOOD
    with pytest.raises(DataError) as wrong:
        read_settings_of(settings(tmp_path, GOOD.replace(before, after)), {"SECRET": "s3"})
    assert said in wrong.value.cause["en"]
    assert wrong.value.code == "bank.settings.wrong"


def test_a_provider_whose_extra_is_missing_or_that_is_not_reached_by_tls_lets_no_service_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nicegui", reason="skipped: no nicegui; pip install 'huitong[console]'")
    monkeypatch.setenv("SECRET", "s3")
    root = tmp_path / "bank"
    Bank(root).close()
    settings(root, GOOD.replace("https://sso.example", "http://sso.example"))
    with Bank(root) as bank, pytest.raises(PolicyError) as insecure:
        console_of(bank, BankService(bank))
    assert insecure.value.code == "access.openid.insecure"
    settings(root, GOOD)
    monkeypatch.setitem(sys.modules, "joserfc", None)
    with Bank(root) as bank, pytest.raises(InputError) as missing:
        console_of(bank, BankService(bank))
    assert missing.value.code == "access.openid.extra"
    assert 'pip install "huitong[openid]"' in missing.value.remedy["zh"]


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path / "bank")


def test_people_stay_when_a_bank_is_opened_again_and_no_file_holds_them_in_clear(bank: Bank, tmp_path: Path) -> None:
    with bank:
        command = bank.people.desk.registry.command_by(Actor("local", frozenset({"admin"})), bank.clock.now_us())
        bank.people.office.add_first(command, "li.wei", "李伟", (), PASSWORD)
    with Bank(tmp_path / "bank") as again:
        with again.people.reading() as office:
            assert office is not None
            assert [user.id for user in office.listed(Actor("a", frozenset({"auditor"})), again.clock.now_us()).users] == ["li.wei"]
        again.people.desk.sign_in("li.wei", PASSWORD, "", "192.0.2.1", again.clock.now_us())
    clear = [path for path in (tmp_path / "bank").rglob("*") if path.is_file() and b"argon2id" in path.read_bytes()]
    assert clear == []


def test_a_user_is_forgotten_like_a_customer(bank: Bank) -> None:
    with bank:
        registry, office = bank.people.desk.registry, bank.people.office
        office.add_first(registry.command_by(Actor("local", frozenset({"admin"})), bank.clock.now_us()), "li.wei", "李伟", (), PASSWORD)
        admin = Actor("li.wei", frozenset({"admin"}))
        office.add(registry.command_by(admin, bank.clock.now_us()), "zhao", "赵敏")
        assert bank.persons.forget("zhao", "left the house").forgotten.names >= 3  # id, name, hash of the password
        found = office.listed(admin, bank.clock.now_us()).users
        assert [user.id for user in found if not user.id.startswith("enc:")] == ["li.wei"]
        assert not any("赵敏" in user.name for user in found)
        bank.people.desk.sign_in("li.wei", PASSWORD, "", "192.0.2.1", bank.clock.now_us())


def test_a_caller_is_known_by_key_and_a_stranger_is_not(bank: Bank) -> None:
    with bank:
        here = bank.people.caller({"host": "localhost"}, "127.0.0.1", "POST")
        office, now_us = bank.people.office, bank.clock.now_us()
        key = office.make_api_key(bank.people.desk.registry.command_by(here.actor, now_us), "core", ["decide"], 3, now_us + 10**9)
        caller = bank.people.caller({"Authorization": f"Bearer {key.shown_once}"}, "192.0.2.1", "POST")
        assert caller.actor.id == "key:core"
        with pytest.raises(PolicyError):
            bank.people.caller({"host": "localhost"}, "127.0.0.1", "POST")
        assert bank.people.provider is None


def test_where_nothing_was_written_nobody_is_listed(bank: Bank) -> None:
    with bank, bank.people.reading() as office:
        assert office is None


def test_a_bank_s_folder_cannot_unmark_a_secret(tmp_path: Path) -> None:
    with Bank(tmp_path / "bank"):
        pass
    ours = Path(str(identity.__file__)).with_name("contracts") / "user.added.toml"
    (tmp_path / "bank" / "contracts" / "user.added.toml").write_text(
        ours.read_text("utf-8").replace("identifies_person = true", "").replace('person = "user"', ""), "utf-8"
    )
    with Bank(tmp_path / "bank") as again:
        spec = again.contracts["user.added"].field("password")
        assert spec is not None
        assert spec.identifies_person


def test_no_table_of_events_gives_rights(bank: Bank, tmp_path: Path) -> None:
    table = tmp_path / "rights.parquet"
    pq.write_table(
        pa.table({"id": ["x"], "time": ["2026-01-01T00:00:00Z"], "user": ["mallory"], "by": ["li.wei"], "role": ["admin"]}), table
    )
    mapping = tmp_path / "rights.toml"
    mapping.write_text(RIGHTS, "utf-8")
    with bank, pytest.raises(HuitongError) as refused:
        bank.ingest(table, mapping=str(mapping))
    assert refused.value.code == "event.kind.house", refused.value
    assert refused.value.cause["zh"]


def test_every_kind_that_gives_or_takes_rights_is_the_house_s_own() -> None:
    assert set(access_contracts()) <= set(house_contracts())
    for kind in access_contracts():
        with pytest.raises(PolicyError):
            require_foreign(kind)
    require_foreign("payment.requested")
