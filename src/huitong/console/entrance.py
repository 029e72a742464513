"""Pages that need no script: signing in, one's own password and code device, and a refusal at the door."""

from dataclasses import dataclass
from urllib.parse import quote

from huitong.console import words
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.shell import LANGUAGE_TAGS, switches
from huitong.console.theme import Theme, style_of
from huitong.console.words import text
from huitong.contracts import ROLE_TITLES
from huitong.identity import Signed
from huitong.kernel import HuitongError, Language

USER = text("User", "用户名")
PASSWORD = text("Password", "口令")
CODE = text("Code of your device, if you have one", "动态口令（已绑定设备时填写）")
PASSWORD_OLD = text("Present password", "当前口令")
PASSWORD_NEW = text("New password", "新口令")
PASSWORD_AGAIN = text("New password once more", "再次输入新口令")
SET_PASSWORD = text("Set a new password", "设置新口令")
SET_TOTP = text("Set up a code device", "绑定动态口令设备")
TOTP_HOW = text(
    "Enter this secret in an authenticator app, then the code that it shows.", "请在身份验证器应用中录入此密钥，再输入其显示的动态口令。"
)
TOTP_CODE = text("Code", "动态口令")
SAVE = text("Save", "保存")
ROLES = text("Your roles", "您的角色")
DUE_PASSWORD = text(
    "Your password was given for one use: set one of your own before you go on.", "当前为一次性口令：请先设置您自己的口令。"
)
DUE_TOTP = text("One of your roles needs a code device: set one up before you go on.", "您的角色要求绑定动态口令设备：请先完成绑定。")
ENDS_SESSIONS = text("All your sessions end with it; you sign in anew.", "保存后您的所有会话都将结束，请重新登录。")


@dataclass(frozen=True, slots=True)
class Look:
    """How a page looks: language and colours."""

    language: Language
    theme: Theme


def page(look: Look, title: str, *parts: Part) -> str:
    """A page on its own."""
    head = markup(
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · {words.BRAND[look.language]}"),
        Markup(f"<style>{style_of(look.theme)}</style>"),
        Markup('<link rel="stylesheet" href="/console/console.css"><link rel="icon" href="/console/icon.svg">'),
        Markup('<script src="/console/console.js" defer></script>'),
    )
    brand = tag("p", link("/", words.BRAND[look.language], class_="brand"), tag("span", words.TAGLINE[look.language], class_="muted"))
    inner = tag(
        "main", brand, tag("h1", title), *parts, tag("div", *switches(look.language, look.theme), class_="switches"), class_="alone"
    )
    return f'<!doctype html><html lang="{LANGUAGE_TAGS[look.language]}"><head>{head}</head><body>{inner}</body></html>'


def sign_in(look: Look, to: str, user: str = "", error: HuitongError | None = None) -> str:
    """The page to sign in at; ``to`` is where one goes from there."""
    say = look.language
    fields = (
        _field(USER[say], "user", autocomplete="username", value=user, autofocus=not user),
        _field(PASSWORD[say], "password", type_="password", autocomplete="current-password", autofocus=bool(user)),
        _field(CODE[say], "code", autocomplete="one-time-code", inputmode="numeric", required=False),
    )
    button = tag("button", words.SIGN_IN[say], class_="button primary", type="submit")
    action = "/sign-in" + ("" if to == "/" else f"?to={quote(to, safe='')}")
    return page(look, words.SIGN_IN[say], _wrong(look, error), tag("form", fields, button, class_="lines", method="post", action=action))


def account(look: Look, signed: Signed, error: HuitongError | None, secret: str = "") -> str:
    """One's own password and code device."""
    say = look.language
    due = [tag("p", {"password": DUE_PASSWORD, "totp": DUE_TOTP}[one][say], class_="note") for one in signed.due]
    separator = "、" if say == "zh" else ", "
    roles = separator.join(ROLE_TITLES[role][say] for role in sorted(signed.actor.roles)) or words.NOTHING[say]
    token = tag("input", type="hidden", name="csrf_token", value=signed.csrf)
    save = tag("button", SAVE[say], class_="button primary", type="submit")
    password = tag(
        "form",
        token,
        tag("h2", SET_PASSWORD[say]),
        tag("p", ENDS_SESSIONS[say], class_="meta"),
        _field(PASSWORD_OLD[say], "old", type_="password", autocomplete="current-password"),
        _field(PASSWORD_NEW[say], "new", type_="password", autocomplete="new-password"),
        _field(PASSWORD_AGAIN[say], "again", type_="password", autocomplete="new-password"),
        save,
        class_="lines",
        method="post",
        action="/account/password",
    )
    totp = tag(
        "form",
        token,
        tag("input", type="hidden", name="secret", value=secret),
        tag("h2", SET_TOTP[say]),
        tag("p", TOTP_HOW[say]),
        tag("p", tag("code", secret, class_="break")),
        _field(PASSWORD_OLD[say], "password", type_="password", autocomplete="current-password", prefix="totp-"),
        _field(TOTP_CODE[say], "code", autocomplete="one-time-code", inputmode="numeric"),
        save,
        class_="lines section",
        method="post",
        action="/account/totp",
    )
    facts = tag("p", f"{signed.actor.id} · {ROLES[say]}{'：' if say == 'zh' else ': '}{roles}", class_="meta")
    forms = (password, totp if secret else None) if signed.how == "session" else ()
    return page(look, words.NAV_ACCOUNT[say], facts, due, _wrong(look, error), tag("div", forms, class_="section"))


def refused(look: Look, error: HuitongError) -> str:
    """A refusal at the door: cause and remedy."""
    say = look.language
    return page(look, words.BRAND[say], tag("p", error.cause[say]), tag("p", error.remedy[say], class_="muted"))


def _wrong(look: Look, error: HuitongError | None) -> Part:
    if error is None:
        return None
    return tag("p", error.message(look.language), class_="wrong", role="alert")


def _field(
    label: str, name: str, *, type_: str = "text", value: str = "", required: bool = True, prefix: str = "", **more: str | bool
) -> Markup:
    control = tag("input", id=f"{prefix}{name}", name=name, type=type_, value=value, required=required, maxlength=256, **more)
    return tag("div", tag("label", label, for_=f"{prefix}{name}"), control, class_="field")
