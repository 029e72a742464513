"""Puts a view into the shell, with what its forms need around them."""

from collections.abc import Callable, Sequence
from typing import cast

from nicegui import ui

from huitong.console.markup import Markup, tag
from huitong.console.ports_work import WorkPort
from huitong.console.shell import Head, put, shell
from huitong.console.visit import Visit
from huitong.console.words import CLOSE, text
from huitong.console.work.look import View

ASSETS_PATH = "/console"
_BUSY = text("It is being done …", "正在处理……")
_LOST = text("The bank did not answer", "服务没有应答")
_LOST_REMEDY = text(
    "What you typed is still here. Look whether you are still signed in (open the console in another tab), then send it again.",
    "已填写的内容仍在。请在另一标签页打开控制台，确认登录未失效后重新提交。",
)
_ONCE = text("This is shown once. Keep it now; nobody can show it again.", "仅显示这一次，请立即妥善保存，之后无法再次查看。")

_COPY, _COPIED = text("Copy", "复制"), text("Copied.", "已复制。")
_NOT_COPIED = text(
    "The browser does not let this page copy: it is selected, copy it by key.", "浏览器不允许本页复制：内容已选中，请用快捷键复制。"
)


def work_of(visit: Visit) -> WorkPort:
    """The bank as those see it who act."""
    return cast("WorkPort", visit.bank)  # what the console is mounted with; its pages that only read ask for less


async def show(visit: Visit, draw: Callable[[], View], *, again_seconds: int | None = None, scripts: Sequence[str] = ()) -> None:
    """Builds the page.

    Args:
        visit: The visit.
        draw: Draws what it shows, beside the loop: what is drawn may be long, and asks the log for the grades of reasons.
        again_seconds: When to look again, for what goes on meanwhile; ``None`` never.
        scripts: Assets that this page needs besides, a script and a style each.
    """
    view = await visit.ask(draw)
    for asset in (*scripts, "acts"):  # a page's own script hears of a form first
        ui.add_head_html(f'<link rel="stylesheet" href="{ASSETS_PATH}/{asset}.css"><script src="{ASSETS_PATH}/{asset}.js" defer></script>')
    with shell(visit, Head(view.title, view.answer, view.acts(visit.language), view.trail)):
        put(_around(visit, again_seconds), view.body, view.dialogs(visit.language))


def _around(visit: Visit, again_seconds: int | None) -> Markup:
    said = tag("p", id="said", role="status", hidden=True)
    data = tag(
        "div",
        id="acting",
        hidden=True,
        data_csrf=visit.signed.csrf,
        data_busy=visit.say(_BUSY),
        data_lost=visit.say(_LOST),
        data_lost_remedy=visit.say(_LOST_REMEDY),
        data_again=again_seconds,
    )
    once = tag(
        "dialog",
        tag("h2", "", id="shown-once-title", data_said=True),
        tag("p", visit.say(_ONCE), class_="muted", data_once=True),
        tag("output", id="shown-once-secret"),
        tag(
            "div",
            tag("button", visit.say(_COPY), class_="button primary", type="button", data_copies="shown-once-secret"),
            tag("button", visit.say(CLOSE), class_="button", type="button", data_closes=True),
            tag("span", class_="muted", role="status", data_copied=visit.say(_COPIED), data_not_copied=visit.say(_NOT_COPIED)),
            class_="rowacts",
        ),
        id="shown-once",
        aria_labelledby="shown-once-title",
    )
    return Markup(said + data + once)
