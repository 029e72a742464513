"""The console as one ASGI application: its pages in NiceGUI, behind the door that asks who comes."""

import copy
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from fastapi import FastAPI
from nicegui import Client, ui
from nicegui import app as nicegui_app
from nicegui.language import Language as QuasarLanguage
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from huitong.console import entrance, words
from huitong.console.acting import ACT_PATH, VISIT, ActOf, act_route, no_act
from huitong.console.answering import ASK_PATH, Ask, ask_route
from huitong.console.door import Door
from huitong.console.parts.states import NOT_FOUND, NOT_FOUND_WHY, WRONG, refusal_title, refused, state, to_overview, unexpected
from huitong.console.ports import BankPort
from huitong.console.shell import LANGUAGE_TAGS, Head, clear, put, shell, to_page_of
from huitong.console.theme import style_of
from huitong.console.visit import Visit
from huitong.contracts import Actor, Role, require_role
from huitong.identity import PERSON_ROLES, ROLES_OF_ALL
from huitong.kernel import HuitongError, attachment

ASSETS = Path(__file__).parent / "assets"
ASSETS_PATH = "/console"
BUILD_SECONDS_MAX = 60.0
_log = logging.getLogger("huitong.console")

Build = Callable[[Visit], Awaitable[Response | None]]
"""Builds a page, or says where to go instead."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the console.

    Attributes:
        route: Its address; names in braces are given to it in ``Visit.parts``.
        build: Builds it.
        readers: Roles that may open it.
    """

    route: str
    build: Build
    readers: Sequence[Role]


@dataclass(frozen=True, slots=True)
class File:
    """A file to keep.

    Attributes:
        name: Its name.
        media_type: What it is.
        content: What is in it.
    """

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """A page that is a whole file, or a file to keep.

    Attributes:
        make: Makes it.
        readers: Roles that may have it.
    """

    make: Callable[[Visit], str | File]
    readers: Sequence[Role]


_ASKED_FOR = frozenset({"record", "subject"})
"""Parts of an address that people type names or numbers of records into; they are not written down as a part of it."""


class Console:
    """The console of a bank, as an ASGI application; one per process, for NiceGUI keeps its pages in one.

    Args:
        bank: The bank.
        pages: Its pages.
        act_of: What people do there, by name.
        documents: Pages that are whole files, and files to keep, by address.
        asks: What pages ask while somebody types, by name.
    """

    def __init__(
        self,
        bank: BankPort,
        pages: Sequence[Page],
        act_of: ActOf = no_act,
        documents: Mapping[str, Document] | None = None,
        asks: Mapping[str, Ask] | None = None,
    ) -> None:
        inside = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        inside.add_route("/favicon.ico", _icon, methods=["GET"])
        inside.add_route(f"{ACT_PATH}{{name}}", act_route(act_of), methods=["POST"])
        inside.add_route(f"{ASK_PATH}{{name}}", ask_route(asks or {}), methods=["POST"])
        for route, content in (documents or {}).items():
            inside.add_route(route, _document(route, content), methods=["GET"])
        inside.mount(ASSETS_PATH, StaticFiles(directory=ASSETS))
        closed = {role: frozenset(page.route for page in pages if role not in page.readers) for role in PERSON_ROLES}
        for page in (*pages, Page("/{rest:path}", _nothing_here, ROLES_OF_ALL)):
            _register(page, closed)
        if not nicegui_app.config.has_run_config:
            ui.run_with(
                inside,
                title=words.BRAND["en"],
                favicon=ASSETS / "icon.svg",
                tailwind=False,
                show_welcome_message=False,
                reconnect_timeout=10.0,
            )
        self._door = Door(bank, inside)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, with the lifespan that NiceGUI needs."""
        await self._door(scope, receive, send)


async def _icon(_request: Request) -> Response:
    """The icon, where browsers look for it by themselves."""
    return FileResponse(ASSETS / "icon.svg", media_type="image/svg+xml")


def _document(route: str, document: Document) -> Callable[[Request], Awaitable[Response]]:
    """The address of a file."""

    async def answer(request: Request) -> Response:
        visit: Visit = request.scope[VISIT]
        look = entrance.Look(visit.language, visit.theme)
        parts = {key: str(value) for key, value in request.path_params.items()}
        visit = replace(visit, parts=parts, page=_written(route, parts))
        try:
            require_role(visit.signed.actor, *document.readers)
            found = await visit.ask(document.make, visit)
            await visit.ask(visit.write_down)
            if isinstance(found, str):
                return HTMLResponse(found)
            return Response(found.content, media_type=found.media_type, headers={"content-disposition": attachment(found.name)})
        except HuitongError as error:
            return entrance.page_of(entrance.refused(look, error), error)
        except Exception as error:
            _log.exception("%s: %s", route, error)
            return HTMLResponse(entrance.unexpected(look), 500)

    return answer


def _written(route: str, parts: Mapping[str, str]) -> str:
    """An address as it is written down."""
    return re.sub(
        r"\{(\w+)(?::path)?\}", lambda found: f"{{{found[1]}}}" if found[1] in _ASKED_FOR else parts.get(found[1], found[0]), route
    )


def _closed_to(actor: Actor, closed: Mapping[Role, frozenset[str]]) -> frozenset[str]:
    """Addresses that none of somebody's roles opens."""
    theirs = [closed.get(role, frozenset[str]()) for role in actor.roles]
    return frozenset.intersection(*theirs) if theirs else frozenset()


def _register(page: Page, closed: Mapping[Role, frozenset[str]]) -> None:
    async def show(request: Request, client: Client) -> Response | None:
        known: Visit | None = request.scope.get(VISIT)
        if known is None:  # a file that is not there
            return Response(status_code=404)
        visit = known
        _dress(client, visit)
        try:
            parts = {name: str(value) for name, value in request.path_params.items()}
            visit = replace(visit, parts=parts, page=_written(page.route, parts), closed=_closed_to(visit.signed.actor, closed))
            visit = replace(visit, counts=await visit.ask(visit.bank.counts, visit.signed.actor))
            require_role(visit.signed.actor, *page.readers)
            response = await page.build(visit)
            await visit.ask(visit.write_down)
        except HuitongError as error:
            clear(client)
            client.status_code = entrance.status_of(error)
            missing = client.status_code == 404
            with client.content, shell(visit, Head(visit.say(refusal_title(error, missing=missing)))):
                put(refused(visit, error, to_page_of(visit) if missing else None))
        except Exception as error:
            _log.exception("%s: %s", page.route, error)
            clear(client)
            client.status_code = 500
            with client.content, shell(visit, Head(visit.say(WRONG))):
                put(unexpected(visit))
        else:
            return response
        return None

    ui.page(page.route, response_timeout=BUILD_SECONDS_MAX)(show)


def _dress(client: Client, visit: Visit) -> None:
    """Language and colours are this visit's, not the route's."""
    client.page = copy.copy(client.page)
    client.page.language = cast("QuasarLanguage", LANGUAGE_TAGS[visit.language])
    client.page.dark = {"light": False, "dark": True, "auto": None}[visit.theme]
    ui.add_head_html(f"<style>{style_of(visit.theme)}</style>")
    ui.add_head_html(f'<link rel="stylesheet" href="{ASSETS_PATH}/console.css"><script src="{ASSETS_PATH}/console.js" defer></script>')
    ui.add_head_html(f'<link rel="stylesheet" href="{ASSETS_PATH}/print.css" media="print">')


async def _nothing_here(visit: Visit) -> None:
    ui.context.client.status_code = 404
    with shell(visit, Head(visit.say(NOT_FOUND))):
        put(state(None, visit.say(NOT_FOUND_WHY), act=to_overview(visit)))
