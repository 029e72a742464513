"""Who may give the second signature, as pages say it: before something is proposed, and beside what waits."""

from collections.abc import Sequence

from huitong.console.markup import Part, tag
from huitong.console.work.look import Look
from huitong.contracts import ROLE_TITLES, Role, Signers, can_be_second
from huitong.kernel import Text

NAMED_MAX = 3
"""Most who are named; the others are counted."""


def named_before(what: Text, look: Look, signers: Signers, roles: Sequence[Role], *, lapses: bool = True) -> Text:
    """What takes a second person, and who that may be; where it can be nobody, why, and what to do about it, before it is proposed.

    Args:
        what: What takes one, as a sentence without its stop.
        look: Who looks, and would propose it.
        signers: Who can sign in.
        roles: Of which the second person needs one.
        lapses: Whether a proposal that nobody answers ends by itself.
    """
    seconds = signers.seconds(look.actor.id, *roles)
    en, zh = _titles(roles)
    ends: Text = {"en": "until it lapses", "zh": "等到失效"} if lapses else {"en": "for good", "zh": "等待"}
    if seconds:
        names = _names(seconds)
        return {"en": f"{what['en']}: {names['en']}.", "zh": f"{what['zh']}：{names['zh']}。"}
    if signers.beyond:
        return {"en": f"{what['en']}, who is {en}.", "zh": f"{what['zh']}（须为{zh}）。"}
    if look.is_a(*roles):
        return {
            "en": f"{what['en']}, and nobody but you is {en}: proposed by you, it waits {ends['en']}. "
            "Have somebody else propose it, so that you can confirm it, or ask an administrator to give another person the role.",
            "zh": f"{what['zh']}，而除您之外无人是{zh}：由您提议，将一直{ends['zh']}。"
            "请由他人提议、由您复核，或请系统管理员授予另一人该角色。",
        }
    return {
        "en": f"{what['en']}, and nobody is {en}: it waits {ends['en']}. Ask an administrator to give somebody the role.",
        "zh": f"{what['zh']}，而目前无人是{zh}：提议将一直{ends['zh']}。请系统管理员授予一人该角色。",
    }


def named_beside(first: str, look: Look, signers: Signers, roles: Sequence[Role]) -> Part:
    """Beside what waits: who may sign, where that is not the reader.

    Args:
        first: Id of who proposed it.
        look: Who looks.
        signers: Who can sign in.
        roles: Of which the second person needs one.
    """
    if can_be_second(first, look.actor, *roles):
        return None
    seconds = signers.seconds(first, *roles)
    en, zh = _titles(roles)
    if seconds:
        names = _names(seconds)
        said = look.pick(f"may be signed by {names['en']}", f"可由 {names['zh']} 复核")
    elif signers.beyond:
        said = look.pick(f"may be signed by another person who is {en}", f"可由另一位{zh}复核")
    else:
        said = look.pick(
            f"nobody may sign it: no other person is {en}; an administrator can give the role",
            f"无人可以复核：没有其他{zh}，请系统管理员授予",
        )
    return tag("div", said, class_="meta")


def _titles(roles: Sequence[Role]) -> tuple[str, str]:
    """The roles, with an article and without."""
    titles = [ROLE_TITLES[role] for role in roles]
    articled = [f"{'an' if one['en'][0] in 'aeiou' else 'a'} {one['en']}" for one in titles]
    return " or ".join(articled), "或".join(one["zh"] for one in titles)


def _names(ids: Sequence[str]) -> Text:
    shown, more = ids[:NAMED_MAX], len(ids) - NAMED_MAX
    if more > 0:
        return {"en": f"{', '.join(shown)} or {more:,} more", "zh": f"{'、'.join(shown)} 等 {len(ids):,} 人"}
    return {"en": " or ".join(shown), "zh": " 或 ".join(shown)}
