"""Pages that need no script: signing in, one's own password and code device, and a refusal at the door."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from huitong.console import words
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.parts.qr import qr_code
from huitong.console.parts.states import TO_OVERVIEW, UNEXPECTED, UNEXPECTED_REMEDY, WRONG
from huitong.console.shell import LANGUAGE_TAGS, switches, token_field
from huitong.console.theme import Theme, style_of
from huitong.console.words import sentence, text
from huitong.contracts import ROLE_TITLES
from huitong.contracts.outside import cause_outside
from huitong.identity import HTTP_STATUS_OF, Signed
from huitong.identity.totp import app_address
from huitong.kernel import HuitongError, Language

USER = text("User", "用户名")
PASSWORD = text("Password", "口令")
CODE = text("Code of your device, or a recovery code, if you have a device", "动态口令或恢复码（已绑定设备时填写）")
PASSWORD_OLD = text("Present password", "当前口令")
PASSWORD_NEW = text("New password", "新口令")
PASSWORD_AGAIN = text("New password once more", "再次输入新口令")
SET_PASSWORD = text("Set a new password", "设置新口令")
SET_TOTP = text("Set up a code device", "绑定动态口令设备")
TOTP_HOW = text(
    "Scan this with an authenticator app, or type the secret into it; then enter the code that the app shows.",
    "请用身份验证器应用扫描二维码，或手动录入密钥，再输入应用显示的动态口令。",
)
TOTP_PICTURE = text("QR code of the secret that stands below it", "密钥二维码，密钥文字见下方")
TOTP_LOST = text(
    "A new device takes the place of the one before. It comes with recovery codes, each of which stands in for a code of it once. "
    "If you lose both, an administrator has to recover your account.",
    "绑定新设备后，原设备即失效。绑定时会给出恢复码，每个可代替动态口令一次。设备与恢复码均遗失时，须由管理员恢复账号。",
)
CODES = text("Recovery codes", "恢复码")
CODES_HOW = text(
    "Each of these stands in for a code of your device one time. They are shown only now: print them or write them down, "
    "and keep them apart from the device. Codes that you had before open nothing any more.",
    "每个恢复码可代替动态口令一次。恢复码仅在此时显示：请打印或抄录，并与设备分开保管。此前的恢复码已失效。",
)
CODES_LEFT = text("{left} of your recovery codes are left.", "您的恢复码还剩 {left} 个。")
CODES_RENEW = text("Make new recovery codes", "重新生成恢复码")
CODES_RENEW_WHY = text("Those that you have now open nothing any more then.", "重新生成后，现有恢复码即失效。")
VOUCHED = text(
    "You sign in at your institution's provider: password and code device are set there.",
    "您通过机构的统一身份认证登录，口令与动态口令设备请在该处设置。",
)
NO_ROLE = text("You have no role here", "您尚无任何角色")
NO_ROLE_WHY = text(
    "You are signed in, but nobody has given you a role, so there is nothing for you to see or do.",
    "您已登录，但尚未获得任何角色，无法查看或操作。",
)
NO_ROLE_TODO = text(
    "Ask an administrator of this system for a role, or your provider's for the group that carries one; then sign in again.",
    "请联系本系统管理员授予角色，或在统一身份认证中加入对应用户组，再重新登录。",
)
SSO_OR = text("or with a user of this system", "或使用本系统用户登录")
TOTP_CODE = text("Code", "动态口令")
SAVE = text("Save", "保存")
ROLES = text("Your roles", "您的角色")
DUE_PASSWORD = text(
    "Your password was given for one use: set one of your own before you go on.", "当前为一次性口令：请先设置您自己的口令。"
)
DUE_TOTP = text("One of your roles needs a code device: set one up before you go on.", "您的角色要求绑定动态口令设备：请先完成绑定。")
ENDED = text("All your sessions have ended: sign in anew.", "您的所有会话均已结束，请重新登录。")
ENDS_SESSIONS = text("All your sessions end with it; you sign in anew.", "保存后您的所有会话都将结束，请重新登录。")


@dataclass(frozen=True, slots=True)
class Look:
    """How a page looks: language and colours."""

    language: Language
    theme: Theme


def page(look: Look, title: str, *parts: Part) -> str:
    """A page on its own."""
    below = tag("div", *switches(look.language, look.theme), class_="switches")
    return _document(look, title, tag("main", _head(look, title), *parts, below, class_="alone"))


def _head(look: Look, title: str) -> Markup:
    brand = tag("p", link("/", words.BRAND[look.language], class_="brand"), tag("span", words.TAGLINE[look.language], class_="muted"))
    return markup(brand, tag("h1", title))


def _titled(look: Look, title: str) -> str:
    return f"{title} · {words.BRAND[look.language]}"


def _document(look: Look, title: str, inner: Markup) -> str:
    head = markup(
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", _titled(look, title)),
        Markup(f"<style>{style_of(look.theme)}</style>"),
        Markup('<link rel="stylesheet" href="/console/console.css"><link rel="icon" href="/console/icon.svg">'),
        Markup('<script src="/console/console.js" defer></script>'),
    )
    return f'<!doctype html><html lang="{LANGUAGE_TAGS[look.language]}"><head>{head}</head><body>{inner}</body></html>'


def sign_in(look: Look, to: str, user: str = "", error: HuitongError | None = None, provider: str | None = None) -> str:
    """The page to sign in at; ``to`` is where one goes from there, ``provider`` the name of the OpenID provider where there is one."""
    say = look.language
    after = "" if to == "/" else f"?to={quote(to, safe='')}"
    sso = None
    if provider is not None:
        name = {"en": f"Single sign-on ({provider})", "zh": f"统一身份认证登录（{provider}）"}[say]
        sso = tag("div", link(f"/openid/start{after}", name, class_="button primary"), tag("p", SSO_OR[say], class_="muted"), class_="sso")
    fields = (
        _field(USER[say], "user", autocomplete="username", value=user, autofocus=not user and provider is None),
        _field(PASSWORD[say], "password", type_="password", autocomplete="current-password", autofocus=bool(user)),
        _field(CODE[say], "code", autocomplete="one-time-code", required=False),  # a recovery code has letters
    )
    button = tag("button", words.SIGN_IN[say], class_="button" if sso else "button primary", type="submit")
    form = tag("form", fields, button, class_="lines", method="post", action=f"/sign-in{after}")
    return page(look, words.SIGN_IN[say], _wrong(look, error), sso, form)


def account(look: Look, signed: Signed, error: HuitongError | None, secret: str = "", codes_left: int | None = None) -> str:
    """One's own password, code device and recovery codes.

    Args:
        look: How it looks.
        signed: Whose it is.
        error: What was refused.
        secret: Of a device that may be set up; without one there is none to be set up, because a provider vouches for who is signed in.
        codes_left: How many recovery codes are left; ``None`` without a code device.
    """
    say = look.language
    due = [tag("p", {"password": DUE_PASSWORD, "totp": DUE_TOTP}[one][say], class_="note") for one in signed.due]
    separator = "、" if say == "zh" else ", "
    roles = separator.join(ROLE_TITLES[role][say] for role in sorted(signed.actor.roles)) or words.NOTHING[say]
    token = token_field(signed.csrf)
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
        qr_code(app_address(secret, signed.actor.id), TOTP_PICTURE[say]),
        tag("p", tag("code", " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)))),
        tag("p", TOTP_LOST[say], class_="meta"),
        _field(PASSWORD_OLD[say], "password", type_="password", autocomplete="current-password", prefix="totp-"),
        _field(TOTP_CODE[say], "code", autocomplete="one-time-code", inputmode="numeric"),
        save,
        class_="lines section",
        method="post",
        action="/account/totp",
    )
    facts = tag("p", f"{signed.actor.id} · {ROLES[say]}{'：' if say == 'zh' else ': '}{roles}", class_="meta")
    if not secret:
        forms: Part = tag("p", VOUCHED[say]) if signed.how == "session" else None
    elif "totp" in signed.due:
        forms = (totp, password)
    else:
        forms = password if "password" in signed.due else (password, _codes_form(look, token, codes_left), totp)
    leave = tag("p", link("/", words.NAV_OVERVIEW[say]), class_="section") if not signed.due else _leave(look, signed)
    return page(look, words.NAV_ACCOUNT[say], facts, due, _wrong(look, error), tag("div", forms, class_="section"), leave)


def _codes_form(look: Look, token: Markup, left: int | None) -> Part:
    if left is None:
        return None
    say = look.language
    return tag(
        "form",
        token,
        tag("h2", CODES[say]),
        tag("p", CODES_LEFT[say].format(left=left), class_="" if left else "note"),
        tag("p", CODES_RENEW_WHY[say], class_="meta"),
        _field(PASSWORD_OLD[say], "password", type_="password", autocomplete="current-password", prefix="codes-"),
        tag("button", CODES_RENEW[say], class_="button", type="submit"),
        class_="lines section",
        method="post",
        action="/account/codes",
    )


def codes(look: Look, made: Sequence[str], *, signed_out: bool) -> str:
    """Recovery codes that were just made, shown once; and where one goes on from here.

    The page holds both languages and is switched in place: asked for again it would be without the codes, which nobody keeps.
    """
    both = (look, Look(words.other_language(look.language), look.theme))
    above = [_said_in(one, _codes_head(one), hidden=one is not look) for one in both]
    below = [_said_in(one, _codes_onward(one, signed_out=signed_out), hidden=one is not look) for one in both]
    listed = tag("ol", *(tag("li", tag("code", one)) for one in made))
    return _document(look, CODES[look.language], tag("main", above, listed, below, class_="alone"))


def _said_in(look: Look, inner: Part, *, hidden: bool) -> Markup:
    """A part of a page that is there in each language, of which one is shown."""
    shown_as = LANGUAGE_TAGS[look.language]
    return tag("div", inner, lang=shown_as, hidden=hidden, data_said_in=look.language, data_title=_titled(look, CODES[look.language]))


def _codes_head(look: Look) -> Markup:
    return markup(_head(look, CODES[look.language]), tag("p", CODES_HOW[look.language], class_="note"))


def _codes_onward(look: Look, *, signed_out: bool) -> Markup:
    say = look.language
    onward = link("/sign-in", words.SIGN_IN[say], class_="button primary") if signed_out else link("/account", words.NAV_ACCOUNT[say])
    ended = tag("p", ENDED[say], class_="meta") if signed_out else None
    to_other, _ = switches(say, look.theme)
    return markup(ended, tag("p", onward, class_="section"), tag("div", to_other, class_="switches"))


def without_role(look: Look, signed: Signed) -> str:
    """Somebody is signed in who may do nothing."""
    say = look.language
    parts = (tag("p", NO_ROLE_WHY[say]), tag("p", NO_ROLE_TODO[say], class_="muted"), tag("p", signed.actor.id, class_="meta"))
    return page(look, NO_ROLE[say], *parts, _leave(look, signed))


def _leave(look: Look, signed: Signed) -> Part:
    if signed.how != "session":
        return None
    token = token_field(signed.csrf)
    button = tag("button", words.SIGN_OUT[look.language], class_="button", type="submit")
    return tag("form", token, button, class_="section", action="/sign-out", method="post")


def refused(look: Look, error: HuitongError) -> str:
    """A refusal at the door: cause and remedy."""
    say = look.language
    told = cause_outside(error.code, error.cause)  # whoever stands at the door has no name yet
    cause, remedy = (sentence(one[say], say, ends=False) for one in (told, error.remedy))
    back = tag("p", link("/", TO_OVERVIEW[say], class_="button"))
    return page(look, WRONG[say], tag("p", cause), tag("p", remedy, class_="muted"), back)


def unexpected(look: Look) -> str:
    """A fault of our own, where no page stands around it."""
    say = look.language
    back = tag("p", link("/", TO_OVERVIEW[say], class_="button"))
    return page(look, WRONG[say], tag("p", UNEXPECTED[say]), tag("p", UNEXPECTED_REMEDY[say], class_="muted"), back)


def _wrong(look: Look, error: HuitongError | None) -> Part:
    if error is None:
        return None
    return tag("p", error.message(look.language), class_="wrong", role="alert")


def _field(
    label: str, name: str, *, type_: str = "text", value: str = "", required: bool = True, prefix: str = "", **more: str | bool
) -> Markup:
    control = tag("input", id=f"{prefix}{name}", name=name, type=type_, value=value, required=required, maxlength=256, **more)
    return tag("div", tag("label", label, for_=f"{prefix}{name}"), control, class_="field")


def status_of(error: HuitongError) -> int:
    """The HTTP status of a page that shows an error."""
    return HTTP_STATUS_OF.get(error.code, 404 if error.code.endswith(".unknown") else error.http_status)


def page_of(html: str, error: HuitongError, status: int | None = None) -> Response:
    """A page that shows an error, with when to try again where it says so.

    Args:
        html: The page.
        error: What it shows.
        status: Its status, where it is not the error's.
    """
    answer = HTMLResponse(html, status_of(error) if status is None else status)
    if error.retry_after_s is not None:
        answer.headers["retry-after"] = str(error.retry_after_s)
    if answer.status_code == 401:
        answer.headers["www-authenticate"] = "Bearer"  # what a page is opened with is no scheme of HTTP; no browser asks for this one
    return answer
