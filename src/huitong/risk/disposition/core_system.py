"""The core system as measures see it: it takes commands, each at most once by its key, and tells what it holds. An adapter over HTTP."""

import json
import urllib.parse
from collections.abc import Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from huitong.contracts import MeasureKind
from huitong.kernel import NO_JSON, ExternalError, InputError, Text
from huitong.outgoing import Reply, answered, call
from huitong.risk.disposition.measure import Place, Scope, Subject, SubjectRole

ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""Longest answer that is read."""
PAGES_MAX = 10_000
_TAKEN = frozenset({200, 201, 202, 204})
_REFUSED = frozenset({400, 403, 404, 409, 410, 422})
"""Answers that would be the same if asked again; every other one leaves open what became of the command."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the core system is to do.

    Attributes:
        key: Idempotency key: the same key means the same instruction, to be carried out once.
        place: Whose measure, which, how far.
        change: Impose (or prolong) it, or lift it.
        until_us: When it ends by itself, µs UTC.
        amount_minor: See ``Change``.
        ground: Code of the reason.
    """

    key: str
    place: Place
    change: Literal["impose", "lift"]
    until_us: int
    amount_minor: int | None
    ground: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the core system said.

    Attributes:
        taken: Whether it did as told, now or when it was told before.
        reason: Why not.
    """

    taken: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A measure that the core system holds, by its own list."""

    place: Place
    until_us: int
    amount_minor: int | None = None


class CoreSystem(Protocol):
    """The system that holds accounts."""

    def tell(self, instruction: Instruction) -> Answer:
        """Gives an instruction.

        Raises:
            ExternalError: If nobody knows whether it arrived; to be told again under the same key.
        """
        ...

    def held(self) -> list[Held]:
        """Every measure that it holds.

        Raises:
            ExternalError: If it does not answer, or not in full.
        """
        ...


class _Line(msgspec.Struct):
    """A measure on the wire; see docs/measures.md."""

    role: SubjectRole
    subject: str
    measure: MeasureKind
    until_us: int
    channel: str | None = None
    counterparty: str | None = None
    amount_minor: int | None = None


class _Page(msgspec.Struct):
    measures: list[_Line]
    next: str | None = None


class _Refusal(msgspec.Struct):
    reason: str = ""


class HttpCoreSystem:
    """A core system behind two HTTP calls: ``POST /measures`` with an ``Idempotency-Key``, and ``GET /measures`` for what it holds.

    Args:
        address: Where it is, ``https://…``.
        headers: Sent with each call, such as ``Authorization``.
        timeout_s: How long to wait for an answer, seconds.

    Raises:
        InputError: If the address is no HTTP address.
    """

    def __init__(self, address: str, headers: Mapping[str, str] | None = None, timeout_s: float = 10.0) -> None:
        if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
            raise InputError(
                "measure.core.address",
                {"en": f"{address!r} is no HTTP address", "zh": f"{address!r} 不是 HTTP 地址"},
                {"en": "write it like https://core.bank.example/v1", "zh": "请写成 https://core.bank.example/v1 这样的形式"},
            )
        self._address = address.rstrip("/")
        self._headers = dict(headers or {})
        self._timeout_s = timeout_s
        self.ending = Future[None]()
        """Done once whoever gives instructions is about to end."""

    def end(self) -> None:
        """From here on nothing is waited for longer than a few seconds: what has no answer by then is told again after the next start."""
        with suppress(InvalidStateError):  # said before
            self.ending.set_result(None)

    def tell(self, instruction: Instruction) -> Answer:
        place = instruction.place
        document = {
            "change": instruction.change,
            "role": place.subject.role,
            "subject": place.subject.id,
            "measure": place.kind,
            "channel": place.scope.channel,
            "counterparty": place.scope.counterparty,
            "until_us": instruction.until_us,
            "amount_minor": instruction.amount_minor,
            "ground": instruction.ground,
        }
        headers = {"Content-Type": "application/json", "Idempotency-Key": instruction.key}
        said = self._call("POST", "/measures", headers, json.dumps(document).encode())
        if said.status in _TAKEN:
            return Answer(True)
        if said.status not in _REFUSED:
            raise _silent(answered(said.status))
        try:
            reason = msgspec.json.decode(said.content, type=_Refusal).reason
        except NO_JSON:
            reason = ""
        return Answer(False, (reason or f"HTTP {said.status}")[:512])

    def held(self) -> list[Held]:
        found: list[Held] = []
        after = ""
        for _ in range(PAGES_MAX):
            said = self._call("GET", f"/measures{after}", {}, None)
            if said.status != 200:
                raise _silent(answered(said.status))
            try:
                page = msgspec.json.decode(said.content, type=_Page)
            except NO_JSON as error:
                raise _silent({"en": str(error), "zh": f"其列表无法读取（{error}）"}) from None
            found += [
                Held(
                    Place(Subject(one.role, one.subject), one.measure, Scope(one.channel, one.counterparty)), one.until_us, one.amount_minor
                )
                for one in page.measures
            ]
            if page.next is None:
                return found
            after = f"?{urllib.parse.urlencode({'after': page.next})}"
        raise _silent({"en": f"more than {PAGES_MAX} pages", "zh": f"超过 {PAGES_MAX} 页"})

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        return call(
            method,
            self._address + path,
            {**self._headers, **headers},
            body,
            timeout_s=self._timeout_s,
            bytes_max=ANSWER_BYTES_MAX,
            silent=_silent,
            ending=self.ending,
        )


def _silent(why: Text) -> ExternalError:
    return ExternalError(
        "measure.core.silent",
        {"en": f"the core system gave no usable answer: {why['en']}", "zh": f"核心系统没有给出可用的答复：{why['zh']}"},
        {
            "en": "see that it can be reached; commands are kept and sent again under the same key",
            "zh": "请检查其是否可达；指令已保存，并会以同一编号重发",
        },
    )
