#!/usr/bin/env python3
"""Checks a proof that Huitong gave, with a public key and nothing else of Huitong's.

This one file needs Python 3.11 and the package ``cryptography``. Copy it anywhere and run ``python verifier.py proof.json --key key.pem``.
The format of a proof is described in the documentation, page "Proofs". Trees and proofs: RFC 9162, section 2.1.
Signed heads: the C2SP formats ``signed-note`` and ``tlog-checkpoint``. Signatures: Ed25519, RFC 8032.
"""

import argparse
import base64
import hmac
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

FORMAT = 1
"""Format of a proof."""
POLICY_FORMAT = "huitong/policy/1"
"""Format of what a policy's version is the hash of."""
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
_HASH_BYTES = 32
T = TypeVar("T")


class BadProofError(Exception):
    """Something in a proof is not as it must be; ``text`` says what, in English and Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.text: dict[Literal["en", "zh"], str] = {"en": en, "zh": zh}


@dataclass(frozen=True, slots=True)
class Note:
    """A signed head.

    Attributes:
        origin: Name of the log.
        size: Number of records.
        root: Root of their tree, 32 bytes.
        extensions: Further lines, such as ``time 2026-11-26T08:00:00Z``.
        text: The lines that are signed.
        signatures: Name, key id (4 bytes) and signature of each signer.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...]
    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a proof has shown.

    Attributes:
        head: The head that vouches for it.
        records: Offset and content of each proved record, the one that was asked for first; empty for a proof between two heads.
        earlier: For a proof between two heads, the earlier one.
        payloads: Canonical bytes of each proved record.
        files: SHA-256 of each file of the version that decided, by name; empty where the proof does not name them.
        engines: What else that version is made of: engine, feature plan, model (SHA-256 of its file, ``-`` for none), time zones.
    """

    head: Note
    records: tuple[tuple[int, dict[str, Any]], ...] = ()
    earlier: Note | None = None
    payloads: tuple[bytes, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    engines: Mapping[str, str] = field(default_factory=dict)


def leaf_hash(payload: bytes) -> bytes:
    """Hash of a record's canonical bytes as a leaf (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + payload).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_of_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root that a leaf and its inclusion path give (RFC 9162, 2.1.3.2).

    Raises:
        BadProofError: If the path is too long or too short for a tree of that size.
    """
    if not 0 <= index < size:
        raise BadProofError(f"offset {index} is not below the head's {size} records", f"偏移 {index} 不在签名头的 {size} 条记录之内")
    place, last, root = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise BadProofError("the inclusion path is too long", "包含路径过长")
        if place & 1 or place == last:
            root = node_hash(step, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, step)
        place, last = place >> 1, last >> 1
    if last:
        raise BadProofError("the inclusion path is cut short", "包含路径不完整")
    return root


def require_consistent(first: Note, second: Note, path: Sequence[bytes]) -> None:
    """Whether the records of the first head are the beginning of those of the second (RFC 9162, 2.1.4.2).

    Raises:
        BadProofError: If the path does not show it.
    """
    wrong = BadProofError(
        f"history was rewritten, or the path is wrong: the head of {second.size} records does not continue that of {first.size}",
        f"历史被改写，或路径有误：{second.size} 条记录的签名头不是 {first.size} 条记录的延续",
    )
    if first.size > second.size or (first.size < second.size and first.size and not path):
        raise wrong
    if first.size in (0, second.size):
        if path or (first.size and not hmac.compare_digest(first.root, second.root)):
            raise wrong
        return
    hashes = [first.root, *path] if first.size & (first.size - 1) == 0 else list(path)
    place, last = first.size - 1, second.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for step in hashes[1:]:
        if last == 0:
            raise wrong
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    if last or not hmac.compare_digest(old, first.root) or not hmac.compare_digest(new, second.root):
        raise wrong


def policy_version(files: Mapping[str, str], engines: Mapping[str, str]) -> str:
    """The version of a policy, 64 hex digits: the hash of everything that can change an answer.

    Args:
        files: SHA-256 of each file in its folder, in hex, by path with forward slashes.
        engines: Name and version of everything outside the folder that an answer depends on.
    """
    digest = sha256(POLICY_FORMAT.encode())
    outside = {name: sha256(version.encode()).hexdigest() for name, version in engines.items()}
    for label, parts in (("file", files), ("engine", outside)):
        for name in sorted(parts):
            digest.update(f"\n{label} {len(name.encode())} {name} {parts[name]}".encode())
    return digest.hexdigest()


def origin_of(log_id: str) -> str:
    """First line of a head: the name of the log."""
    return f"huitong/{log_id}"


def key_id(name: str, public_key: bytes) -> bytes:
    """Four bytes that tell which key signed a note (C2SP signed-note, Ed25519)."""
    return sha256(name.encode() + b"\n\x01" + public_key).digest()[:4]


def read_keys(pem: bytes) -> list[bytes]:
    """The Ed25519 public keys of a PEM file, 32 bytes each; after a rotation it holds old and new.

    Raises:
        BadProofError: If it holds none, or something else.
    """
    keys = []
    for block in _PEM.findall(pem):
        try:
            key = load_pem_public_key(block)
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise BadProofError("the key file holds a key that is not Ed25519", "密钥文件中有不是 Ed25519 的密钥")
        keys.append(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    if not keys:
        raise BadProofError("the key file holds no public key in PEM", "密钥文件中没有 PEM 公钥")
    return keys


def read_note(note: str) -> Note:
    """Reads a signed head (C2SP tlog-checkpoint in a signed-note); checks its form, not its signatures.

    Raises:
        BadProofError: If it is no signed head.
    """
    text, blank, below = note.partition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) < 3 or not below.endswith("\n"):
        raise BadProofError("the head is cut short", "签名头不完整")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise BadProofError("the head names no size", "签名头没有记录数")
    signatures = []
    for line in below.splitlines():
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise BadProofError("a signature line of the head cannot be read", "签名头的签名行无法读取")
        raw = _unbase64(parts[2])
        signatures.append((parts[1], raw[:4], raw[4:]))
    return Note(lines[0], int(lines[1]), _hash(lines[2]), tuple(lines[3:]), text + "\n", tuple(signatures))


def verified_note(note: str, keys: Sequence[bytes]) -> Note:
    """Reads a signed head and checks its signature with one of the keys.

    Raises:
        BadProofError: If none of the keys signed it, or the signature is false.
    """
    read = read_note(note)
    for name, hint, signature in read.signatures:
        for key in keys:
            if name == read.origin and hint == key_id(name, key):
                try:
                    Ed25519PublicKey.from_public_bytes(key).verify(signature, read.text.encode())
                except InvalidSignature:
                    raise BadProofError("the signature of the head is false", "签名头的签名是假的") from None
                return read
    raise BadProofError("the head was not signed with a key of the key file", "签名头不是用密钥文件中的密钥签署的")


def verify(proof: object, keys: Sequence[bytes], log: str | None = None) -> Verified:
    """Checks a proof.

    Args:
        proof: The proof as read from JSON.
        keys: Public keys, 32 bytes each.
        log: Name of the log that it must be of; ``None`` for any log of these keys.

    Raises:
        BadProofError: If it proves nothing, or something is changed, missing, or of another log.
    """
    if not isinstance(proof, dict) or type(proof.get("format")) is not int or "head" not in proof:
        raise BadProofError("this is no proof", "这不是证明文件")
    if proof["format"] != FORMAT:
        raise BadProofError(
            f"the proof has format {proof['format']}; this verifier knows {FORMAT}: take the verifier that came with the newer version",
            f"证明的格式为 {proof['format']}，本验证器支持 {FORMAT}：请使用新版附带的验证器",
        )
    _require_known(proof, {"format", "head", *(("earlier", "path") if "earlier" in proof else ("records", "policy"))})
    head = verified_note(_text(proof["head"]), keys)
    if log is not None and head.origin != log:
        raise BadProofError(f"the proof is of log {head.origin}, not {log}", f"证明属于日志 {head.origin}，而不是 {log}")
    if "earlier" in proof:
        earlier = verified_note(_text(proof["earlier"]), keys)
        if earlier.origin != head.origin:
            raise BadProofError("the two heads are of different logs", "两个签名头属于不同的日志")
        require_consistent(earlier, head, [_hash(one) for one in _part(proof.get("path"), list)])
        return Verified(head, earlier=earlier)
    records = tuple(_record(one, head) for one in _part(proof.get("records"), list))
    if not records:
        raise BadProofError("the proof holds no record", "证明中没有记录")
    payloads = tuple(_text(one["payload"]).encode() for one in proof["records"])
    files, engines = _policy(proof["policy"], records[0][1]) if "policy" in proof else ({}, {})
    return Verified(head, records, payloads=payloads, files=files, engines=engines)


def _policy(policy: object, decision: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """What the version that decided is made of, checked against the version that the signed record names."""
    policy = _part(policy, dict)
    _require_known(policy, {"name", "version", "files", "engines"})
    files, engines = ({_text(one): _text(text) for one, text in _part(policy.get(name), dict).items()} for name in ("files", "engines"))
    named, version = (policy.get("name"), policy.get("version")), decision.get("version")
    hashed = all(re.fullmatch(r"[0-9a-f]{64}", one) for one in files.values())
    if not hashed or named != (decision.get("policy"), version) or policy_version(files, engines) != version:
        raise BadProofError(
            "the files it names are not those of the policy's version that decided", "所列文件不是作出该决策的策略版本的文件"
        )
    return files, engines


def _record(record: object, head: Note) -> tuple[int, dict[str, Any]]:
    if not isinstance(record, dict) or type(record.get("index")) is not int:
        raise BadProofError("a record of the proof is cut short", "证明中有记录不完整")
    _require_known(record, {"index", "payload", "inclusion"})
    index, payload = record["index"], _text(record.get("payload"))
    root = root_of_inclusion(index, head.size, leaf_hash(payload.encode()), [_hash(one) for one in _part(record.get("inclusion"), list)])
    if not hmac.compare_digest(root, head.root):
        raise BadProofError(
            f"the record at offset {index} is not what was signed: its text, its offset or its path was changed",
            f"偏移 {index} 处的记录与签名内容不符：其文本、偏移或路径被改动过",
        )
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise BadProofError("a record of the proof is no record", "证明中有内容不是记录")
    return index, content


def _require_known(part: Mapping[str, object], names: set[str]) -> None:
    """Refuses what format 1 does not have: a field whose name was changed would otherwise count as one that was never there."""
    for name in part:
        if name not in names:
            raise BadProofError(f"the proof has a field {name!a}, which its format does not know", f"证明中有其格式所没有的字段 {name!a}")


def _part(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise BadProofError("a part of the proof is missing", "证明缺少一部分")
    return value


def _text(value: object) -> str:
    text = _part(value, str)
    if any("\ud800" <= character <= "\udfff" for character in text):  # JSON can write half a pair, which no text holds
        raise BadProofError("a part of the proof is no text", "证明中有部分不是文本")
    return text


def _unbase64(text: object) -> bytes:
    given = _text(text)
    try:
        raw = base64.b64decode(given, validate=True)
    except ValueError:
        raw = b""
    if base64.b64encode(raw).decode() != given:  # bits that pad the last character must be 0: one text, one hash
        raise BadProofError("a part of the proof is not base64", "证明中有部分不是 base64")
    return raw


def _hash(text: object) -> bytes:
    raw = _unbase64(text)
    if len(raw) != _HASH_BYTES:
        raise BadProofError("a hash of the proof does not have 32 bytes", "证明中有哈希不是 32 字节")
    return raw


def signed_time(head: Note) -> str:
    """When a head was signed, as it says; ``-`` where it does not."""
    return next((line[5:] for line in head.extensions if line.startswith("time ")), "-")


def told(verified: Verified, lang: Literal["en", "zh"]) -> str:
    """What a proof has shown, in words."""
    head, when = verified.head, signed_time(verified.head)
    if verified.earlier is not None:
        en = f"Holds: the first {verified.earlier.size} of the {head.size} records of {head.origin} are as they were signed before."
        return {"en": en, "zh": f"成立：{head.origin} 的 {head.size} 条记录中，前 {verified.earlier.size} 条与先前签名时一致。"}[lang]
    en, zh = f"Holds: {head.origin}, {head.size} records, signed {when}.", f"成立：{head.origin}，共 {head.size} 条记录，签名时间 {when}。"
    lines = [{"en": en, "zh": zh}[lang]]
    for index, content in verified.records:
        kind, said = content.get("type"), f"{content.get('id')} {content.get('outcome', content.get('kind', ''))}"
        what = {"decision": "决策", "event": "事件"}.get(str(kind), kind)
        lines.append({"en": f"  offset {index}: {kind} {said}", "zh": f"  偏移 {index}：{what} {said}"}[lang])
    decision, count, model = verified.records[0][1], len(verified.files), verified.engines.get("model", "-")[:12]
    policy = f"{decision.get('policy')}@{str(decision.get('version'))[:12]}"
    if verified.files:
        lines.append({"en": f"  by {policy}: {count} files, model {model}", "zh": f"  依据 {policy}：{count} 个文件，模型 {model}"}[lang])
    elif decision.get("type") == "decision":
        lines.append({"en": f"  by {policy}, whose files the proof does not name", "zh": f"  依据 {policy}，证明未列出其文件"}[lang])
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: 0 where the proof holds, 1 where it does not, 2 where it cannot be read."""
    parser = argparse.ArgumentParser(description="Checks a proof of a Huitong log · 验证汇通日志的证明")
    parser.add_argument("proof", type=Path, help="the proof, JSON · 证明文件（JSON）")
    parser.add_argument("--key", type=Path, required=True, help="public keys, PEM · 公钥文件（PEM）")
    parser.add_argument("--log", help="name of the log that it must be of · 必须属于的日志名称")
    parser.add_argument("--lang", choices=["en", "zh"], default="en", help="language of the answer · 答复的语言")
    given = parser.parse_args(arguments)
    lang: Literal["en", "zh"] = given.lang
    answer, code = _answer(given.proof, given.key, given.log, lang)
    (sys.stderr if code else sys.stdout).write(answer + "\n")
    return code


def _answer(proof: Path, key: Path, log: str | None, lang: Literal["en", "zh"]) -> tuple[str, int]:
    try:
        keys, document = read_keys(key.read_bytes()), json.loads(proof.read_bytes())
        return told(verify(document, keys, log), lang), 0
    except OSError as error:
        return {"en": f"Cannot read {error.filename}: {error.strerror}", "zh": f"无法读取 {error.filename}：{error.strerror}"}[lang], 2
    except (ValueError, RecursionError):
        return {"en": "Does not hold: the file is no JSON, or is cut short.", "zh": "不成立：文件不是 JSON，或不完整。"}[lang], 1
    except BadProofError as error:
        return {"en": f"Does not hold: {error.text['en']}.", "zh": f"不成立：{error.text['zh']}。"}[lang], 1


if __name__ == "__main__":
    sys.exit(main())
