"""What an institution sets for its alert desk: ``cases/desk.toml`` in its bank's folder, checked."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import msgspec

from huitong.contracts import read_written
from huitong.kernel import HuitongError, PolicyError, TomlError, currency_exponent, duration_us
from huitong.operations.cases.raising import KEY_ROLES
from huitong.operations.cases.settings import PPM, DeskSettings, Investigator

SETTINGS_FOLDER, SETTINGS_NAME = "cases", "desk.toml"
"""Where in a bank's folder they lie."""
Minutes = Annotated[float, msgspec.Meta(gt=0, le=1_440)]
"""Minutes of work; no more than a day has."""
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
_DEFAULT = DeskSettings()


class PersonSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[people.ID]`` as written; see ``Investigator``."""

    skills: tuple[Word, ...] = ()
    minutes_a_day: Minutes = 360.0


class DeskSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``desk.toml`` as written; see ``DeskSettings``."""

    alerting: Annotated[tuple[Word, ...], msgspec.Meta(min_length=1)] = tuple(sorted(_DEFAULT.alerting))
    stopping: tuple[Word, ...] = tuple(sorted(_DEFAULT.stopping))
    subject_roles: Annotated[tuple[Word, ...], msgspec.Meta(min_length=1)] = _DEFAULT.subject_roles
    answer_within: str = "24h"
    urgent_from: str = "5000"
    urgent_within: str = "1h"
    snooze_longest: str = "7d"
    review_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.05
    checklist: tuple[Word, ...] = _DEFAULT.checklist
    minutes_default: Minutes = _DEFAULT.minutes_default
    minutes: dict[Word, Minutes] = {}
    skills: dict[Word, Word] = {}
    people: dict[Word, PersonSetting] = {}


def shipped() -> Mapping[str, tuple[Path, ...]]:
    """The settings as they come, by the subfolder of a bank that they belong to."""
    return {SETTINGS_FOLDER: (Path(__file__).with_name(SETTINGS_NAME),)}


def read_settings(path: Path, currency: str) -> DeskSettings:
    """Reads ``desk.toml``.

    Args:
        path: The file.
        currency: ISO 4217 code of its amounts.

    Raises:
        PolicyError: If it cannot mean what it says.
    """
    try:
        written = read_written(path, DeskSetting)
    except TomlError as error:
        raise _wrong(path, error.text["en"], error.text["zh"]) from None
    if strange := [role for role in written.subject_roles if role not in KEY_ROLES]:
        known = ", ".join(KEY_ROLES)
        raise _wrong(
            path, f"subject_roles names {strange[0]!r}, which is none of {known}", f"subject_roles 中的 {strange[0]!r} 不属于 {known}"
        )
    if len(set(written.checklist)) < len(written.checklist):
        raise _wrong(path, "the checklist names an item twice", "checklist 中有重复的项目")
    return DeskSettings(
        frozenset(written.alerting),
        frozenset(written.stopping),
        written.subject_roles,
        _duration(path, written.answer_within),
        _amount(path, written.urgent_from, currency),
        _duration(path, written.urgent_within),
        written.minutes,
        written.minutes_default,
        written.skills,
        round(written.review_share * PPM),
        _duration(path, written.snooze_longest),
        written.checklist,
        {id_: Investigator(id_, frozenset(one.skills), one.minutes_a_day) for id_, one in written.people.items()},
    )


def _duration(path: Path, text: str) -> int:
    try:
        return duration_us(text)
    except HuitongError as error:
        raise _wrong(path, error.message("en"), error.message("zh")) from None


def _amount(path: Path, text: str, currency: str) -> int:
    try:
        exact = Decimal(text).scaleb(currency_exponent(currency))
        amount_minor = int(exact)
    except (InvalidOperation, ValueError, OverflowError):
        exact, amount_minor = Decimal(-1), -1
    if amount_minor != exact or amount_minor < 0:
        raise _wrong(path, f"urgent_from {text!r} is no amount", f"urgent_from {text!r} 不是金额")
    return amount_minor


def _wrong(path: Path, en: str, zh: str) -> PolicyError:
    return PolicyError(
        "desk.settings.wrong",
        {"en": f"{path.name}: {en}", "zh": f"{path.name}：{zh}"},
        {"en": "mend the file; docs/cases.md lists every setting", "zh": "请修改该文件；各项设置见 docs/zh/cases.md"},
    )
