"""Witnesses: files or addresses that receive every signed head, so that whoever kept one can convict a rewritten history."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from huitong.kernel import ExternalError, Finding, InputError, Text, refusal
from huitong.outgoing import LATE, answered, call
from huitong.store import errors
from huitong.store.journal import tree_of
from huitong.store.storage import Head, Reader
from huitong.verifier import BadProofError, Note, origin_of, verified_note

TIMEOUT_S = 5.0
CLOSE_SECONDS = 12.0
"""How long the end waits for witnesses: two heads of one that says nothing, and a little. A file on a disk that hangs has no limit."""
ANSWER_BYTES_MAX = 1 << 20
"""Longest answer of a witness; nobody reads what it says."""


class Witness(Protocol):
    """Somebody who keeps heads."""

    def receive(self, head: Head) -> None:
        """Keeps a head.

        Raises:
            ExternalError: If it could not be kept.
        """
        ...


class FileWitness:
    """Keeps heads as lines of JSON in a file, best on another machine's disk.

    Args:
        path: The file; made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def receive(self, head: Head) -> None:
        """See ``Witness``."""
        line = (json.dumps({"head": head.note}, ensure_ascii=False) + "\n").encode()
        try:
            with self._path.open("ab+") as file:
                file.seek(-min(file.tell(), len(line)), os.SEEK_END)
                last = file.read()
                if last == line:  # it has this head
                    return
                cut_off = last and not last.endswith(b"\n")  # by a full disk or a crash: it must not take this head with it
                file.write(b"\n" + line if cut_off else line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _untold(str(self._path), refusal(error)) from None


class UrlWitness:
    """Posts heads, as they are signed, to an address over HTTP.

    Args:
        url: The address; it answers with a status of 200 to 299 once it has kept the head.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def receive(self, head: Head) -> None:
        """See ``Witness``."""
        reply = call(
            "POST",
            self._url,
            {"Content-Type": "text/plain; charset=utf-8"},
            head.note.encode(),
            timeout_s=TIMEOUT_S,
            bytes_max=ANSWER_BYTES_MAX,
            silent=partial(_untold, self._url),
        )
        if not reply.good:
            raise _untold(self._url, answered(reply.status))


def _untold(where: str, why: Text) -> ExternalError:
    return ExternalError(
        "witness.unreachable",
        {"en": f"the witness {where} did not take a head: {why['en']}", "zh": f"见证方 {where} 未接收签名头：{why['zh']}"},
        {"en": "bring it back; it receives the next head", "zh": "请恢复见证方；之后会收到下一个签名头"},
    )


def witness_at(address: str) -> Witness:
    """The witness at a path or an ``http(s)://`` address.

    Raises:
        InputError: If it is an address of another kind.
    """
    scheme, mark, _ = address.partition("://")
    if not mark:
        return FileWitness(Path(address))
    if scheme in ("http", "https"):
        return UrlWitness(address)
    raise InputError(
        "witness.address",
        {"en": f"{address!r} is no address of a witness", "zh": f"{address!r} 不是见证方的地址"},
        {"en": "give a file, or an http(s) address", "zh": "请给出文件，或 http(s) 地址"},
    )


class Witnesses:
    """Tells each witness of heads from a thread of its own: a slow one delays no decision and no other witness.

    What a witness needs is the newest head, and soon: it covers all before it. So one waits at most, and a newer one takes its place;
    whoever is away or slow misses heads but not history.

    Args:
        witnesses: Who receives heads.
    """

    def __init__(self, witnesses: Sequence[Witness]) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[int, Head] = {}
        self._over = False
        self.troubles: list[ExternalError] = []
        """What witnesses could not take, latest last; the latest hundred."""
        self.away: dict[int, ExternalError] = {}
        """Why each witness that is away now did not take the latest head that it was told, by its number."""
        self._threads = [
            threading.Thread(target=self._run, args=(number, witness), name=f"huitong-witness-{number}", daemon=True)
            for number, witness in enumerate(witnesses)
        ]
        for thread in self._threads:
            thread.start()

    def tell(self, head: Head) -> None:
        """Hands over a head that is durable."""
        with self._changed:
            self._waiting = dict.fromkeys(range(len(self._threads)), head)
            self._changed.notify_all()

    def close(self) -> None:
        """Waits until the newest head was told, but not for ever."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        until_s = time.monotonic() + CLOSE_SECONDS
        for number, thread in enumerate(self._threads):
            thread.join(max(until_s - time.monotonic(), 0.0))
            if thread.is_alive():
                self._note(number, _untold(str(number + 1), LATE))

    def _run(self, number: int, witness: Witness) -> None:
        while (head := self._next(number)) is not None:
            self._note(number, _trouble(witness, head))

    def _note(self, number: int, trouble: ExternalError | None) -> None:
        with self._changed:
            if trouble is None:
                self.away.pop(number, None)
            else:
                self.away[number] = trouble
                self.troubles = [*self.troubles[-99:], trouble]

    def _next(self, number: int) -> Head | None:
        """The newest head that a witness was not told of, waited for; ``None`` where there is no more to come."""
        with self._changed:
            self._changed.wait_for(lambda: number in self._waiting or self._over)
            return self._waiting.pop(number, None)


def _trouble(witness: Witness, head: Head) -> ExternalError | None:
    """Why a witness did not take a head; so too by a fault of ours, which must not end the telling of the next."""
    try:
        witness.receive(head)
    except ExternalError as error:
        return error
    except Exception as error:
        return _fault(error)
    return None


def _fault(error: Exception) -> ExternalError:
    kind = type(error).__name__
    return ExternalError(
        "witness.fault",
        {
            "en": f"a head was not handed to a witness, by a fault of ours ({kind})",
            "zh": f"因程序自身的错误（{kind}），签名头未能交给见证方",
        },
        {"en": "report it; the next head is tried again", "zh": "请反馈该问题；下一个签名头会再次尝试"},
    )


def kept_heads(path: Path) -> list[str]:
    """The heads that a ``FileWitness`` kept; a line that holds none, as one that was cut off, stands as it is and is found to be no head.

    Raises:
        InputError: If there is no such file.
        DataError: If it holds something else.
        ExternalError: If the system refuses.
    """
    try:
        lines = [line for line in path.read_bytes().split(b"\n") if line.strip()]
    except FileNotFoundError:
        raise errors.missing(path) from None
    except OSError as error:
        raise errors.refused(path, error) from None
    heads = [_head_in(line) for line in lines]
    if lines and heads == [None] * len(lines):
        raise errors.damaged(path, "not the heads of a witness")
    return [line.decode("utf-8", "replace") if head is None else head for line, head in zip(lines, heads, strict=True)]


def _head_in(line: bytes) -> str | None:
    try:
        return str(json.loads(line)["head"])
    except (ValueError, KeyError, TypeError):
        return None


def check_witnessed(reader: Reader, kept: Sequence[str], keys: Sequence[bytes]) -> Iterator[Finding]:
    """Whether the log still begins with every head that a witness kept.

    Args:
        reader: Of the log.
        kept: Heads as the witness kept them.
        keys: Public keys that signed for this log.
    """
    size = reader.size()
    tree = tree_of(reader, size)
    for number, text in enumerate(kept, 1):
        where: Text = {"en": f"witnessed head {number}", "zh": f"见证方的第 {number} 个签名头"}
        try:
            note = verified_note(text, keys)
        except BadProofError as error:
            yield Finding.at(
                "witness.head", where, error.text, {"en": "ask the witness for its file again", "zh": "请向见证方重新索取文件"}
            )
            continue
        wrong = _contradiction(note, reader, size, tree.root)
        if wrong is not None:
            yield Finding.at(
                "witness.rewritten",
                where,
                wrong,
                {"en": "keep both as evidence; restore the log from a backup", "zh": "请将两者作为证据保存，并从备份恢复日志"},
            )


def _contradiction(note: Note, reader: Reader, size: int, root: Callable[[int], bytes]) -> Text | None:
    if note.origin != origin_of(reader.log_id):
        return {"en": f"it is of another log: {note.origin}", "zh": f"属于另一日志：{note.origin}"}
    if note.size > size:
        return {"en": f"it covers {note.size} records; the log has {size}", "zh": f"其覆盖 {note.size} 条记录，而日志只有 {size} 条"}
    if root(note.size) != note.root:
        return {
            "en": f"the first {note.size} records are not those that were signed then: history was rewritten",
            "zh": f"前 {note.size} 条记录与当时签名的不同：历史被改写",
        }
    return None
