"""What is wrong with a policy's files, in words; and whether `policy.toml` is written in a way that is known here."""

import difflib
import importlib.metadata
from collections.abc import Iterable, Mapping
from typing import Any

from huitong.kernel import PolicyError

FORMAT = 1
"""The newest way of writing `policy.toml` that is read here; a file that names none is written in the first."""


def wrong(where: str, en: str, zh: str, code: str = "policy.wrong") -> PolicyError:
    """A policy error about one place of a policy's files."""
    return PolicyError(
        code,
        {"en": f"policy {where}: {en}", "zh": f"策略 {where}：{zh}"},
        {"en": "mend the file; docs/policies.md lists every setting", "zh": "请修改该文件；各项设置见 docs/zh/policies.md"},
    )


def nearest(name: str, known: Iterable[str]) -> tuple[str, str]:
    """A hint at the nearest known name, in English and Chinese; empty where nothing is near."""
    found = difflib.get_close_matches(name, list(known), 1)
    return (f"; did you mean {found[0]!r}?", f"；是否指 {found[0]!r}？") if found else ("", "")


def check_format(document: Mapping[str, Any], where: str) -> None:
    """Before anything else: what a newer format says cannot be told from a mistake.

    Raises:
        PolicyError: If the format is none, or newer.
    """
    written = document.get("format", 1)
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise wrong(f"{where} format", "must be a whole number of at least 1", "必须是不小于 1 的整数")
    if written > FORMAT:
        huitong = importlib.metadata.version("huitong")
        raise PolicyError(
            "policy.format.newer",
            {
                "en": f"policy {where}: it is written in format {written}; Huitong {huitong} reads up to format {FORMAT}",
                "zh": f"策略 {where}：文件采用格式 {written}；汇通 {huitong} 最多读取格式 {FORMAT}",
            },
            {
                "en": f"update Huitong, or write the policy in format {FORMAT} as docs/policies.md lists it",
                "zh": f"请升级汇通，或按 docs/zh/policies.md 以格式 {FORMAT} 书写该策略",
            },
        )
