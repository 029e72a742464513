"""What a page shows where there is nothing, something is wrong, or somebody may not: what it is, why, what to do next."""

from huitong.console.markup import Markup, Part, link, tag
from huitong.console.visit import Visit
from huitong.console.words import sentence, text
from huitong.kernel import HuitongError, PolicyError, Text

FORBIDDEN = text("Not for you", "无权查看")
WRONG = text("This did not work", "操作未完成")
NOT_THERE = text("Not found", "未找到")
UNEXPECTED = text("Something in Huitong itself went wrong", "系统自身发生错误")
UNEXPECTED_REMEDY = text(
    "Nothing was changed. Try again; if it happens again, tell whoever runs the system, with the time.",
    "未作任何更改。请重试；如再次出现，请将发生时间告知运维人员。",
)
UNEXPECTED_ACT_REMEDY = text(
    "It may be carried out or not: look at the page anew before you try again; if it stays, tell whoever runs the system, with the time.",
    "操作可能已执行，也可能未执行：重试前请先刷新页面查看；如再次出现，请将发生时间告知运维人员。",
)
NOT_FOUND = text("There is no such page", "没有此页面")
NOT_FOUND_WHY = text("The address may be mistyped, or the page has moved.", "地址可能有误，或页面已移动。")
TO_OVERVIEW = text("To the overview", "返回总览")


def state(title: Part, why: Part, *, remedy: Part = None, act: Part = None) -> Markup:
    """A designed state: what it is, why, what to do, one button."""
    return tag(
        "div", tag("h2", title) if title else None, tag("p", why), tag("p", remedy, class_="muted") if remedy else None, act, class_="state"
    )


def empty(title: str, why: str, href: str | None = None, label: str | None = None) -> Markup:
    """Nothing to show: what would stand here, why nothing does, and one way on."""
    return state(title, why, act=link(href, label, class_="button") if href and label else None)


def refusal_title(error: HuitongError, *, missing: bool = False) -> Text:
    """What stands above a refusal; ``missing`` where there is not what was asked for."""
    return FORBIDDEN if isinstance(error, PolicyError) else NOT_THERE if missing else WRONG


def refused(visit: Visit, error: HuitongError, way: Markup | None = None) -> Markup:
    """What a bank refused: cause and remedy, and the way on; back to the overview where there is none nearer."""
    cause, remedy = (sentence(one[visit.language], visit.language, ends=False) for one in (error.cause, error.remedy))
    return state(None, cause, remedy=remedy, act=way or to_overview(visit))


def unexpected(visit: Visit) -> Markup:
    """A fault of our own: that nothing was changed, and whom to tell."""
    return state(visit.say(UNEXPECTED), visit.say(UNEXPECTED_REMEDY), act=to_overview(visit))


def to_overview(visit: Visit) -> Markup:
    """The way back."""
    return link("/", visit.say(TO_OVERVIEW), class_="button")


def skeleton(lines: int = 6) -> Markup:
    """Stands where something is being fetched."""
    return tag("div", [tag("div", class_="skeleton") for _ in range(lines)], aria_hidden="true")
