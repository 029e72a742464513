"""What an institution sets about access: the table ``[access]`` of ``bank.toml``."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from huitong.contracts import Role
from huitong.identity import PERSON_ROLES, SESSION_LIFE_MAX_US, AccessSettings, Outside
from huitong.identity.openid import OpenIdSettings
from huitong.kernel import HuitongError, duration_us

_ACCESS_SETTINGS = ("idle", "life", "second_factor", "known_passwords", "openid", "address", "trusted_proxies")
_OPENID_SETTINGS = (
    *("issuer", "client_id", "client_secret", "redirect"),
    *("name", "scopes", "username_claim", "roles_claim", "roles"),
)
_OPENID_NEEDED = ("issuer", "client_id", "redirect")


class WrongSettingError(Exception):
    """Says in both languages what is wrong with a setting, to who knows the file."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


def access_settings(table: Mapping[str, Any], root: Path, filled: Mapping[str, str]) -> AccessSettings:
    """The settings of a table.

    Args:
        table: The table.
        root: The bank's folder, from which the file of known passwords is named.
        filled: Values of the provider's table with the environment's variables in them.

    Raises:
        WrongSettingError: If the table cannot mean what it says.
    """
    only(table, _ACCESS_SETTINGS, "access")
    defaults = AccessSettings()
    idle_us, life_us = (_duration(table, name, default) for name, default in (("idle", defaults.idle_us), ("life", defaults.life_us)))
    if not 0 < idle_us <= life_us <= SESSION_LIFE_MAX_US:
        raise WrongSettingError(
            "access.idle is at most access.life, and that at most a day", "access.idle 不得超过 access.life，后者不得超过一天"
        )
    return AccessSettings(
        idle_us=idle_us,
        life_us=life_us,
        second_factor=frozenset(_role(name, "access.second_factor") for name in _texts(table, "second_factor")),
        known_passwords=_known_passwords(table, root),
        openid=_openid(table["openid"], filled) if "openid" in table else None,
        outside=Outside(_address(table), tuple(_network(one) for one in _texts(table, "trusted_proxies"))),
    )


def _address(table: Mapping[str, Any]) -> str | None:
    """The address as a browser writes an origin: in lower case, without the port that goes without saying."""
    given = table.get("address")
    if given is None:
        return None
    try:
        parts = urlsplit(given if isinstance(given, str) else "")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme != "https" or not host or parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise WrongSettingError(
            'access.address is the address of the pages over TLS, without a path: "https://huitong.bank.example"',
            'access.address 应为页面经 TLS 访问的地址，不含路径，例如 "https://huitong.bank.example"',
        )
    host = f"[{host}]" if ":" in host else host
    return f"https://{host}" if port in (None, 443) else f"https://{host}:{port}"


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise WrongSettingError(
            f'access.trusted_proxies: {text!r} is no network; write addresses or networks like "10.0.0.0/8"',
            f'access.trusted_proxies：{text!r} 不是网络，请写成地址或网段，例如 "10.0.0.0/8"',
        ) from None


def only(table: Mapping[str, Any], settings: tuple[str, ...], where: str) -> None:
    for name in table:
        if name not in settings:
            raise WrongSettingError(f"unknown setting {where}.{name}", f"未知设置 {where}.{name}")


def _duration(table: Mapping[str, Any], name: str, default: int) -> int:
    if name not in table:
        return default
    try:
        return duration_us(table[name] if isinstance(table[name], str) else "")
    except HuitongError:
        raise WrongSettingError(f'access.{name} is a duration like "30m"', f'access.{name} 应为时长，例如 "30m"') from None


def _texts(table: Mapping[str, Any], name: str) -> list[str]:
    given = table.get(name, [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise WrongSettingError(f"{name} is a list of texts", f"{name} 应为文本列表")
    return given


def _role(name: object, where: str) -> Role:
    found = next((role for role in PERSON_ROLES if role == name), None)
    if found is None:
        raise WrongSettingError(
            f"{where} names {name!r}; roles are {', '.join(PERSON_ROLES)}",
            f"{where} 中的 {name!r} 不是角色；可用：{'、'.join(PERSON_ROLES)}",
        )
    return found


def _known_passwords(table: Mapping[str, Any], root: Path) -> frozenset[str]:
    if "known_passwords" not in table:
        return frozenset()
    path = root / str(table["known_passwords"])
    try:
        return frozenset(line.strip().lower() for line in path.read_text("utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        raise WrongSettingError(f"access.known_passwords: {path} cannot be read", f"access.known_passwords：无法读取 {path}") from None


def _openid(table: object, filled: Mapping[str, str]) -> OpenIdSettings:
    if not isinstance(table, Mapping):
        raise WrongSettingError("[access.openid] is no table", "[access.openid] 不是表")
    only(table, _OPENID_SETTINGS, "access.openid")
    for name in (*_OPENID_NEEDED, *(one for one in ("client_secret", "name", "username_claim", "roles_claim") if one in table)):
        if not isinstance(table.get(name), str) or not table[name]:
            raise WrongSettingError(f"access.openid.{name} is needed, as a text", f"需要 access.openid.{name}（文本）")
    name = table.get("name", "sso")
    if not name.isidentifier() or not name.isascii():
        raise WrongSettingError("access.openid.name is letters, digits and _", "access.openid.name 只能含字母、数字与下划线")
    roles = table.get("roles", {})
    if not isinstance(roles, Mapping):
        raise WrongSettingError("[access.openid.roles] is no table", "[access.openid.roles] 不是表")
    given: dict[str, Any] = {one: filled.get(one, table[one]) for one in table if one not in ("roles", "scopes")}
    if "scopes" in table:
        given["scopes"] = tuple(_texts(table, "scopes"))
    return OpenIdSettings(roles={group: _role(role, "access.openid.roles") for group, role in roles.items()}, **given)
