"""What a form comes to: an act on the bank, by who is signed in. A refusal says cause and remedy; the form keeps what was typed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, TypeVar

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response

from huitong.console.forms import ACT_PATH, Given, Upload
from huitong.console.parts.states import UNEXPECTED, UNEXPECTED_ACT_REMEDY
from huitong.console.ports import BankPort
from huitong.console.visit import Visit
from huitong.console.words import sentence
from huitong.contracts import Command, id_of_act
from huitong.kernel import HuitongError, InputError, Language, Text

_log = logging.getLogger("huitong.console")
B_contra = TypeVar("B_contra", contravariant=True)
VISIT = "huitong.visit"
"""Where a request's scope holds the visit."""
BODY_BYTES_MAX = 64 * 1024 * 1024
"""Largest form, files and all."""
FIELDS_MAX = 200
COMMAND_LENGTH_MAX = 96
COMMAND_FIELD = "command"
"""Field that names the command: a form that is sent twice is carried out once, one that asks for something else is another."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an act came to.

    Attributes:
        said: What was done, in a sentence.
        goto: Address of the page to go on with; ``None`` for the same.
        shown_once: A secret that is shown now and never again.
        seen_again: How it can be seen again after all; ``None`` where it cannot.
    """

    said: Text
    goto: str | None = None
    shown_once: str = ""
    seen_again: Text | None = None


class RefusedWithWayError(Exception):
    """A refusal with a page that leads on.

    Args:
        error: Why it was refused.
        href: Address of the page.
        words: What its link says.
    """

    def __init__(self, error: HuitongError, href: str, words: Text) -> None:
        super().__init__(error.code)
        self.error, self.href, self.words = error, href, words


class Act(Protocol[B_contra]):
    """An act: from the bank, a command and what was given to what was done. Raises what the bank refuses."""

    def __call__(self, bank: B_contra, command: Command, given: Given, /) -> Done: ...


__all__ = ["ACT_PATH", "VISIT", "Act", "ActOf", "Done", "RefusedWithWayError", "act_route", "bound", "given_of", "no_act", "refusal"]


class _Answer(msgspec.Struct, omit_defaults=True):
    said: str = ""
    goto: str = ""
    shown_once: str = ""
    seen_again: str = ""
    code: str = ""
    cause: str = ""
    remedy: str = ""
    href: str = ""
    link: str = ""


ActOf = Callable[[str], Callable[[Command, Given], Done] | None]
"""From the name of an act to what carries it out; ``None`` where there is none of that name."""


def no_act(_name: str) -> None:
    """A console on which nobody acts."""


def act_route(act_of: ActOf) -> Callable[[Request], Awaitable[Response]]:
    """The address at which forms arrive; the door has asked who sends them.

    Args:
        act_of: The acts, by name.
    """

    async def answer(request: Request) -> Response:
        visit: Visit = request.scope[VISIT]
        name = request.path_params["name"]
        act = act_of(name)
        if act is None:
            return refusal(_unknown(request.url.path), visit.language)
        try:
            given = await given_of(request, visit.bank)
            named = given.text(COMMAND_FIELD)
            fit = 0 < len(named) <= COMMAND_LENGTH_MAX and named.isascii() and named.isprintable()
            by = visit.signed.actor
            command = visit.bank.command(by, id_of_act(by, _key_of(name, named, given)) if fit else None)
            done = await asyncio.to_thread(act, command, given)
        except RefusedWithWayError as refused:
            return refusal(refused.error, visit.language, refused.href, refused.words)
        except HuitongError as error:
            return refusal(error, visit.language)
        except Exception as error:
            return fault(error, request, visit.language)
        seen_again = "" if done.seen_again is None else done.seen_again[visit.language]
        return _json(_Answer(done.said[visit.language], done.goto or "", done.shown_once, seen_again))

    return answer


def _key_of(act: str, command: str, given: Given) -> str:
    """Names what was asked: a form sent again asks the same, and what else is asked under the same command is not done already."""
    values = sorted((name, *texts) for name, texts in given.values.items())
    files = sorted((name, file.name, sha256(file.content).hexdigest()) for name, file in given.files.items())
    return sha256(msgspec.json.encode((act, command, values, files))).hexdigest()


def refusal(error: HuitongError, language: Language, href: str = "", words: Text | None = None) -> Response:
    """A refusal, as the page's form shows it: an answer like any other, for a refused form is no fault of the page.

    Args:
        error: Why it was refused.
        language: The reader's.
        href: Address of a page that leads on; empty for none.
        words: What the link to it says.
    """
    said = "" if words is None else words[language]
    cause, remedy = (sentence(one[language], language, ends=False) for one in (error.cause, error.remedy))
    return _json(_Answer(code=error.code, cause=cause, remedy=remedy, href=href, link=said))


def fault(error: Exception, request: Request, language: Language) -> Response:
    """What a form shows where something went wrong that nobody foresaw; what it was stands in our own log."""
    _log.error("%s", request.url.path, exc_info=error)
    return _json(_Answer(cause=UNEXPECTED[language], remedy=UNEXPECTED_ACT_REMEDY[language]), 500)


async def given_of(request: Request, bank: BankPort) -> Given:
    """What a request's form holds.

    Raises:
        InputError: If it is too large, or is no form.
    """
    declared = request.headers.get("content-length", "")
    if not declared.isdecimal() or int(declared) > BODY_BYTES_MAX:
        raise InputError(
            "console.too_large",
            {
                "en": f"the form is larger than {BODY_BYTES_MAX // 2**20} MiB, or does not say how large it is",
                "zh": f"提交内容超过 {BODY_BYTES_MAX // 2**20} MiB，或未说明大小",
            },
            {"en": "send a smaller file", "zh": "请改用较小的文件"},
        )
    values: dict[str, Sequence[str]] = {}
    files: dict[str, Upload] = {}
    try:
        async with request.form(max_files=8, max_fields=FIELDS_MAX) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    if value.filename:
                        files[name] = Upload(value.filename, await value.read())
                else:
                    values[name] = (*values.get(name, ()), value)
    except (HTTPException, MultiPartException):
        raise InputError(
            "console.form",
            {"en": "the form cannot be read", "zh": "无法读取提交的表单"},
            {"en": "reload the page", "zh": "请刷新页面"},
        ) from None
    return Given(values, bank.zone, bank.currency, files)


def _json(answer: _Answer, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, {"cache-control": "no-store"}, "application/json")


def _unknown(path: str) -> InputError:
    return InputError(
        "console.act.unknown",
        {"en": f"there is no act {path}", "zh": f"没有操作 {path}"},
        {"en": "reload the page", "zh": "请刷新页面"},
    )


def bound(acts: Mapping[str, Act[B_contra]], bank: B_contra) -> ActOf:
    """Acts of a bank, by name."""

    def of(name: str) -> Callable[[Command, Given], Done] | None:
        act = acts.get(name)
        return None if act is None else lambda command, given: act(bank, command, given)

    return of
