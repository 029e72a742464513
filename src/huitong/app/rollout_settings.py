"""What an institution asks of a version before each step, and when a canary steps back: the table ``[rollout]`` of ``bank.toml``."""

from collections.abc import Mapping
from typing import Any

from huitong.app.access_settings import WrongSettingError, only
from huitong.decisions.rollout import RolloutSettings, StopSettings
from huitong.kernel import HuitongError, duration_us

_COUNTS = ("replay_decisions_min", "shadow_decisions_min", "canary_decisions_min")
_TIMES = ("shadow_time_min", "canary_time_min")
_STOP_SHARES = ("declined_rise_max", "alerts_rise_max", "complaints_rise_max", "slow_share_max", "accepted_ratio_min")


def rollout_settings(table: Mapping[str, Any]) -> RolloutSettings:
    """The settings of a table; what it does not name stays as it is by default.

    Raises:
        WrongSettingError: If the table cannot mean what it says.
    """
    only(table, (*_COUNTS, *_TIMES, "declined_rise_max", "groups", "stop"), "rollout")
    given: dict[str, Any] = {name: _count(table[name], f"rollout.{name}") for name in _COUNTS if name in table}
    given |= {f"{name}_us": _time_us(table[name], f"rollout.{name}") for name in _TIMES if name in table}
    if "declined_rise_max" in table:
        given["declined_rise_max"] = _share(table["declined_rise_max"], "rollout.declined_rise_max")
    return RolloutSettings(stop=_stop(_table(table, "stop")), groups=_groups(_table(table, "groups")), **given)


def _stop(table: Mapping[str, Any]) -> StopSettings:
    only(table, (*_STOP_SHARES, "slow_ms"), "rollout.stop")
    given: dict[str, Any] = {name: _share(table[name], f"rollout.stop.{name}") for name in _STOP_SHARES if name in table}
    if "slow_ms" in table:
        given["slow_us"] = 1_000 * _count(table["slow_ms"], "rollout.stop.slow_ms")
    return StopSettings(**given)


def _groups(table: Mapping[str, Any]) -> Mapping[str, str]:
    for policy, field in table.items():
        if not isinstance(field, str) or not field:
            raise WrongSettingError(f"rollout.groups.{policy} is the name of a field", f"rollout.groups.{policy} 应为字段名")
    return dict(table)


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = table.get(name, {})
    if not isinstance(given, Mapping):
        raise WrongSettingError(f"[rollout.{name}] is no table", f"[rollout.{name}] 不是表")
    return given


def _count(value: object, where: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise WrongSettingError(f"{where} is a whole number from 1 on", f"{where} 须为不小于 1 的整数")


def _share(value: object, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise WrongSettingError(f"{where} is a share from 0 to 1", f"{where} 须为 0 至 1 的比例")


def _time_us(value: object, where: str) -> int:
    try:
        return duration_us(value if isinstance(value, str) else "")
    except HuitongError:
        raise WrongSettingError(f'{where} is a duration like "24h"', f'{where} 应为时长，例如 "24h"') from None
