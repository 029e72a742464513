"""Default titles of features, in zh and en, from the declaration and the data contracts."""

from collections.abc import Mapping
from typing import cast

from huitong.contracts import DataContract
from huitong.features.columns import field_title
from huitong.features.declare import Declaration
from huitong.features.graph import PATTERNS
from huitong.features.operations import CALENDAR_PARTS, UNIT_TITLES
from huitong.kernel import LANGUAGES, Language, Text

_AND = {"en": " and ", "zh": "与"}
_EVER = {"en": "ever", "zh": "全部历史"}
_UNITS_ZH = {"s": "秒", "m": "分钟", "h": "小时", "d": "天", "w": "周"}
_CAPPED = {"en": "graph search was cut short", "zh": "资金图搜索被截断"}
_WHERE = {"en": " where {0} = {1}", "zh": "（{0} = {1}）"}


def default_titles(declarations: Mapping[str, Declaration], contracts: Mapping[str, DataContract], decides: str) -> dict[str, Text]:
    """A title for each feature: the declared one, or one made from the declaration."""
    made: dict[str, Text] = {}

    def title(name: str) -> Text:
        if name not in made:
            declaration = declarations[name]
            made[name] = declaration.title or {language: words(declaration, language) for language in LANGUAGES}
        return made[name]

    def words(declaration: Declaration, language: Language) -> str:
        profile = declaration.operation.name == "profile"
        kind = declaration.events or (f"{declaration.by[0]}.profile" if profile else decides)
        contract = contracts.get(kind, contracts[decides])
        unit = str(declaration.options.get("unit", "seconds"))
        text = declaration.operation.title[language].format(
            x=argument(declaration, contract, language),
            by=_AND[language].join(field_title(contracts[decides], role)[language] for role in declaration.by),
            over=_over(declaration.over, language),
            events=contract.title[language],
            unit=UNIT_TITLES.get(unit, UNIT_TITLES["seconds"])[language],
            of=field_title(contract, str(declaration.options.get("of", "")))[language],
        )
        for field, literal in declaration.where:
            text += _WHERE[language].format(field_title(contract, field)[language], literal)
        if declaration.roles != declaration.by:
            roles = _AND[language].join(field_title(contract, role)[language] for role in declaration.roles)
            text += {"en": f", as {roles}", "zh": f"（作为{roles}）"}[language]
        return text

    def argument(declaration: Declaration, contract: DataContract, language: Language) -> str | list[str]:
        value, takes = declaration.argument, declaration.operation.argument
        if takes == "features":
            return [title(part)[language] for part in cast("tuple[str, ...]", value)]
        if takes == "calendar":
            return CALENDAR_PARTS[str(value)][language]
        if takes == "pattern":
            if value == "capped":
                return _CAPPED[language]
            extra = declaration.options.get("length") or declaration.options.get("of")
            return PATTERNS[str(value)].text[language] + (f" ({extra})" if language == "en" and extra else f"（{extra}）" if extra else "")
        return str(value) if takes in ("true", "list") else field_title(contract, str(value))[language]

    return {name: title(name) for name in declarations}


def _over(over: str | None, language: Language) -> str:
    if over is None or over == "ever":
        return _EVER[language]
    return over if language == "en" else f"{over[:-1]}{_UNITS_ZH[over[-1]]}"
