"""What somebody wants of a list, and whether it can be: names, texts, ends, grounds."""

from collections.abc import Mapping
from dataclasses import dataclass

from huitong.contracts import Command
from huitong.kernel import MICROSECONDS_PER_DAY, InputError, Text, minute_text
from huitong.risk.lists.entry import HOLDS, LIST_KINDS, Holds, ListKind

LONGEST_US = 3_653 * MICROSECONDS_PER_DAY
"""The longest that an entry may be added for, so that each is looked at again."""
NAME_LENGTH_MAX, TEXT_LENGTH_MAX, REASON_LENGTH_MAX, VALUE_LENGTH_MAX, COMMAND_LENGTH_MAX = 48, 200, 1_000, 64, 96
_RESERVED = frozenset({"waiting"})
"""Names that addresses need for something else."""


@dataclass(frozen=True, slots=True)
class Described:
    """A list as somebody describes it.

    Attributes:
        name: Letters, digits and ``_``, by which policies name it.
        title: Its name for people.
        holds: What stands on it.
        kind: What it is for.
        owner: Who answers for it.
        purpose: Why it is kept.
        second: Whether adding to it takes a second person; an allow list always does.
    """

    name: str
    title: Text
    holds: Holds
    kind: ListKind
    owner: str
    purpose: str
    second: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entry as a person asks for it.

    Attributes:
        value: What is put on the list.
        until_us: When it ends by itself.
        ground: Code of one of the institution's grounds.
        reason: What else is to be said.
        customer: Whose the value is, where that is another; erasing the person then erases the value too.
    """

    value: str
    until_us: int
    ground: str
    reason: str | None = None
    customer: str | None = None


def check(now_us: int, wanted: Wanted, grounds: Mapping[str, Text], zone: str = "UTC") -> None:
    """Refuses an entry that cannot be; ``zone`` says on whose clocks the refusal names times.

    Raises:
        InputError: Saying what is wrong with it.
    """
    for value in (wanted.value, *([] if wanted.customer is None else [wanted.customer])):
        if not 0 < len(value) <= VALUE_LENGTH_MAX or not value.isprintable() or value != value.strip():
            raise InputError(
                "list.value",
                {"en": f"{value[:80]!r} cannot stand on a list", "zh": f"{value[:80]!r} 不能列入名单"},
                {
                    "en": f"give 1 to {VALUE_LENGTH_MAX} printable characters without blanks around them",
                    "zh": f"请给出 1 至 {VALUE_LENGTH_MAX} 个可显示字符，前后不留空格",
                },
            )
    if not now_us < wanted.until_us <= now_us + LONGEST_US:
        until, latest = (minute_text(one, zone) for one in (wanted.until_us, now_us + LONGEST_US))
        raise InputError(
            "list.until",
            {"en": f"{until} is past or too far away", "zh": f"{until} 早于现在或过于久远"},
            {"en": f"name a moment after now and up to {latest}", "zh": f"请给出现在之后、不晚于 {latest} 的时刻"},
        )
    check_words(wanted.ground, wanted.reason, grounds)


def check_words(ground: str, reason: str | None, grounds: Mapping[str, Text]) -> None:
    if ground not in grounds:
        raise InputError(
            "list.ground",
            {"en": f"there is no ground {ground!r}", "zh": f"没有依据 {ground!r}"},
            {"en": f"name one of {', '.join(grounds)}", "zh": f"请使用 {'、'.join(grounds)} 之一"},
        )
    if reason is not None and len(reason) > REASON_LENGTH_MAX:
        raise InputError(
            "list.reason.long",
            {"en": "the reason is too long", "zh": "理由过长"},
            {"en": f"at most {REASON_LENGTH_MAX} characters", "zh": f"不超过 {REASON_LENGTH_MAX} 字"},
        )


def check_description(command: Command, described: Described) -> None:
    check_command(command)
    name = described.name
    if len(name) > NAME_LENGTH_MAX or not (name.isascii() and name.isidentifier()) or name in _RESERVED:
        raise wrong(
            f"{name[:80]!r} cannot be the name of a list",
            f"{name[:80]!r} 不能作为名单名称",
            f"use up to {NAME_LENGTH_MAX} letters, digits and _, with a letter first",
            f"请使用至多 {NAME_LENGTH_MAX} 个英文字母、数字与下划线，以字母开头",
        )
    if described.holds not in HOLDS or described.kind not in LIST_KINDS:
        raise wrong(
            f"there are no {described.kind} lists of {described.holds}",
            f"没有以 {described.holds} 为对象的 {described.kind} 名单",
            f"lists are {', '.join(LIST_KINDS)}, of {', '.join(HOLDS)}",
            f"用途可为 {'、'.join(LIST_KINDS)}，对象可为 {'、'.join(HOLDS)}",
        )
    for text in (described.title["zh"], described.title["en"], described.owner, described.purpose):
        if not 0 < len(text.strip()) <= TEXT_LENGTH_MAX or not text.isprintable():
            raise wrong(
                "title, owner and purpose must be there, each on one line",
                "标题、负责人与目的均须填写，各占一行",
                f"give 1 to {TEXT_LENGTH_MAX} characters",
                f"请填写 1 至 {TEXT_LENGTH_MAX} 字",
            )


def check_command(command: Command) -> None:
    if len(command.id) > COMMAND_LENGTH_MAX:
        raise wrong(
            "the id of the command is too long",
            "指令编号过长",
            f"at most {COMMAND_LENGTH_MAX} characters",
            f"不超过 {COMMAND_LENGTH_MAX} 字",
        )


def wrong(en: str, zh: str, remedy_en: str, remedy_zh: str) -> InputError:
    return InputError("list.wrong", {"en": en, "zh": zh}, {"en": remedy_en, "zh": remedy_zh})
