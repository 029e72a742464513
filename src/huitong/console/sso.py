"""Signing in at the institution's OpenID provider: the browser is sent there, comes back, and has a session or a page that says why not."""

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from huitong.console import entrance
from huitong.console.ports import BankPort
from huitong.identity import HTTP_STATUS_OF, SignedIn, openid_cookie, session_cookie
from huitong.identity.openid import OpenIdProvider
from huitong.identity.web import cookies_in, local_path
from huitong.kernel import HuitongError, InputError, Text

START_PATH, BACK_PATH = "/openid/start", "/openid/back"
"""Where the browser is sent away from, and comes back to unless ``[access.openid] redirect`` names another path of ours."""


async def button_of(bank: BankPort) -> tuple[str | None, HuitongError | None]:
    """Name of the provider for the sign-in page's button; ``None`` where there is none, with the reason where one is configured."""
    try:
        provider = await asyncio.to_thread(lambda: bank.provider)
    except HuitongError as error:
        return None, error
    return (None if provider is None else provider.settings.name), None


async def start(bank: BankPort, request: Request, look: entrance.Look) -> Response:
    """Sends the browser to the provider, with the cookie that it must come back with."""
    to = local_path(request.query_params.get("to", "/"))
    try:
        provider = await _provider(bank)
        started = await asyncio.to_thread(provider.start, to, bank.now_us())
    except HuitongError as error:
        return await refused(bank, look, error, to)
    response = RedirectResponse(started.address, 303)
    cookie = openid_cookie(bank.outside.secure)
    response.set_cookie(cookie.name, started.cookie, path=cookie.path, secure=cookie.secure, httponly=cookie.http_only, samesite="lax")
    return response


async def back(bank: BankPort, request: Request, headers: Mapping[str, str], address: str, look: entrance.Look) -> Response:
    """Lets in whom the provider vouches for; a cookie is good for one way back."""
    cookie = openid_cookie(bank.outside.secure)
    kept = cookies_in(headers.get("cookie", "")).get(cookie.name)
    to = "/"
    try:
        provider = await _provider(bank)
        to = provider.wanted(kept)
        opened = await asyncio.to_thread(_finished, bank, provider, kept, dict(request.query_params), address)
    except HuitongError as error:
        response = await refused(bank, look, error, to)
    else:
        response = with_session(bank, opened, to)
    response.delete_cookie(cookie.name, path=cookie.path, secure=cookie.secure, httponly=True, samesite="lax")
    return response


def with_session(bank: BankPort, opened: SignedIn, to: str) -> Response:
    """Goes on to where somebody wanted, or to what they have to do first, with the cookie of their session."""
    response = RedirectResponse("/account" if opened.signed.due or opened.codes_left is not None else to, 303)
    cookie = session_cookie(bank.outside.secure)
    response.set_cookie(cookie.name, opened.token, path=cookie.path, secure=cookie.secure, httponly=cookie.http_only, samesite="lax")
    return response


async def refused(bank: BankPort, look: entrance.Look, error: HuitongError, to: str = "/", user: str = "") -> Response:
    """The sign-in page again, with what was refused and why."""
    name, _ = await button_of(bank)
    status = HTTP_STATUS_OF.get(error.code, 403 if error.http_status < 500 else error.http_status)
    return entrance.page_of(entrance.sign_in(look, to, user, error, provider=name), error, status)


def _finished(bank: BankPort, provider: OpenIdProvider, kept: str | None, query: Mapping[str, str], address: str) -> SignedIn:
    now_us = bank.now_us()
    who, _ = provider.finish(kept, query, now_us)
    return bank.access.sign_in_vouched(who, address, now_us)


async def _provider(bank: BankPort) -> OpenIdProvider:
    provider = await asyncio.to_thread(lambda: bank.provider)
    if provider is None:
        none: Text = {"en": "no OpenID provider is set up here", "zh": "未配置 OpenID 身份提供方"}
        remedy: Text = {"en": "sign in with your user of this bank's own", "zh": "请使用本系统自有用户登录"}
        raise InputError("access.openid.none", none, remedy)
    return provider
