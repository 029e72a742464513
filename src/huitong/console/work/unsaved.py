"""What is asked before a page is left whose edits are no version yet."""

from huitong.console.markup import Markup, tag
from huitong.console.work.look import Look


def before_leaving(look: Look) -> Markup:
    """The dialog that ``unsaved.js`` opens where somebody is about to lose edits; whoever closes it stays."""
    title = tag("h2", look.pick("Leave without a version?", "尚未登记为版本，确定离开？"), id="unsaved-title")
    why = look.pick("What you changed on this page is no version yet; leaving loses it.", "本页的修改尚未登记为版本，离开后将会丢失。")
    stay = tag("button", look.pick("Stay", "留在本页"), class_="button primary", value="stay", autofocus=True)
    leave = tag("button", look.pick("Leave and lose the changes", "离开并放弃修改"), class_="button danger", value="leave")
    form = tag("form", tag("div", stay, leave, class_="acts"), method="dialog")
    return tag("dialog", title, tag("p", why, class_="muted"), form, id="unsaved", aria_labelledby="unsaved-title")
