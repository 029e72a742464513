"""What is read for, in words: as a page's head shows it, and the access log."""

from collections.abc import Mapping

from huitong.console.markup import Markup, Part, markup, short, tag
from huitong.identity import PURPOSE_TITLES, Purpose
from huitong.kernel import Language, Text
from huitong.risk.disposition import SUBJECT_TITLES

_REFERENCES: Mapping[str, Text] = {
    "queue": {"en": "the queue", "zh": "预警队列"},
    "list": {"en": "the list", "zh": "列表"},
    "measures": {"en": "measures", "zh": "管控措施"},
    "lists": {"en": "lists", "zh": "名单"},
    "replay": {"en": "replays", "zh": "回放"},
    "access": {"en": "users and access", "zh": "用户与权限"},
    "webhooks": {"en": "webhooks", "zh": "回调"},
}
"""What pages give as the reference of their own purpose, where it is no record."""


def purpose_words(purpose: Purpose, language: Language) -> Markup:
    """A purpose with what it is about."""
    colon = "：" if language == "zh" else ": "
    return markup(PURPOSE_TITLES[purpose.kind][language], colon, reference_words(purpose.reference, language))


def of_record(purpose: Purpose) -> bool:
    """Whether a purpose is about an alert or a case, not about a list of them or what is beside them."""
    kind, _, rest = purpose.reference.partition(":")
    return purpose.kind in ("alert", "case") and purpose.reference not in _REFERENCES and not (rest and kind in ("list", *SUBJECT_TITLES))


def reference_words(reference: str, language: Language) -> Part:
    """What a purpose is about; the number of a record, or what a person wrote, as it is."""
    if reference in _REFERENCES:
        return _REFERENCES[reference][language]
    kind, _, rest = reference.partition(":")
    if kind == "list" and rest:
        return markup("名单 " if language == "zh" else "list ", tag("span", rest, translate="no"))
    role = next((title[language] for name, title in SUBJECT_TITLES.items() if name == kind), None)
    if role is not None and rest == "measures":
        return f"查看{role}管控措施" if language == "zh" else f"measures on {role}"
    return short(reference) if kind in ("alert", "act", "web") and rest else tag("span", reference, translate="no")
