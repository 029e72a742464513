"""What a customer is told about a measure: a template for each kind and ground, in zh and en, that the institution edits."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from huitong.contracts import read_written
from huitong.kernel import LANGUAGES, MICROSECONDS_PER_SECOND, PolicyError, Text, TomlError, currency_exponent
from huitong.risk.disposition.channels import Channels
from huitong.risk.disposition.measure import KINDS, SUBJECT_TITLES
from huitong.risk.disposition.stretches import Stretch

LIFTED = "lifted"
_BLANKS = frozenset({"subject", "scope", "until", "amount", "money", "ground"})
_BLANK = re.compile(r"\{([^{}]*)\}")
Notices = Mapping[str, Mapping[str, Text]]
"""By kind (or ``lifted``), then by ground; the ground ``""`` is for all others."""


def read_notices(path: Path) -> Notices:
    """Reads ``notices.toml``.

    Raises:
        PolicyError: If it cannot mean what it says.
    """
    try:
        document = read_written(path, dict[str, object])
    except TomlError as error:
        raise _wrong(path, error.text["en"], error.text["zh"]) from None
    found: dict[str, dict[str, Text]] = {}
    for kind, table in document.items():
        if kind not in (*KINDS, LIFTED) or not isinstance(table, dict):
            raise _wrong(path, f"[{kind}] is no kind of measure", f"[{kind}] 不是措施种类")
        if odd := [name for name, text in table.items() if not isinstance(text, str | dict)]:
            raise _wrong(path, f"[{kind}] {odd[0]} is no text", f"[{kind}] 中的 {odd[0]} 不是文本")
        own = {language: text for language, text in table.items() if isinstance(text, str)}
        templates = {ground: text for ground, text in table.items() if isinstance(text, dict)} | ({"": own} if own else {})
        found[kind] = {ground: _template(text, f"{kind}.{ground}".rstrip("."), path) for ground, text in templates.items()}
    return found


def _template(text: Mapping[str, object], where: str, path: Path) -> Text:
    if set(text) != set(LANGUAGES):
        raise _wrong(path, f"[{where}] needs zh and en and nothing else", f"[{where}] 需要且仅需要 zh 与 en")
    for language in LANGUAGES:
        for blank in _BLANK.findall(str(text[language])):
            if blank not in _BLANKS:
                raise _wrong(path, f"[{where}] {{{blank}}} is never filled in", f"[{where}] 中的 {{{blank}}} 无法填入")
    return {"zh": str(text["zh"]), "en": str(text["en"])}


def notice(
    measure: Stretch,
    notices: Notices,
    zone: str = "UTC",
    channels: Channels | None = None,
    currency: str = "CNY",
) -> Text | None:
    """What the customer is told; ``None`` where nothing is to be said.

    Args:
        measure: In force, or lifted.
        notices: The templates.
        zone: Zone of the times.
        channels: What channels are called.
        currency: ISO 4217 code of the amounts.
    """
    change = measure.ended_by or measure.changes[-1]
    template = _chosen(notices, measure.kind, measure.changes[-1].ground)
    if template is not None and measure.ended_by is not None:  # who was never told of it is not told of its end
        template = _chosen(notices, LIFTED, change.ground)
    if template is None:
        return None
    amount = measure.amount_minor
    moment = datetime.fromtimestamp(measure.over_us / MICROSECONDS_PER_SECOND, UTC).astimezone(ZoneInfo(zone))
    subject = SUBJECT_TITLES[measure.place.subject.role]
    blanks: dict[str, Text] = {
        "subject": subject,
        "scope": _scope(measure, channels or {}, currency),
        "until": {"zh": f"{moment:%Y年%m月%d日 %H:%M}", "en": f"{moment:%d %B %Y, %H:%M}"},
        "amount": dict.fromkeys(LANGUAGES, "-" if amount is None else _plain(amount, currency)),
        "money": dict.fromkeys(LANGUAGES, "-") if amount is None else _money(amount, currency),
        "ground": change.ground_text,
    }
    return {
        "zh": _filled(template["zh"], {name: text["zh"] for name, text in blanks.items()}),
        "en": _filled(template["en"], {name: text["en"] for name, text in blanks.items()}),
    }


def _scope(measure: Stretch, channels: Channels, currency: str) -> Text:
    """How far a narrowed measure reaches, to stand behind its subject; empty where it reaches everything. No receiving account is named."""
    scope, least = measure.place.scope, None if measure.kind == "limit" else measure.amount_minor
    zh, en = [], []
    if scope.channel is not None:
        title = channels.get(scope.channel, dict.fromkeys(LANGUAGES, scope.channel))
        zh.append(f"渠道为“{title['zh']}”")
        en.append(f"over the channel “{title['en']}”")
    if least is not None:
        money = _money(least, currency)
        zh.append(f"单笔 {money['zh']}{'' if currency == 'CNY' else ' '}及以上")
        en.append(f"of {money['en']} or more")
    if scope.counterparty is not None:
        zh.append("付给特定收款账户")
        en.append("to a certain receiving account")
    if not zh:
        return {"zh": "", "en": ""}
    return {"zh": f"（仅限{'、'.join(zh)}的支付）", "en": f" (only payments {', '.join(en)})"}


def _money(amount_minor: int, currency: str) -> Text:
    plain = _plain(amount_minor, currency)
    return {"zh": f"{plain} 元" if currency == "CNY" else f"{currency} {plain}", "en": f"{currency} {plain}"}


def _plain(amount_minor: int, currency: str) -> str:
    decimals = currency_exponent(currency)
    return f"{Decimal(amount_minor).scaleb(-decimals):,.{decimals}f}"


def _filled(template: str, blanks: Mapping[str, str]) -> str:
    return _BLANK.sub(lambda blank: blanks[blank[1]], template)


def _chosen(notices: Notices, kind: str, ground: str) -> Text | None:
    """The template for a ground, or the kind's own; ``None`` where it says nothing."""
    of_kind = notices.get(kind, {})
    template = of_kind.get(ground, of_kind.get(""))
    return template if template is not None and any(template.values()) else None


def _wrong(path: Path, en: str, zh: str) -> PolicyError:
    return PolicyError(
        "measures.notices.wrong",
        {"en": f"{path.name}: {en}", "zh": f"{path.name}：{zh}"},
        {"en": "mend the file; docs/measures.md says how", "zh": "请修改该文件；写法见 docs/zh/measures.md"},
    )
