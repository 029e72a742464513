"""Proofs hold for everybody with the public key, and break with any change."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong import verifier
from huitong.kernel import FixedClock, InputError
from huitong.store import FileSigner, SqliteLog, make_key, prove, prove_consistency, public_pem
from huitong.store.merkle import EMPTY_ROOT, Frontier, Tile, Tree
from huitong.verifier import BadProofError, leaf_hash, node_hash, read_keys, read_note, require_consistent, root_of_inclusion, verify
from tests.store.build import CONTRACT, batch, decision, event

# Leaves and roots of the tree that certificate transparency logs test with (vectors of the reference code of RFC 6962).
LEAVES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def grown(payloads: list[bytes], pieces: list[int] | None = None) -> Tree:
    frontier, tiles, start = Frontier(), dict[tuple[int, int], Tile](), 0
    for count in [*(pieces or []), len(payloads)]:
        for tile in frontier.extend([leaf_hash(payload) for payload in payloads[start : start + count]]):
            tiles[tile.level, tile.index] = tile
        start += count
    assert frontier.root() == Tree(frontier.size, lambda level, index: tiles[level, index].hashes, frontier.edge).root()
    return Tree(frontier.size, lambda level, index: tiles[level, index].hashes, frontier.edge)


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, by the letter."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference_vectors(size: int) -> None:
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size - 1]
    assert grown(LEAVES).root(size).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_root_of_the_rfc() -> None:
    assert Frontier().root() == EMPTY_ROOT == sha256(b"").digest()


def test_paths_are_those_of_the_example_in_the_rfc() -> None:
    """RFC 9162, 2.1.5: the tree of seven leaves with the hashes named there."""
    d = [leaf_hash(leaf) for leaf in LEAVES[:7]]
    a, b, c, e, f, j = d[0], d[1], d[2], d[3], d[4], d[6]
    g, h, i = node_hash(a, b), node_hash(c, e), node_hash(f, d[5])
    k, el = node_hash(g, h), node_hash(i, j)
    tree = grown(LEAVES[:7])
    assert tree.root() == node_hash(k, el)
    assert tree.inclusion(0, 7) == [b, h, el]
    assert tree.inclusion(3, 7) == [c, g, el]
    assert tree.inclusion(4, 7) == [d[5], j, k]
    assert tree.inclusion(6, 7) == [i, k]
    assert tree.consistency(3, 7) == [c, e, g, el]
    assert tree.consistency(4, 7) == [el]
    assert tree.consistency(6, 7) == [i, j, k]


@given(st.integers(1, 700), st.lists(st.integers(1, 300), max_size=6), st.data())
def test_every_leaf_and_every_prefix_can_be_proved_however_the_tree_grew(size: int, pieces: list[int], data: st.DataObject) -> None:
    payloads = [b"%d" % number for number in range(size)]
    tree, leaves = grown(payloads, pieces), [leaf_hash(payload) for payload in payloads]
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert tree.root() == naive_root(leaves)
    assert tree.root(first) == naive_root(leaves[:first])
    path = tree.inclusion(index, size)
    assert root_of_inclusion(index, size, leaves[index], path) == tree.root()
    for broken in (path[:-1], [*path, leaves[0]], [leaves[0], *path[1:]] if path and path[0] != leaves[0] else path[:-1]):
        if broken != path:
            with suppress(BadProofError):
                assert root_of_inclusion(index, size, leaves[index], broken) != tree.root()
    old, new = note(first, tree.root(first)), note(size, tree.root())
    require_consistent(old, new, tree.consistency(first, size))
    if first < size:
        with pytest.raises(BadProofError):
            require_consistent(note(first, leaf_hash(b"other")), new, tree.consistency(first, size))


def note(size: int, root: bytes) -> verifier.Note:
    return verifier.Note("huitong/x", size, root, (), "", ())


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return make_key(tmp_path / "keys" / "signing.pem")


@pytest.fixture
def log(tmp_path: Path, signer: FileSigner) -> SqliteLog:
    log = SqliteLog(tmp_path / "log.sqlite", signer=signer, clock=FixedClock(1_700_000_000_000_000))
    log.append_batch(batch(700), CONTRACT)
    log.append_decision(event(1_000), decision(1_000))
    return log


def test_a_proof_holds_for_the_verifier_copied_elsewhere_and_run_alone(log: SqliteLog, signer: FileSigner, tmp_path: Path) -> None:
    away = tmp_path / "auditor"
    away.mkdir()
    shutil.copy(verifier.__file__, away / "check.py")
    (away / "key.pem").write_bytes(public_pem(signer.public_key))
    (away / "proof.json").write_text(json.dumps(prove(log, "d1000")))

    def run(*more: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-I", "check.py", "proof.json", "--key", "key.pem", *more]
        return subprocess.run(command, cwd=away, capture_output=True, text=True, check=False)

    done = run()
    assert done.returncode == 0, done.stderr
    assert "decision d1000" in done.stdout
    assert "event p1000" in done.stdout
    assert "成立" in run("--lang", "zh").stdout
    (away / "proof.json").write_text((away / "proof.json").read_text().replace('\\"approve\\"', '\\"decline\\"'))
    done = run()
    assert done.returncode == 1
    assert "offset 701" in done.stderr


def flipped(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[5] ^= 1
    return base64.b64encode(raw).decode()


def padded_otherwise(text: str) -> str:
    """The same 32 bytes, with other bits where base64 has none of them."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    changed = text[:-2] + digits[digits.index(text[-2]) ^ 1] + "="
    assert base64.b64decode(changed) == base64.b64decode(text)
    return changed


Forged = dict[str, Any]


def head_line(number: int, change: Callable[[str], str]) -> Callable[[Forged], None]:
    def changed(proof: Forged) -> None:
        lines = proof["head"].split("\n")
        lines[number] = change(lines[number])
        proof["head"] = "\n".join(lines)

    return changed


FORGERIES: dict[str, Callable[[Forged], object]] = {
    "head cut short": lambda proof: proof.update(head=proof["head"][:-30]),
    "another size": head_line(1, lambda size: str(int(size) + 1)),
    "another root": head_line(2, flipped),
    "another time": head_line(3, lambda line: line.replace("2023", "2024")),
    "another signature": head_line(-2, lambda line: line[:-80] + flipped(line[-80:])),
    "another outcome": lambda proof: proof["records"][0].update(payload=proof["records"][0]["payload"].replace("approve", "decline", 1)),
    "another offset": lambda proof: proof["records"][0].update(index=proof["records"][0]["index"] - 1),
    "another path": lambda proof: proof["records"][0]["inclusion"].insert(0, flipped(proof["records"][0]["inclusion"].pop(0))),
    "path cut short": lambda proof: proof["records"][0]["inclusion"].pop(),
    "no records": lambda proof: proof["records"].clear(),
    "a record cut short": lambda proof: proof["records"][0].pop("payload"),
    "a later format": lambda proof: proof.update(format=2),
    "no head": lambda proof: proof.pop("head"),
    "bits behind a hash": lambda proof: proof["records"][0]["inclusion"].append(padded_otherwise(proof["records"][0]["inclusion"].pop())),
    "half a character": lambda proof: proof["records"][0].update(payload="\ud800"),
    "a field of another name": lambda proof: proof.update(qolicy={}),
    "a record's field of another name": lambda proof: proof["records"][0].update(inclusioo=[]),
    "true for a format": lambda proof: proof.update(format=True),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_any_change_of_a_proof_is_caught(log: SqliteLog, signer: FileSigner, forgery: str) -> None:
    proof: Forged = json.loads(json.dumps(prove(log, "d1000")))
    keys = read_keys(public_pem(signer.public_key))
    assert verify(proof, keys).records[0][1]["outcome"] == "approve"
    FORGERIES[forgery](proof)
    with pytest.raises(BadProofError) as caught:
        verify(proof, keys)
    assert caught.value.text["zh"]


def test_whoever_reads_an_answer_is_told_what_the_policy_was_or_that_the_proof_does_not_say(log: SqliteLog, signer: FileSigner) -> None:
    verified = verify(json.loads(json.dumps(prove(log, "d1000"))), read_keys(public_pem(signer.public_key)))
    assert "whose files the proof does not name" in verifier.told(verified, "en")
    told = verifier.told(verified, "zh")
    assert "证明未列出其文件" in told
    assert "决策 d1000" in told
    assert "decision" not in told


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_whatever_is_no_proof_is_refused_in_words(document: object) -> None:
    with pytest.raises(BadProofError):
        verify(document, [b"\x00" * 32])
    with pytest.raises(BadProofError):
        verify({"format": 1, "head": document, "records": document}, [b"\x00" * 32])


def test_a_proof_of_another_log_and_a_head_of_another_key_are_refused(log: SqliteLog, signer: FileSigner, tmp_path: Path) -> None:
    proof = prove(log, "p3")
    assert log.id in verify(proof, [signer.public_key]).head.origin
    with pytest.raises(BadProofError, match="not huitong/other"):
        verify(proof, [signer.public_key], "huitong/other")
    with pytest.raises(BadProofError, match="not signed with a key"):
        verify(proof, [make_key(tmp_path / "other.pem").public_key])


def test_after_a_rotation_old_heads_hold_with_the_old_key_in_the_same_file(log: SqliteLog, signer: FileSigner, tmp_path: Path) -> None:
    old = prove(log, "d1000")
    log.close()
    second = make_key(tmp_path / "second.pem")
    with SqliteLog(tmp_path / "log.sqlite", signer=second) as again:
        again.append_events([event(2_000)])
        new = prove(again, "p2000")
        both = read_keys(public_pem(signer.public_key) + public_pem(second.public_key))
        assert verify(old, both).head.size < verify(new, both).head.size
        joined = prove_consistency(again, old["head"])
    assert verify(joined, both).earlier == verify(old, both).head
    with pytest.raises(BadProofError):
        verify(new, [signer.public_key])


def test_a_split_view_cannot_be_joined(tmp_path: Path, signer: FileSigner) -> None:
    """One log shown to two people: whoever compares the heads that they kept has the operator's signature under both."""
    with SqliteLog(tmp_path / "1.sqlite", signer=signer) as log:
        log.append_events([event(0)])
    shutil.copy(tmp_path / "1.sqlite", tmp_path / "2.sqlite")
    heads = []
    for name, amount in (("1", 100), ("2", 200)):
        with SqliteLog(tmp_path / f"{name}.sqlite", signer=signer) as log:
            log.append_events([event(number, amount=amount) for number in range(1, 9)])
            head = log.sign_head()
            assert head is not None
            heads.append(head.note)
            joined = prove_consistency(log, heads[0])
    assert read_note(heads[0]).origin == read_note(heads[1]).origin
    with pytest.raises(BadProofError, match="rewritten"):
        verify(joined, [signer.public_key])


def test_what_is_not_there_or_not_signed_cannot_be_proved(tmp_path: Path, log: SqliteLog) -> None:
    with pytest.raises(InputError, match="no decision or event 'x'"):
        prove(log, "x")
    with SqliteLog(tmp_path / "unsigned.sqlite") as unsigned:
        unsigned.append_events([event(1)])
        with pytest.raises(InputError, match="no signed head"):
            prove(unsigned, "p1")
