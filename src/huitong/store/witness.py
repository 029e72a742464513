"""Witnesses: files or addresses that receive every signed head, so that whoever kept one can convict a rewritten history."""

import json
import os
import queue
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError, URLError

from huitong.kernel import ExternalError, Finding, InputError, Text, refusal
from huitong.store import errors
from huitong.store.journal import tree_of
from huitong.store.storage import Head, Reader
from huitong.verifier import BadProofError, Note, origin_of, verified_note

TIMEOUT_S = 5.0


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
                if file.read() == line:  # it has this head
                    return
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unreachable(str(self._path), error) from None


class UrlWitness:
    """Posts heads, as they are signed, to an address over HTTP.

    Args:
        url: The address; it answers with a status of 200 to 299 once it has kept the head.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def receive(self, head: Head) -> None:
        """See ``Witness``."""
        request = urllib.request.Request(self._url, head.note.encode(), {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310 -- http(s) only, see witness_at
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 -- as above
                pass
        except (URLError, OSError) as error:
            raise _unreachable(self._url, error) from None


def _unreachable(where: str, error: OSError) -> ExternalError:
    if isinstance(error, HTTPError):
        why: Text = {"en": f"it answers {error.code}", "zh": f"其应答为 {error.code}"}
    else:
        why = refusal(error.reason if isinstance(error, URLError) and isinstance(error.reason, OSError) else error)
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
    """Tells witnesses of heads from a thread of its own: a slow one delays no decision.

    A witness that is away misses heads but not history: the next head covers all before it.

    Args:
        witnesses: Who receives heads.
    """

    def __init__(self, witnesses: Sequence[Witness]) -> None:
        self._witnesses = witnesses
        self._heads: queue.SimpleQueue[Head | None] = queue.SimpleQueue()
        self._latest: Head | None = None
        self.troubles: list[ExternalError] = []
        """What witnesses could not take, latest last; the latest hundred."""
        self.away: dict[int, ExternalError] = {}
        """Why each witness that is away now did not take the latest head that it was told, by its number."""
        self._thread = threading.Thread(target=self._run, name="huitong-witnesses", daemon=True)
        self._thread.start()

    def tell(self, head: Head) -> None:
        """Hands over a head that is durable."""
        self._latest = head
        self._heads.put(head)

    def close(self) -> None:
        """Waits until every head was told."""
        self._heads.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (head := self._heads.get()) is not None:
            for number, witness in enumerate(self._witnesses):
                if number in self.away and head is not self._latest:
                    continue
                try:
                    witness.receive(head)
                    self.away.pop(number, None)
                except ExternalError as error:
                    self.away[number] = error
                    self.troubles = [*self.troubles[-99:], error]


def kept_heads(path: Path) -> list[str]:
    """The heads that a ``FileWitness`` kept.

    Raises:
        InputError: If there is no such file.
        DataError: If it holds something else.
        ExternalError: If the system refuses.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
        return [str(json.loads(line)["head"]) for line in lines if line.strip()]
    except FileNotFoundError:
        raise errors.missing(path) from None
    except OSError as error:
        raise errors.refused(path, error) from None
    except (ValueError, KeyError, TypeError) as error:
        raise errors.damaged(path, f"not the heads of a witness: {error}") from None


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
