"""How long what people write into alerts and cases may be: as long as the data contracts of its events allow."""

from collections.abc import Mapping

from huitong.kernel import InputError, Text

CHARACTERS_MAX: Mapping[str, int] = {"reason": 2_000, "note": 10_000, "title": 200, "name": 200, "person": 128}
"""Most characters, by what it is."""
WORDS: Mapping[str, Text] = {
    "reason": {"en": "reason", "zh": "理由"},
    "note": {"en": "note", "zh": "备注"},
    "title": {"en": "title", "zh": "标题"},
    "name": {"en": "name", "zh": "文件名"},
    "person": {"en": "person", "zh": "人员编号"},
}
"""What it is called."""


def fitting(text: str, what: str) -> str:
    """A text without blanks around it.

    Raises:
        InputError: If it is too long.
    """
    said, most = text.strip(), CHARACTERS_MAX[what]
    if len(said) > most:
        name = WORDS[what]
        raise InputError(
            "desk.too_long",
            {
                "en": f"the {name['en']} has {len(said):,} characters, more than {most:,}",
                "zh": f"{name['zh']}有 {len(said):,} 个字符，超过 {most:,} 个",
            },
            {"en": "say it shorter, or add it to a case as a file", "zh": "请精简，或作为附件存入案件"},
        )
    return said
