"""The door of the console: who comes, in which language, and the pages for those who are not in yet, which work without a script."""

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from huitong.console import entrance, sso
from huitong.console.acting import ACT_PATH, VISIT, refusal
from huitong.console.answering import ASK_PATH
from huitong.console.ports import BankPort
from huitong.console.shell import LANGUAGE_COOKIE, PURPOSE_COOKIE, THEME_COOKIE, preferred_language
from huitong.console.theme import theme_of
from huitong.console.visit import Visit
from huitong.identity import CSRF_FIELD, CSRF_HEADER, Purpose, Signed, security_headers, session_cookie
from huitong.identity.totp import new_secret
from huitong.identity.users import user_of
from huitong.identity.web import cookies_in, credentials_of, local_path
from huitong.kernel import HuitongError, InputError, PolicyError

_PUBLIC = ("/console/", "/_nicegui/", "/favicon.ico")
_SOCKET = "/_nicegui_ws/"
_METHODS = ("GET", "HEAD", "POST")
_FORM_TYPE = "application/x-www-form-urlencoded"
RENEWED_PATH = "/account/renewed"
_WITHOUT_DUES = frozenset({"/account", "/account/password", "/account/totp", "/account/codes", "/sign-out"})
FORM_BYTES_MAX = 16_384


class Door:
    """Lets people in.

    Args:
        bank: The bank.
        inside: The pages.
    """

    def __init__(self, bank: BankPort, inside: ASGIApp) -> None:
        self._bank = bank
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._inside(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        client = scope.get("client")
        address = self._bank.outside.caller(headers, client[0] if client else "")
        path: str = scope["path"]
        if path.startswith(_SOCKET):
            await self._socket(scope, receive, send, headers, address)
            return
        sending = _guarded(send, secure=self._bank.outside.secure)
        if scope["type"] != "http":  # a websocket anywhere else: there is none
            await send({"type": "websocket.close", "code": 1008})
            return
        if path.startswith(_PUBLIC):
            await self._inside(scope, receive, sending)
            return
        response = await self._answer(Request(scope, receive), headers, address)
        await (response or self._inside)(scope, receive, sending)

    async def _socket(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], address: str) -> None:
        """What a page sends and gets while it is open: only from our own pages, only for who is signed in."""
        credentials = credentials_of(headers, address=address, outside=self._bank.outside)
        try:
            if not credentials.from_own_page:
                raise _foreign_page()
            signed = await asyncio.to_thread(self._bank.caller, headers, address, "GET")
            if signed.how == "api_key":
                raise _no_page_for_keys()
        except HuitongError:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await Response(status_code=403)(scope, receive, send)
            return
        await self._inside(scope, receive, send)

    async def _answer(  # noqa: PLR0911, PLR0912 -- a door with this many ways
        self, request: Request, headers: Mapping[str, str], address: str
    ) -> Response | None:
        """A page of the door's own; ``None`` where the visitor may go in."""
        path, method = request.url.path, request.method
        cookies = cookies_in(headers.get("cookie", ""))
        language = preferred_language(cookies.get(LANGUAGE_COOKIE), headers.get("accept-language", ""))
        theme = theme_of(cookies.get(THEME_COOKIE))
        look = entrance.Look(language, theme)
        if method not in _METHODS:
            refused = _page(entrance.refused(look, _only_read()), 405)
            refused.headers["allow"] = ", ".join(_METHODS)
            return refused
        if path == "/sign-in":
            return await self._sign_in(request, headers, address, look)
        if path == sso.START_PATH:
            return await sso.start(self._bank, request, look)
        if path == sso.BACK_PATH:
            return await sso.back(self._bank, request, headers, address, look)
        acts = method == "POST" and path.startswith((ACT_PATH, ASK_PATH))  # its form may hold files, and names the page's token in a header
        try:
            form = await _form(request) if method == "POST" and not acts else {}
        except InputError as error:
            return _page(entrance.refused(look, error), 400)
        given = {**headers, CSRF_HEADER: form.get(CSRF_FIELD, "")} if method == "POST" and not acts else headers
        try:
            signed = await asyncio.to_thread(self._bank.caller, given, address, method)
        except HuitongError as error:
            if acts:
                return refusal(_signed_out_meanwhile() if error.code == "access.signed_out" else error, language)
            return (
                _sent_to_sign_in(request) if error.code == "access.signed_out" else entrance.page_of(entrance.refused(look, error), error)
            )
        if signed.how == "api_key":  # its scopes are asked by the interfaces for systems, and by no page or act
            return _page(entrance.refused(look, _no_page_for_keys()), 403)
        if path == "/sign-out":
            return await self._sign_out(signed, method)
        if path in _WITHOUT_DUES:
            return await self._account(path, method, form, signed, look)
        if path == RENEWED_PATH and method == "GET":  # for a page whose session ended while somebody typed, and who signed in again
            return JSONResponse({"who": signed.actor.id, "csrf": signed.csrf}, headers={"cache-control": "no-store"})
        if signed.due:
            return RedirectResponse("/account", 303)
        if not signed.actor.roles:
            return _page(entrance.without_role(look, signed), 403)
        if method not in ("GET", "HEAD") and not acts:
            return _page(entrance.refused(look, _only_read()), 405)
        if "purpose" in request.query_params:
            own = credentials_of(headers, address=address, outside=self._bank.outside).from_own_page
            return _with_purpose(request, signed, secure=self._bank.outside.secure, own=own)
        request.scope[VISIT] = Visit(
            self._bank,
            signed,
            language,
            theme,
            _address(request),
            dict(request.query_params),
            {},
            _purpose(_stated_by(signed, unquote(cookies.get(PURPOSE_COOKIE, "")))),
            headers,
            address,
        )
        return None

    async def _sign_in(self, request: Request, headers: Mapping[str, str], address: str, look: entrance.Look) -> Response:
        to = _without_purpose(local_path(request.query_params.get("to", "/")))  # whose link it was, nobody knows any more
        if request.method != "POST":
            provider, trouble = await sso.button_of(self._bank)
            return _page(entrance.sign_in(look, to, error=trouble, provider=provider))
        try:
            form = await _form(request)
        except InputError as error:  # no password was tried, so none is counted
            return _page(entrance.refused(look, error), 400)
        try:
            if not credentials_of(headers, address=address, outside=self._bank.outside).from_own_page:
                raise _foreign_page()
            opened = await asyncio.to_thread(
                self._bank.access.sign_in,
                form.get("user", "").strip(),
                form.get("password", ""),
                form.get("code", "").strip(),
                address,
                self._bank.now_us(),
            )
        except HuitongError as error:
            return await sso.refused(self._bank, look, error, to, form.get("user", ""))
        return sso.with_session(self._bank, opened, to)

    async def _sign_out(self, signed: Signed, method: str) -> Response:
        if method == "POST":
            await asyncio.to_thread(self._bank.access.sign_out, signed, self._bank.now_us())
        response = RedirectResponse("/sign-in" if method == "POST" else "/", 303)
        if method == "POST":
            for secure in (True, False):
                cookie = session_cookie(secure)
                response.delete_cookie(cookie.name, path=cookie.path, secure=cookie.secure, httponly=True, samesite="lax")
            response.delete_cookie(PURPOSE_COOKIE, path="/")
        return response

    async def _account(self, path: str, method: str, form: Mapping[str, str], signed: Signed, look: entrance.Look) -> Response:
        error: HuitongError | None = None
        if method == "POST":
            try:
                codes = await asyncio.to_thread(self._change, path, form, signed)
            except HuitongError as refused:
                error = refused
            else:
                if codes:
                    return _page(entrance.codes(look, codes, signed_out=path == "/account/totp"))
                return RedirectResponse("/sign-in", 303)  # a new credential ends all sessions
        secret = ""
        if signed.how == "session" and await asyncio.to_thread(self._of_our_own, signed):
            secret = form.get("secret", "") or new_secret()  # a refused code asks for another code of the same device
        left = await asyncio.to_thread(self._bank.access.codes_left, signed) if secret else None
        page = entrance.account(look, signed, error, secret, left)
        return _page(page) if error is None else entrance.page_of(page, error)

    def _of_our_own(self, signed: Signed) -> bool:
        """Whether somebody signs in with a password here, not at an OpenID provider."""
        return self._bank.access.registry.ask(lambda state: user_of(state, signed.actor.id).issuer is None)

    def _change(self, path: str, form: Mapping[str, str], signed: Signed) -> tuple[str, ...]:
        """Carries out what somebody changes of their own; returns recovery codes that are to be shown."""
        desk, now_us = self._bank.access, self._bank.now_us()
        if path == "/account/totp":
            return desk.set_totp(signed, form.get("password", ""), form.get("secret", ""), form.get("code", "").strip(), now_us)
        if path == "/account/codes":
            return desk.renew_codes(signed, form.get("password", ""), now_us)
        if form.get("new", "") != form.get("again", ""):
            raise InputError(
                "access.password.again",
                {"en": "the two new passwords differ", "zh": "两次输入的新口令不一致"},
                {"en": "type the new one twice", "zh": "请重新输入两次新口令"},
            )
        desk.set_password(signed, form.get("old", ""), form.get("new", ""), now_us)
        return ()


def _with_purpose(request: Request, signed: Signed, *, secure: bool, own: bool) -> Response:
    """Keeps a purpose for the pages that follow, and goes on to the page it was stated on; a link of another site states and ends none.

    It is kept with who stated it: whoever signs in next in the same browser has stated none.
    """
    given = request.query_params
    response = RedirectResponse(local_path(_without_purpose(f"{_address(request)}?{request.url.query}")), 303)
    if not own:
        return response
    stated = f"{given['purpose']}:{given.get('reference', '').strip()}"
    if _purpose(stated) is None:
        response.delete_cookie(PURPOSE_COOKIE, path="/")
    else:
        kept = quote(f"{quote(signed.actor.id, safe='')}:{stated}", safe="")
        response.set_cookie(PURPOSE_COOKIE, kept, path="/", secure=secure, httponly=True, samesite="lax")
    return response


def _without_purpose(target: str) -> str:
    """An address of ours without the purpose that it states."""
    path, _, query = target.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    if all(name != "purpose" for name, _ in given):
        return target
    rest = urlencode([(name, value) for name, value in given if name not in ("purpose", "reference")])
    return path + (f"?{rest}" if rest else "")


def _stated_by(signed: Signed, kept: str) -> str | None:
    """What a cookie keeps, if it is of who is signed in."""
    who, _, stated = kept.partition(":")
    return stated if unquote(who) == signed.actor.id else None


def _purpose(given: str | None) -> Purpose | None:
    try:
        return None if not given else Purpose.parse(given)
    except InputError:  # of an old cookie; the page shows that none is stated
        return None


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form of the door's own pages.

    Raises:
        InputError: If it is no such form, or larger than they are.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in ("", _FORM_TYPE):
        raise _unreadable(f"the form is sent as {given!r}", f"表单的类型为 {given!r}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise _unreadable(f"the form is larger than {FORM_BYTES_MAX:,} bytes", f"表单超过 {FORM_BYTES_MAX:,} 字节")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status)


def _address(request: Request) -> str:
    """The path that was asked for, as an address has it: names in it may hold any sign."""
    return quote(str(request.scope["path"]), safe="/:@!$&'()*+,;=~")


def _sent_to_sign_in(request: Request) -> Response:
    target = _address(request) + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/sign-in" + ("" if target == "/" else f"?to={quote(target, safe='')}"), 303)


def _signed_out_meanwhile() -> PolicyError:
    return PolicyError(
        "access.signed_out",
        {"en": "your session has ended", "zh": "会话已结束"},
        {
            "en": "what you typed is still here: sign in in another tab, then send it again",
            "zh": "已填写的内容仍在：请在另一标签页登录后重新提交",
        },
    )


def _foreign_page() -> InputError:
    return InputError(
        "access.foreign_page",
        {"en": "the request does not come from a page of this console", "zh": "该请求并非来自本控制台的页面"},
        {"en": "open the console itself and try again", "zh": "请直接打开控制台后重试"},
    )


def _no_page_for_keys() -> PolicyError:
    return PolicyError(
        "access.key.console",
        {"en": "an API key opens no page of the console", "zh": "接口密钥不能打开控制台页面"},
        {
            "en": "a person signs in at /sign-in; a system calls addresses that begin with /v1, or /metrics",
            "zh": "人员请在 /sign-in 登录；系统请调用以 /v1 开头的地址，或 /metrics",
        },
    )


def _unreadable(en: str, zh: str) -> InputError:
    return InputError(
        "console.form.unreadable",
        {"en": f"{en}; nothing was done", "zh": f"{zh}；本次未作处理"},
        {"en": "open the page again and send its own form", "zh": "请重新打开页面并提交页面自身的表单"},
    )


def _only_read() -> InputError:
    return InputError(
        "http.method",
        {"en": "pages are only read", "zh": "页面只可读取"},
        {"en": "use the page's own buttons", "zh": "请使用页面上的按钮"},
    )


def _guarded(send: Send, *, secure: bool) -> Send:
    """Security headers on every answer. Scripts: NiceGUI's pages carry theirs inline and compile templates, so these two stay open."""
    headers = dict(security_headers(secure=secure, inline_styles=True))
    policy = headers["content-security-policy"]
    headers["content-security-policy"] = policy.replace("script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'")
    headers["referrer-policy"] = "same-origin"  # without any, a browser names no origin of a form that is sent

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = message.get("headers", [])
            cached = any(name.lower() == b"cache-control" for name, _ in given)
            added = [(name.encode(), value.encode()) for name, value in headers.items() if not (cached and name == "cache-control")]
            message["headers"] = [*given, *added]
        await send(message)

    return sending
