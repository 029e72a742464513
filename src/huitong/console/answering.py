"""What a page asks while somebody types: a piece of the page in its language, and marks on what was typed. Nothing is done by it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from huitong.console.acting import VISIT, fault, given_of, refusal
from huitong.console.forms import Given
from huitong.console.markup import Markup
from huitong.console.visit import Visit
from huitong.contracts import Role, require_role
from huitong.kernel import HuitongError, InputError

ASK_PATH = "/ask/"


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark on what was typed.

    Attributes:
        row: Number of the row, counted from 1.
        cell: Column; empty for the whole row.
        text: What is wrong.
        error: Whether it is an error; else a warning.
    """

    row: int
    cell: str
    text: str
    error: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer.

    Attributes:
        html: The piece of the page.
        marks: Marks on what was typed.
    """

    html: Markup
    marks: Sequence[Marked] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """What may be asked.

    Attributes:
        answer: Answers, in a thread of its own.
        readers: Roles that may ask.
    """

    answer: Callable[[Visit, Given], Shown]
    readers: Sequence[Role]


def ask_route(asks: Mapping[str, Ask]) -> Callable[[Request], Awaitable[Response]]:
    """The address at which pages ask; the door has asked who does.

    Args:
        asks: What may be asked, by name.
    """

    async def answer(request: Request) -> Response:
        visit: Visit = request.scope[VISIT]
        ask = asks.get(request.path_params["name"])
        if ask is None:
            unknown = InputError(
                "console.ask.unknown",
                {"en": f"nothing answers at {request.url.path}", "zh": f"没有接口 {request.url.path}"},
                {"en": "reload the page", "zh": "请刷新页面"},
            )
            return refusal(unknown, visit.language)
        try:
            require_role(visit.signed.actor, *ask.readers)
            shown = await asyncio.to_thread(ask.answer, visit, await given_of(request, visit.bank))
            await asyncio.to_thread(visit.write_down)
        except HuitongError as error:
            return refusal(error, visit.language)
        except Exception as error:
            return fault(error, request, visit.language)
        return Response(
            msgspec.json.encode({"html": str(shown.html), "marks": shown.marks}),
            media_type="application/json",
            headers={"cache-control": "no-store"},
        )

    return answer
