"""A browser as far as a sign-in needs one: cookies, redirects, and the provider's forms."""

import re
import urllib.error
import urllib.request
from http.client import HTTPMessage, HTTPResponse
from http.cookiejar import CookieJar
from typing import IO
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

_STEPS_MAX = 12


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002 -- as it is called
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: HTTPMessage,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> urllib.request.Request | None:
        return None


class Browser:
    """Signs somebody in.

    Args:
        redirect: Where the provider sends people back to: there it stops.
    """

    def __init__(self, redirect: str) -> None:
        self._redirect = redirect
        self._opener = urllib.request.build_opener(_Stay, urllib.request.HTTPCookieProcessor(CookieJar()))

    def sign_in(self, address: str, account: str, *, agree: bool = True) -> dict[str, str]:
        """Goes where it is sent, fills in what is asked; returns what the provider puts into the address it sends back to."""
        form: dict[str, str] | None = None
        for _ in range(_STEPS_MAX):
            location, page = self._ask(address, form)
            form = None
            if location is not None:
                address = urljoin(address, location)
                if address.startswith(self._redirect):
                    return dict(parse_qsl(urlsplit(address).query))
                continue
            if not agree:
                abort = re.search(r'href="([^"]*/abort)"', page)
                assert abort is not None, page
                address = urljoin(address, abort[1])
                continue
            action = re.search(r'action="([^"]+)"', page)
            prompt = re.search(r'name="prompt" value="(\w+)"', page)
            assert action is not None, page
            assert prompt is not None, page
            address = urljoin(address, action[1])
            form = {"prompt": prompt[1]} | ({"login": account, "password": "any"} if prompt[1] == "login" else {})
        raise AssertionError("the provider leads in circles")

    def _ask(self, address: str, form: dict[str, str] | None) -> tuple[str | None, str]:
        request = urllib.request.Request(address, None if form is None else urlencode(form).encode())  # noqa: S310 -- the provider's
        try:
            with self._opener.open(request, timeout=10) as answer:
                assert isinstance(answer, HTTPResponse)
                return None, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                if "location" not in error.headers:
                    raise AssertionError(f"{error.code} {error.read().decode()}") from None
                return error.headers["location"], ""
