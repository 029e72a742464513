"""What an institution sets about measures: ``measures.toml`` and ``notices.toml`` in its bank's folder, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

import msgspec

from huitong.contracts import ROLES, MeasureKind, Role, read_written
from huitong.kernel import HuitongError, PolicyError, Text, TomlError, currency_exponent, duration_us
from huitong.risk.disposition.measure import KINDS, SubjectRole, rank

GroundFor = Literal["impose", "lift"]
"""What a person gives a ground for."""


class KindSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[kinds.KIND]`` as written.

    Attributes:
        longest: The longest that one may be imposed for.
        imposed_by: Roles of which one is needed to impose it.
        lifted_by: Roles of which one is needed to lift it.
        confirmed_by: Roles of which the second person needs one.
        lift_second: Whether lifting takes a second person.
        tells_core: Whether the core system is told.
        amount: Of a limit that a policy imposes, in the currency.
    """

    longest: str
    imposed_by: tuple[Role, ...]
    lifted_by: tuple[Role, ...]
    confirmed_by: tuple[Role, ...] = ("approver",)
    lift_second: bool = False
    tells_core: bool = True
    amount: str | None = None


class DrawSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[draws]]``: what counts against a limit.

    Attributes:
        role: Role of the subject.
        feature: The policy's feature that is above 0 while a limit is in force.
        amount: The field that holds what is paid.
        outcomes: Outcomes with which a payment goes through.
    """

    role: SubjectRole
    feature: str
    amount: str = "amount"
    outcomes: tuple[str, ...] = ("approve",)


class CoreSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[core]``: where the core system is.

    Attributes:
        address: Its HTTP address.
        timeout_seconds: How long to wait for an answer.
    """

    address: str
    timeout_seconds: float = 10.0


class GroundSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[grounds]`` ``CODE`` as written.

    Attributes:
        zh: What it is called in Chinese.
        en: In English.
        only_for: What alone it may be given for; for both where it is not said.
    """

    zh: str = ""
    en: str = ""
    only_for: GroundFor | None = None


class MeasuresSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``measures.toml`` as written.

    Attributes:
        automatic_up_to: The strongest that a policy imposes by itself.
        alone_up_to: The strongest that a person imposes alone.
        proposal_for: How long a proposal waits.
        kinds: By kind.
        grounds: What a person may give as the reason, by code.
        draws: What counts against limits.
        core: Where the core system is, if there is one.
    """

    automatic_up_to: MeasureKind
    alone_up_to: MeasureKind
    proposal_for: str
    kinds: dict[MeasureKind, KindSetting]
    grounds: dict[str, GroundSetting]
    draws: tuple[DrawSetting, ...] = ()
    core: CoreSetting | None = None


@dataclass(frozen=True, slots=True)
class KindRule:
    """What holds for a kind; see ``KindSetting``."""

    longest_us: int
    imposed_by: tuple[Role, ...]
    lifted_by: tuple[Role, ...]
    confirmed_by: tuple[Role, ...]
    lift_second: bool
    tells_core: bool
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked settings; see ``MeasuresSetting``."""

    automatic_up_to: MeasureKind
    alone_up_to: MeasureKind
    proposal_us: int
    kinds: Mapping[MeasureKind, KindRule]
    grounds: Mapping[str, Text]
    draws: tuple[DrawSetting, ...]
    core: CoreSetting | None = None
    decimals: int = 2
    """Digits of the amounts' currency after the point."""
    only_for: Mapping[str, GroundFor] = field(default_factory=dict)
    """Grounds that are given for one of imposing and lifting, by code."""

    def grounds_for(self, act: GroundFor) -> Mapping[str, Text]:
        """What a person may give as the reason to impose a measure, or to lift one: first what is meant for that alone."""
        fitting = [code for code in self.grounds if self.only_for.get(code, act) == act]
        return {code: self.grounds[code] for code in sorted(fitting, key=lambda code: code not in self.only_for)}

    def needs_second(self, kind: MeasureKind, *, person: bool) -> bool:
        """Whether imposing a kind waits for a second person."""
        return rank(kind) > rank(self.alone_up_to if person else self.automatic_up_to)

    def rule(self, kind: MeasureKind) -> KindRule:
        """What holds for a kind."""
        return self.kinds[kind]


def read_settings(path: Path, currency: str) -> Settings:
    """Reads ``measures.toml``.

    Args:
        path: The file.
        currency: ISO 4217 code of the amounts.

    Raises:
        PolicyError: If it cannot mean what it says.
    """
    try:
        written = read_written(path, MeasuresSetting)
    except TomlError as error:
        raise _wrong(path, error.text["en"], error.text["zh"]) from None
    if missing := [kind for kind in KINDS if kind not in written.kinds]:
        raise _wrong(path, f"[kinds.{missing[0]}] is missing", f"缺少 [kinds.{missing[0]}]")
    for code, ground in written.grounds.items():
        if not (ground.zh and ground.en):
            raise _wrong(path, f"the ground {code!r} needs zh and en", f"依据 {code!r} 需要 zh 与 en 两种文字")
    kinds = {kind: _rule(kind, setting, currency, path) for kind, setting in written.kinds.items()}
    grounds: dict[str, Text] = {code: {"zh": ground.zh, "en": ground.en} for code, ground in written.grounds.items()}
    only_for = {code: ground.only_for for code, ground in written.grounds.items() if ground.only_for is not None}
    proposal_us = _duration(written.proposal_for, path)
    decimals = currency_exponent(currency)
    alone, core = written.alone_up_to, written.core
    return Settings(written.automatic_up_to, alone, proposal_us, kinds, grounds, written.draws, core, decimals, only_for)


def _rule(kind: MeasureKind, setting: KindSetting, currency: str, path: Path) -> KindRule:
    roles = (*setting.imposed_by, *setting.lifted_by, *setting.confirmed_by)
    if not (setting.imposed_by and setting.lifted_by and setting.confirmed_by) or not set(roles) <= set(ROLES):
        raise _wrong(path, f"[kinds.{kind}] names nobody", f"[kinds.{kind}] 没有指明任何角色")
    amount_minor = None
    if setting.amount is not None:
        try:
            exact = Decimal(setting.amount).scaleb(currency_exponent(currency))
            amount_minor = int(exact)
        except (InvalidOperation, ValueError, OverflowError):
            exact, amount_minor = Decimal(-1), -1
        if amount_minor != exact or amount_minor < 0:
            raise _wrong(
                path, f"[kinds.{kind}] amount {setting.amount!r} is no amount", f"[kinds.{kind}] amount {setting.amount!r} 不是金额"
            )
    elif kind == "limit":
        raise _wrong(path, "[kinds.limit] needs an amount", "[kinds.limit] 需要 amount")
    return KindRule(
        _duration(setting.longest, path),
        setting.imposed_by,
        setting.lifted_by,
        setting.confirmed_by,
        setting.lift_second,
        setting.tells_core,
        amount_minor,
    )


def _duration(text: str, path: Path) -> int:
    try:
        return duration_us(text)
    except HuitongError as error:
        raise _wrong(path, error.message("en"), error.message("zh")) from None


def _wrong(path: Path, en: str, zh: str) -> PolicyError:
    return PolicyError(
        "measures.settings.wrong",
        {"en": f"{path.name}: {en}", "zh": f"{path.name}：{zh}"},
        {"en": "mend the file; docs/measures.md lists every setting", "zh": "请修改该文件；各项设置见 docs/zh/measures.md"},
    )
