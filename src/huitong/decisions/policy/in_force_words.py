"""Sentences for people about measures in force: what, how far, since when, until when, on which ground. They name no account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from huitong.contracts import CHANNEL, COUNTERPARTY, SCOPE_KEYS, DataContract, Event, MeasureKind, MeasureScope
from huitong.decisions.policy.grounds import Grounds
from huitong.kernel import MICROSECONDS_PER_SECOND, Text, time_text

SCOPE_TITLES: Mapping[MeasureScope, Text] = {
    "whole": {"zh": "", "en": ""},
    "channel": {"zh": "（本渠道）", "en": " over this channel"},
    "counterparty": {"zh": "（对该收款账户）", "en": " towards this receiving account"},
    "channel_and_counterparty": {"zh": "（本渠道对该收款账户）", "en": " over this channel towards this receiving account"},
}
"""Behind the name of a measure; nothing where it reaches everything."""
_OF_WHOLE: Mapping[MeasureKind, Text] = {
    "freeze": {"zh": "{role}已被冻结", "en": "the {role} is frozen"},
    "hold": {"zh": "{role}的支付已被暂缓", "en": "payments of the {role} are held"},
    "limit": {"zh": "超过{role}的限额", "en": "more than the limit of the {role} allows"},
    "step_up": {"zh": "{role}须加强验证", "en": "the {role} has to be verified more strongly"},
    "watch": {"zh": "{role}处于关注中", "en": "the {role} is being watched"},
}
_OF_NARROW: Mapping[MeasureKind, Text] = {
    "freeze": {"zh": "{those}已被冻结", "en": "{those} are frozen"},
    "hold": {"zh": "{those}已被暂缓", "en": "{those} are held"},
    "limit": {"zh": "超过{those}的限额", "en": "more than the limit on {those} allows"},
    "step_up": {"zh": "{those}须加强验证", "en": "{those} have to be verified more strongly"},
    "watch": {"zh": "{those}处于关注中", "en": "{those} are being watched"},
}


@dataclass(frozen=True, slots=True)
class Words:
    """How people are told of the measures of one kind and scope on one role.

    Attributes:
        kind: What is done.
        scope: How far it reaches.
        title: The role for people.
        contract: Data contract of the decided events, for what channels and the receiving account are called.
        zone: Zone of the times.
        grounds: What grounds are called.
        as_at_first: In the words of the first engines: times in UTC to the second, the ground as its code.
    """

    kind: MeasureKind
    scope: MeasureScope
    title: Text
    contract: DataContract
    zone: str
    grounds: Grounds
    as_at_first: bool = False

    def sentence(self, event: Event, since_us: float, until_us: float, ground: str | None) -> Text:
        """The sentence.

        Args:
            event: The event that the measure concerns.
            since_us: When it was last changed, µs UTC; to the second.
            until_us: When it ends, the same.
            ground: Code of its ground, where there is one.
        """
        what = self._what(event)
        since, until = (self._moment(round(one / MICROSECONDS_PER_SECOND) * MICROSECONDS_PER_SECOND) for one in (since_us, until_us))
        why = self._ground(ground)
        return {
            "zh": f"{what['zh']}（{since} 起，至 {until}；依据{why['zh']}）",
            "en": f"{what['en']} (since {since}, until {until}; ground{why['en']})",
        }

    def _what(self, event: Event) -> Text:
        role: Text = {"zh": self.title["zh"], "en": _small(self.title["en"])}
        if self.scope == "whole":
            return {language: text.format(role=role[language]) for language, text in _OF_WHOLE[self.kind].items()}
        those = self._those(event, role)
        return {language: text.format(those=those[language]) for language, text in _OF_NARROW[self.kind].items()}

    def _those(self, event: Event, role: Text) -> Text:
        """The payments that lie in a narrow scope: "online payments of the paying account to this receiving account"."""
        over: Text = {"zh": "支付", "en": "payments"}
        narrowed, field, payee = SCOPE_KEYS[self.scope], self.contract.field(CHANNEL), self.contract.role(COUNTERPARTY)
        if CHANNEL in narrowed and field is not None:
            called = field.called(str(event.data.get(CHANNEL)))
            over = {"zh": called["zh"], "en": f"{_small(called['en'])} payments"}
        if COUNTERPARTY in narrowed and payee is not None:
            return {
                "zh": f"{role['zh']}向该{payee.title['zh']}的{over['zh']}",
                "en": f"{over['en']} of the {role['en']} to this {_small(payee.title['en'])}",
            }
        return {"zh": f"{role['zh']}的{over['zh']}", "en": f"{over['en']} of the {role['en']}"}

    def _moment(self, moment_us: int) -> str:
        if self.as_at_first:
            return time_text(moment_us)
        local = datetime.fromtimestamp(moment_us / MICROSECONDS_PER_SECOND, UTC).astimezone(ZoneInfo(self.zone))
        return f"{local:%Y-%m-%d %H:%M}"

    def _ground(self, code: str | None) -> Text:
        """The ground behind its word, by its name where it has one."""
        if self.as_at_first or not code:
            return {"zh": f" {code or '-'}", "en": f" {code or '-'}"}
        named = self.grounds.name(code)
        return {"zh": f" {code}", "en": f" {code}"} if named is None else {"zh": f"：{named['zh']}", "en": f": {named['en']}"}


def _small(title: str) -> str:
    return title[:1].lower() + title[1:]
