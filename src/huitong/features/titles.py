"""Default titles of features, in zh and en, as a person would say them: from the declaration, the data contracts and the patterns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from huitong.contracts import DataContract, FieldType
from huitong.features.columns import field_title
from huitong.features.declare import EVER, Declaration
from huitong.features.operations import CALENDAR_PARTS, OPERATIONS, UNIT_TITLES
from huitong.kernel import LANGUAGES, Language, Text

_AND = {"en": " and ", "zh": "与"}
_OVER_UNITS: Mapping[str, tuple[str, str]] = {
    "s": ("second", "秒"),
    "m": ("minute", "分钟"),
    "h": ("hour", "小时"),
    "d": ("day", "天"),
    "w": ("week", "周"),
}
_ASKING = {"en": ("whether it was ", "whether it is ", "whether ", "is "), "zh": ("是否为", "是否")}
_ENDS: Mapping[str, Text] = {"source": {"en": "the sender", "zh": "付款方"}, "target": {"en": "the receiver", "zh": "收款方"}}
PATTERN_TITLES: Mapping[str, Text] = {
    "fan_out": {"en": "accounts that {of} paid", "zh": "{of}付往的账户数"},
    "fan_in": {"en": "accounts that paid {of}", "zh": "付款给{of}的账户数"},
    "degree_out": {"en": "payments that {of} made", "zh": "{of}付出笔数"},
    "degree_in": {"en": "payments that {of} received", "zh": "{of}收到笔数"},
    "cycles": {"en": "rings of {length} accounts that this payment closes", "zh": "本笔闭合的 {length} 个账户资金环数"},
    "cycle_length": {"en": "accounts in the shortest ring that this payment closes", "zh": "本笔闭合的最短资金环的账户数"},
    "cycle_conserved": {
        "en": "smallest over largest amount in the ring that this payment closes",
        "zh": "本笔闭合的资金环上最小与最大金额之比",
    },
    "scatter_gather": {"en": "accounts through which one payer's money reaches the receiver", "zh": "同一来源的资金经由几个账户汇到收款方"},
    "gather_scatter": {
        "en": "accounts from which the sender gathered and to which it then spread",
        "zh": "付款方先汇集、后分散所涉的账户数",
    },
    "pass_through": {"en": "amount sent over amount received by the sender", "zh": "付款方付出与收到金额之比"},
    "share_out": {"en": "this amount as a share of what the sender received", "zh": "本笔占付款方收到金额的份额"},
    "dwell": {"en": "microseconds that the money rested with the sender", "zh": "资金在付款方停留的微秒数"},
    "path_conserved": {"en": "likeness of this amount to one that the sender received", "zh": "本笔与付款方某笔收款的金额相似度"},
    "capped": {"en": "the graph search was cut short", "zh": "资金图搜索被截断"},
}
"""Titles of graph patterns; ``{of}`` is an end of the payment, ``{length}`` the length of a ring."""


def default_titles(declarations: Mapping[str, Declaration], contracts: Mapping[str, DataContract], decides: str) -> dict[str, Text]:
    """A title for each feature: the declared one, or one made from the declaration."""
    made: dict[str, Text] = {}

    def title(name: str) -> Text:
        if name not in made:
            declaration = declarations[name]
            made[name] = declaration.title or {language: words(declaration, language) for language in LANGUAGES}
        return made[name]

    def words(declaration: Declaration, language: Language) -> str:
        if declaration.operation.family == "derived":
            parts = [_bracketed(title(part)[language], language) for part in cast("tuple[str, ...]", declaration.argument)]
            return declaration.operation.title[language].format(x=parts)
        return _Words(declaration, contracts, decides, language).title()

    return {name: title(name) for name in declarations}


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of one declaration in one language."""

    declaration: Declaration
    contracts: Mapping[str, DataContract]
    decides: str
    language: Language

    def title(self) -> str:
        declaration, language = self.declaration, self.language
        pattern = declaration.operation.title[language]
        if declaration.operation.name == "sum" and self._is_boolean():  # how often it was true
            pattern = OPERATIONS["count"].title[language]
        unit = UNIT_TITLES.get(str(declaration.options.get("unit", "seconds")), UNIT_TITLES["seconds"])[language]
        x = self._argument()
        return pattern.format(
            x=x,
            xs=_plural(x),
            of=self._name(str(declaration.options.get("of", ""))),
            by=_AND[language].join(self._asked(role) for role in declaration.by),
            events=self._events(plural=True),
            event=self._events(plural=False),
            among=self._among(),
            scope=self._scope(),
            unit=unit,
        )

    @property
    def _contract(self) -> DataContract:
        declaration = self.declaration
        own = f"{declaration.by[0]}.profile" if declaration.operation.name == "profile" else self.decides
        return self.contracts.get(declaration.events or own, self.contracts[self.decides])

    def _name(self, field: str) -> str:
        return _small(field_title(self._contract, field)[self.language])

    def _asked(self, role: str) -> str:
        return _small(field_title(self.contracts[self.decides], role)[self.language])

    def _is_boolean(self) -> bool:
        spec = self._contract.field(str(self.declaration.argument))
        return spec is not None and spec.type is FieldType.BOOLEAN

    def _argument(self) -> str:
        declaration, language = self.declaration, self.language
        value, takes = str(declaration.argument), declaration.operation.argument
        if takes == "calendar":
            return CALENDAR_PARTS[value][language]
        if takes == "pattern":
            end = _ENDS.get(str(declaration.options.get("of")), _ENDS["source"])[language]
            return PATTERN_TITLES[value][language].format(of=end, length=declaration.options.get("length", 0))
        if takes == "list":
            return value
        named = self._name(value)
        if self._is_boolean():
            return self._fact(value)
        if "unit" in declaration.options and declaration.operation.name in ("field", "profile"):
            unit = UNIT_TITLES[str(declaration.options["unit"])][language]
            return {"en": f"{unit} since “{named}”", "zh": f"{named}距今{unit}"}[language]
        return named

    def _fact(self, field: str) -> str:
        """A yes-or-no field as what is so if it is true: "fraud" of "whether it was fraud"."""
        name = self._name(field)
        lead = next((lead for lead in _ASKING[self.language] if name.startswith(lead)), "")
        return name.removeprefix(lead) or name

    def _events(self, plural: bool) -> str:
        """What is counted: "payments", "labelled payments (fraud)"."""
        declaration = self.declaration
        noun = self._contract.title["zh"] if self.language == "zh" else _noun(self._contract.kind, self.decides, plural)
        conditions = [self._condition(field, literal) for field, literal in declaration.where]
        if declaration.operation.name == "sum" and self._is_boolean():
            conditions.append(self._fact(str(declaration.argument)))
        if not conditions:
            return noun
        return f"{noun} ({', '.join(conditions)})" if self.language == "en" else f"{noun}（{'、'.join(conditions)}）"

    def _condition(self, field: str, literal: object) -> str:
        if isinstance(literal, bool):
            fact = self._fact(field)
            return fact if literal else {"en": f"not {fact}", "zh": f"非{fact}"}[self.language]
        return f"{self._name(field)} {literal}"

    def _among(self) -> str:
        """Of which events, where they are others than the decided ones or not all of them."""
        if self._contract.kind == self.decides and not self.declaration.where:
            return ""
        events = self._events(plural=True)
        return f" among {events}" if self.language == "en" else f"{events}的"

    def _scope(self) -> str:
        """Whose events, and how far back."""
        declaration, language = self.declaration, self.language
        over = _over(declaration.over, language) if declaration.over else ""
        if language == "en":
            return "".join(f", {part}" for part in (self._whose(), over) if part)
        whose = self._whose()
        return f"{whose}{'，' if whose and declaration.roles != declaration.by and over else ''}{over}{' ' if over[-1:].isdigit() else ''}"

    def _whose(self) -> str:
        declaration, language = self.declaration, self.language
        if not declaration.by:
            return ""
        if declaration.roles == declaration.by:
            names = _AND[language].join(self._asked(role) for role in declaration.by)
            return f"same {names}" if language == "en" else f"同一{names}"
        pairs = zip(declaration.roles, declaration.by, strict=True)
        said = {"en": "{0} is this {1}", "zh": "以本{1}为{0}"}[language]
        return _AND[language].join(said.format(self._name(role), self._asked(asked)) for role, asked in pairs)


def _over(over: str, language: Language) -> str:
    """A window: "last 24 hours", "last hour"."""
    if over == EVER:
        return {"en": "ever", "zh": "历来"}[language]
    number, (unit, unit_zh) = over[:-1], _OVER_UNITS[over[-1]]
    if language == "zh":
        return f"近 {number} {unit_zh}"
    return f"last {unit}" if int(number) == 1 else f"last {number} {unit}s"


def _noun(kind: str, decides: str, plural: bool) -> str:
    """English for events of a kind: the decided ``payment.requested`` are "payments", ``login.failed`` are "failed logins"."""
    thing, _, happened = kind.replace("_", " ").partition(".")
    noun = _plural(thing) if plural else thing
    return noun if kind == decides or not happened else f"{happened} {noun}"


def _plural(noun: str) -> str:
    """English plural of a noun that forms it by rule."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def _small(name: str) -> str:
    """A name in the middle of a sentence; abbreviations stay as they are."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _bracketed(title: str, language: Language) -> str:
    """A title as part of a formula."""
    if not any(sign in title for sign in (",", "，", " ", "−")):
        return title
    return f"({title})" if language == "en" else f"（{title}）"
