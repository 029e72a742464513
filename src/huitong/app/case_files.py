"""Files of cases: in the bank's folder, encrypted, each under a key of its own that stands in the log like a name.

The key is a field that identifies a person: forgetting whom the case is about destroys it, and the file can no longer be read by anybody,
wherever copies of it lie. A file is named by the hash of its encrypted bytes, so that an exchanged one is seen. As each key encrypts one
content, its nonce is always the same: under its key the same content gives the same file, so that a lost one can be given again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from huitong.app.bank import Bank
from huitong.app.stored_files import FOLDER
from huitong.app.workspace import write_whole
from huitong.contracts import Command, Event
from huitong.kernel import DataError, InputError
from huitong.operations import cases
from huitong.operations.cases import CASE_FILED, FILE_BYTES_MAX
from huitong.store import is_token

_NONCE, _KEY_BITS = bytes(12), 256
MEDIA_TYPES = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
    ".txt": ("text/plain", b""),
    ".csv": ("text/csv", b""),
    ".eml": ("message/rfc822", b""),
}
"""What may be kept: by the name's ending, with what the content then begins with. No web pages, no programs."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file of a case.

    Attributes:
        name: As it was given.
        media_type: What it is.
        content: What is in it.
    """

    name: str
    media_type: str
    content: bytes


class CaseFiles:
    """The files of a bank's cases.

    Args:
        bank: The bank.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._folder = bank.workspace.root / FOLDER

    def add(self, command: Command, case: str, name: str, content: bytes) -> None:
        """Keeps a file and writes it into the case's time line; the same command again puts back a file that was lost meanwhile.

        Raises:
            InputError: If it is too large, empty, of a kind that is not kept, or there is no such case.
            DataError: If the same command kept another file, which cannot be read any more.
            ExternalError: If the disk refuses.
        """
        media_type = _media_type(name, content)
        key = AESGCM.generate_key(_KEY_BITS)
        sealed = _sealed(key, content, case)
        kept = cases.KeptFile(_hash(content), _hash(sealed), key.hex(), media_type, len(content))
        path = self._folder / kept.stored
        self._folder.mkdir(exist_ok=True)
        write_whole(path, sealed)  # before the record, which must not promise what is not there
        promised: Sequence[Event] = ()

        def add_file(desk: cases.Desk) -> Sequence[Event]:
            nonlocal promised
            promised = cases.add_file(desk, command, case, name, kept)
            return promised

        try:
            (written,) = self._bank.books.desk.act(command, add_file)
        finally:
            if not promised:  # refused, or the second time that it was sent; what was promised may be written though no answer came
                path.unlink(missing_ok=True)
        if not promised:
            self._put_back(case, written.id, content)

    def _put_back(self, case: str, entry: str, content: bytes) -> None:
        """Has a file that was promised earlier stand on the disk: what is given is put there if it is what is missing."""
        try:
            self.read(case, entry)
        except DataError as error:
            event = self._bank.log.event(entry)
            if error.code != "case.file.lost" or event is None:
                raise
            sealed = _sealed(bytes.fromhex(str(event.data["key"])), content, case)
            if _hash(sealed) != event.data["stored"]:
                raise _another() from None
            write_whole(self._folder / _hash(sealed), sealed)

    def read(self, case: str, entry: str) -> CaseFile:
        """A file, by its entry in the case's time line.

        Raises:
            InputError: If there is none.
            DataError: If it cannot be read any more: whom it is about was forgotten, or it was lost or exchanged.
        """
        event = self._bank.log.event(entry)
        if event is None or event.kind != CASE_FILED or event.keys.get("case") != case or not isinstance(event.data.get("stored"), str):
            raise _unknown(entry)
        data = {name: str(value) for name, value in event.data.items()}
        if is_token(data["key"]):
            raise _unreadable("erased", "whom it is about was forgotten, and its key with them", "相关个人的信息已删除，文件密钥随之销毁")
        try:
            sealed = (self._folder / data["stored"]).read_bytes()
        except OSError:
            raise _unreadable("lost", "it is not in the bank's folder", "机构目录中没有该文件") from None
        if _hash(sealed) != data["stored"]:
            raise _unreadable("exchanged", "it is not the file that was added", "文件与登记时不一致")
        try:
            content = AESGCM(bytes.fromhex(data["key"])).decrypt(sealed[: len(_NONCE)], sealed[len(_NONCE) :], case.encode())
        except (InvalidTag, ValueError):
            raise _unreadable("exchanged", "its key does not open it", "密钥无法打开该文件") from None
        return CaseFile(data["name"], data["media"], content)


def _sealed(key: bytes, content: bytes, case: str) -> bytes:
    return _NONCE + AESGCM(key).encrypt(_NONCE, content, case.encode())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _media_type(name: str, content: bytes) -> str:
    known = MEDIA_TYPES.get(PurePath(name).suffix.lower())
    if known is None or not content.startswith(known[1]):
        kinds = ", ".join(one.removeprefix(".") for one in MEDIA_TYPES)
        raise InputError(
            "case.file.kind",
            {
                "en": f"{name[:80]!r} is of no kind that is kept, or not what its name says",
                "zh": f"不支持 {name[:80]!r} 的类型，或内容与扩展名不符",
            },
            {"en": f"kinds that are kept: {kinds}", "zh": f"可保存的类型：{kinds}"},
        )
    if not 0 < len(content) <= FILE_BYTES_MAX:
        raise InputError(
            "case.file.size",
            {"en": f"the file has {len(content):,} bytes", "zh": f"文件为 {len(content):,} 字节"},
            {
                "en": f"keep it under {FILE_BYTES_MAX // 2**20} MiB, and not empty",
                "zh": f"请控制在 {FILE_BYTES_MAX // 2**20} MiB 以内，且不能为空",
            },
        )
    return known[0]


def _unknown(entry: str) -> InputError:
    return InputError(
        "case.file.unknown",
        {"en": f"the case has no kept file {entry!r}", "zh": f"该案件没有已保存的文件 {entry!r}"},
        {"en": "take one of its time line", "zh": "请从时间线中选择"},
    )


def _another() -> DataError:
    return DataError(
        "case.file.another",
        {
            "en": "the file that was added under this key is lost, and the one given now is not the same",
            "zh": "以此编号登记的文件已丢失，而现在给出的文件与其不同",
        },
        {"en": "give the same file again, or add this one under a new key", "zh": "请重新给出同一文件，或以新的编号添加"},
    )


def _unreadable(why: str, en: str, zh: str) -> DataError:
    return DataError(
        f"case.file.{why}",
        {"en": f"the file can no longer be read: {en}", "zh": f"无法读取该文件：{zh}"},
        {"en": "its fingerprint in the time line stays", "zh": "时间线中的指纹仍然保留"},
    )
