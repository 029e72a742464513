"""A proved decision comes out again, bit for bit, for anyone who has the published bundle of its policy; a false one does not."""

import io
import json
import math
import random
import shutil
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import pytest

from huitong.app import Bank, recompute
from huitong.app.bundles import MANIFEST
from huitong.app.unpacking import unpack
from huitong.contracts import Decision, ListHit, RuleHit
from huitong.decisions.policy import decision_id, made_with
from huitong.kernel import DataError, InputError, PolicyError
from huitong.verifier import BadProofError, Verified, policy_version, read_keys, verify
from tests.app.small_world import changed, clock, new_bank

BASE = {"time": "2025-10-01T12:00:00+08:00", "customer": "C1", "account": "A1", "terminal": "T000009", "amount": "10", "currency": "CNY"}


def payment(number: int, **given: str) -> dict[str, object]:
    return {"id": f"P-{number}", **BASE, "time": f"2025-10-01T12:{number:02}:00+08:00", **given}


def proved(bank: Bank, record: str) -> Verified:
    return verify(json.loads(json.dumps(bank.prove(record))), read_keys(bank.logbook.custody.public_file.read_bytes()))


def bundled(bank: Bank, policy: str, path: Path) -> Path:
    return bank.bundle(policy, path).path


def repacked(source: Path, target: Path, change: Callable[[dict[str, bytes]], None], *, renew: bool = False) -> Path:
    """The bundle with other files; with ``renew`` its manifest names their hashes."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if renew:
        manifest = json.loads(files[MANIFEST])
        manifest["files"] = {name: sha256(data).hexdigest() for name, data in files.items() if name != MANIFEST}
        files[MANIFEST] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target


def taken(verified: Verified, bundle: Path) -> str:
    return "; ".join(text["en"] for text in recompute(verified, bundle).taken)


def test_decisions_of_a_trained_policy_come_out_bit_for_bit(bank: Bank, tmp_path: Path) -> None:
    cases = [payment(number, customer="C7") for number in range(7)]  # the fourth and the sixth are many for an hour
    cases += [
        payment(10, terminal="T000001"),
        payment(11, amount="250000", channel="transfer", counterparty="A2"),
        payment(12, amount="20500", channel="transfer", counterparty="A2"),
        payment(13, time="2025-09-01T12:00:00+08:00"),
    ]
    decisions = [bank.decide(case, policy="small") for case in cases]
    bundle = bundled(bank, "small", tmp_path / "small.zip")
    for decision in decisions:
        again = recompute(proved(bank, decision.id), bundle).decision
        assert replace(again, latency_ns=0) != decision  # the record's names are tokens
        assert (again.outcome, again.score, again.reasons) == (decision.outcome, decision.score, decision.reasons)
    assert {decision.outcome for decision in decisions} == {"approve", "review", "decline"}
    assert all(decision.score is not None and decision.evidence.contributions for decision in decisions)
    assert any(decision.smallest_change for decision in decisions)
    assert "the event came too late" in taken(proved(bank, decisions[-1].id), bundle)
    assert "the smallest change" in taken(proved(bank, decisions[-2].id), bundle)


def test_decisions_without_a_model_come_out_as_well(tmp_path: Path) -> None:
    with Bank(tmp_path / "bank", clock=clock(), threads=2) as bank:
        decision = bank.decide(payment(1, amount="60000", channel="transfer", counterparty="A2"))
        assert decision.tier == "without_model"
        verified = proved(bank, "P-1")
        assert "encrypted names: list.blocked_accounts" in taken(verified, bundled(bank, "card_payments", tmp_path / "one.zip"))
        assert verified.engines["model"] == "-"


def test_a_bundle_is_the_same_bytes_each_time_and_a_piece_of_a_banks_folder(bank: Bank, tmp_path: Path) -> None:
    version = bank.decide(payment(1), policy="small").version
    first, second = (bank.bundle(name, tmp_path / f"{name}.zip") for name in ("small", f"small@{version}"))
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.digest == sha256(first.path.read_bytes()).hexdigest()
    assert [(one.name, one.of, one.entries, one.names_persons) for one in first.lists] == [("blocked", "terminal", 1, False)]
    into = tmp_path / "elsewhere"
    Bank(into).close()
    for path in into.glob("contracts/*"):
        path.unlink()
    with zipfile.ZipFile(first.path) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"manifest.json", "versions", "models", "contracts"}
        archive.extractall(into)
    with Bank(into) as other:
        assert other.load(f"small@{version}").program.version == version


def test_a_proof_names_the_files_and_the_model_of_the_signed_version(bank: Bank, root: Path) -> None:
    decision = bank.decide(payment(1), policy="small")
    proof, keys = json.loads(json.dumps(bank.prove("P-1"))), read_keys(bank.logbook.custody.public_file.read_bytes())
    files, engines = proof["policy"]["files"], proof["policy"]["engines"]
    assert policy_version(files, engines) == decision.version
    (model,) = (root / "models").iterdir()
    assert engines["model"] == sha256(model.read_bytes()).hexdigest()
    assert files["blocked.csv"] == sha256((root / "policies" / "small" / "blocked.csv").read_bytes()).hexdigest()
    for place, name in (("files", "policy.toml"), ("engines", "model")):
        other = json.loads(json.dumps(proof))
        other["policy"][place][name] = "0" * 64
        with pytest.raises(BadProofError, match="not those of the policy's version"):
            verify(other, keys)
    changed(root / "versions" / "small" / decision.version / "blocked.csv", ("T000001", "T000002"))
    assert "policy" not in bank.prove("P-1"), "what is kept is no longer what decided"


def of_score(decision: Decision) -> Decision:
    assert decision.score is not None
    return replace(decision, score=math.nextafter(decision.score, 1))


def of_evidence(**given: object) -> Callable[[Decision], Decision]:
    def change(decision: Decision) -> Decision:
        return replace(decision, evidence=replace(decision.evidence, **given))  # type: ignore[arg-type] # as the cases below give it

    return change


def of_feature(name: str, value: float) -> Callable[[Decision], Decision]:
    return lambda decision: of_evidence(features={**decision.evidence.features, name: value})(decision)


LIES: list[tuple[str, Callable[[Decision], Decision]]] = [
    ("outcome", lambda decision: replace(decision, outcome="decline")),
    ("score", of_score),
    ("reasons", lambda decision: replace(decision, reasons=decision.reasons[1:])),
    ("measures", lambda decision: replace(decision, measures=())),
    ("score", lambda decision: replace(decision, tier="without_model")),
    ("evidence.rules", of_evidence(rules=(RuleHit("rules", 2, "decline"),))),
    ("evidence.lists", of_evidence(lists=(ListHit("blocked", "T000009", "made up"),))),
    ("evidence.base", of_evidence(base=-1.5)),
    ("evidence.features.amount", of_feature("amount", 11.0)),
    ("evidence.features.is_night", of_feature("is_night", 1.0)),
    ("evidence.features.on_block_list", of_feature("on_block_list", 0.0)),
    ("evidence.contributions.amount", of_feature("customer_mean_30d", 3.0)),
]


@pytest.mark.parametrize(("place", "lie"), LIES)
def test_a_false_decision_that_was_logged_and_signed_is_found_out(
    bank: Bank, tmp_path: Path, place: str, lie: Callable[[Decision], Decision]
) -> None:
    one = payment(1, terminal="T000001", amount="250000", channel="transfer", counterparty="A2")
    decision, event = bank.decide(one, policy="small"), bank.log.event("P-1")
    assert event is not None
    bundle = bundled(bank, "small", tmp_path / "small.zip")
    recompute(proved(bank, decision.id), bundle)
    if place == "outcome":
        decision = bank.decide(payment(2), policy="small")
        event = bank.log.event("P-2")
        assert event is not None
    event = replace(event, id="P-X")
    bank.log.append_decision(event, replace(lie(decision), id=decision_id(event, "small", decision.version), event=event.id))
    with pytest.raises(DataError) as caught:
        recompute(proved(bank, "P-X"), bundle)
    assert caught.value.code == "proof.recomputed.differs"
    differing = caught.value.cause["en"].split("policy: ")[1]
    assert place in {part.split(": ")[0] for part in differing.split("; ")}


def test_a_decision_on_what_its_policy_cannot_decide_is_told(bank: Bank, tmp_path: Path) -> None:
    decision, event = bank.decide(payment(1), policy="small"), bank.log.event("P-1")
    assert event is not None
    bundle = bundled(bank, "small", tmp_path / "small.zip")
    others = (replace(event, kind="payment.labelled"), replace(event, data={**event.data, "amount": "much"}))
    for number, other in enumerate(others):
        bank.log.append_decision(replace(other, id=f"X-{number}"), replace(decision, id=f"{number:032}", event=f"X-{number}"))
        with pytest.raises(DataError) as caught:
            recompute(proved(bank, f"X-{number}"), bundle)
        assert caught.value.code == "proof.recompute.unfit"


def test_what_rests_on_encrypted_names_is_taken_from_the_record_and_said(tmp_path: Path) -> None:
    root = tmp_path / "bank"
    new_bank(root).close()
    folder = root / "policies" / "small"
    (folder / "watched.csv").write_text("value,from,until,note,owner\nC1,,,court order,desk\n", "utf-8")
    (folder / "blocked.csv").write_text("value,from,until,note,owner\nC5,,,skimmer found,desk\n", "utf-8")
    changed(
        folder / "features.toml", ('amount = { field = "amount" }', 'amount = { field = "amount" }\npayee = { field = "counterparty" }')
    )
    changed(
        folder / "policy.toml",
        ("[[rules]]\nid = \"large_transfer\"", '[[rules]]\nid = "payee"\nwhen = \'payee = "A9"\'\noutcome = "decline"\n'
         'reason = { zh = "收款人", en = "the payee" }\n\n[[rules]]\nid = "large_transfer"'),
        ("[lists.blocked]", '[lists.watched]\nfile = "watched.csv"\nof = "customer"\noutcome = "review"\n'
         'reason = { zh = "受关注", en = "watched" }\n\n[lists.blocked]'),
    )  # fmt: skip
    with Bank(root, clock=clock(), threads=2) as bank:
        watched = bank.decide(payment(1), policy="small")
        listed = bank.decide(payment(2, customer="C5", terminal="C5"), policy="small")  # a terminal called as a customer is
        payee = bank.decide(payment(3, customer="C3", counterparty="A9"), policy="small")
        written = bank.bundle("small", tmp_path / "small.zip")
        assert [one.names_persons for one in written.lists] == [True, False]
        assert (watched.outcome, listed.outcome, payee.outcome) == ("review", "decline", "decline")
        assert "names: list.watched" in taken(proved(bank, watched.id), written.path)
        assert recompute(proved(bank, listed.id), written.path).decision.outcome == "decline"
        assert "names: list.watched, rule.payee" in taken(proved(bank, payee.id), written.path)
        event = bank.log.event("P-1")
        assert event is not None
        (hit,) = watched.evidence.lists
        noted = replace(watched.evidence, lists=(replace(hit, note="no such order"),))
        bank.log.append_decision(replace(event, id="P-X"), replace(watched, id="f" * 32, event="P-X", evidence=noted))
        with pytest.raises(DataError, match=r"evidence\.lists"):
            recompute(proved(bank, "P-X"), written.path)
        before = proved(bank, watched.id)
        bank.persons.forget("C1", "GDPR 17", space="customer")
        assert proved(bank, watched.id).payloads == before.payloads
        assert recompute(proved(bank, watched.id), written.path).decision.outcome == "review"


def test_a_changed_bundle_is_refused_and_the_file_is_named(bank: Bank, tmp_path: Path) -> None:
    bank.decide(payment(1), policy="small")
    verified, bundle = proved(bank, "P-1"), bundled(bank, "small", tmp_path / "small.zip")
    version = f"versions/small/{verified.records[0][1]['version']}/"

    def change(files: dict[str, bytes]) -> None:
        files[version + "policy.toml"] = files[version + "policy.toml"].replace(b"20000", b"30000")

    for renew, said in ((False, "policy.toml was changed"), (True, "do not make version")):
        with pytest.raises(DataError, match=said) as caught:
            recompute(verified, repacked(bundle, tmp_path / "other.zip", change, renew=renew))
        assert caught.value.code == "bundle.altered"
    (model,) = [name for name in zipfile.ZipFile(bundle).namelist() if name.startswith("models/")]
    with pytest.raises(DataError, match="hashes to"):
        recompute(
            verified,
            repacked(bundle, tmp_path / "other.zip", lambda files: files.update({model: files[model][:-8] + bytes(8)}), renew=True),
        )


def test_the_bundle_of_another_version_is_told_with_what_differs(bank: Bank, root: Path, tmp_path: Path) -> None:
    bank.decide(payment(1), policy="small")
    verified = proved(bank, "P-1")
    changed(root / "policies" / "small" / "policy.toml", ("amount > 200000", "amount > 300000"))
    with pytest.raises(DataError, match=r"other in: policy\.toml$|other in: policy\.toml;") as caught:
        recompute(verified, bundled(bank, "small", tmp_path / "small.zip"))
    assert caught.value.code == "bundle.other_version"
    asked = f"small@{verified.records[0][1]['version'][:12]}"
    assert asked in caught.value.remedy["zh"]
    recompute(verified, bundled(bank, asked, tmp_path / "small.zip"))


def test_a_machine_that_computes_otherwise_says_what_it_lacks(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank.decide(payment(1), policy="small")
    verified, bundle = proved(bank, "P-1"), bundled(bank, "small", tmp_path / "small.zip")
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "1999.1" if name == "tzdata" else real(name))
    with pytest.raises(DataError, match=r"tzdata .* ≠ 1999\.1") as caught:
        recompute(verified, bundle)
    assert caught.value.code == "bundle.computes_otherwise"
    monkeypatch.setattr(made_with, "KERNEL_VERSION", 99)
    with pytest.raises(DataError) as caught:
        recompute(verified, bundle)
    assert caught.value.code == "policy.version.other_engine"


def test_a_proof_of_an_event_alone_has_nothing_to_compute(bank: Bank, tmp_path: Path) -> None:
    bank.decide(payment(1), policy="small")
    bundle = bundled(bank, "small", tmp_path / "small.zip")
    event = bank.log.event("P-1")
    assert event is not None
    bank.log.append_events([replace(event, id="P-2")])
    with pytest.raises(InputError) as caught:
        recompute(proved(bank, "P-2"), bundle)
    assert caught.value.code == "proof.recompute.nothing"


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        del files[name]

    return change


def with_names(*names: str) -> Callable[[dict[str, bytes]], None]:
    return lambda files: files.update(dict.fromkeys(names, b"x"))


def in_manifest(name: str, value: object) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        files[MANIFEST] = json.dumps({**json.loads(files[MANIFEST]), name: value}).encode()

    return change


HOSTILE: Mapping[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "leads out of the folder": (with_names("models/../../outside"), "bundle.name"),
    "absolute": (with_names("/outside"), "bundle.name"),
    "leads out on another system": (with_names("models/..\\..\\outside"), "bundle.name"),
    "a drive": (with_names("models/c:outside"), "bundle.name"),
    "a folder of its own": (with_names("keys/signing.pem"), "bundle.name"),
    "a blank name": (with_names("models//x"), "bundle.name"),
    "dots and blanks": (with_names("models/.. /x"), "bundle.name"),
    "a file that is a folder": (with_names("models/x", "models/x/y"), "bundle.name"),
    "a policy that leads out": (in_manifest("policy", "../../.."), "bundle.name"),
    "a newer format": (in_manifest("format", 2), "bundle.damaged"),
    "a manifest of lies": (in_manifest("files", {}), "bundle.altered"),
    "a manifest of another shape": (in_manifest("files", ["x"]), "bundle.damaged"),
    "no manifest": (without(MANIFEST), "bundle.damaged"),
    "no object": (lambda files: files.update({MANIFEST: b"[[[["}), "bundle.damaged"),
    "not utf-8": (lambda files: files.update({MANIFEST: b'{"format":1,"policy":"\xff"}'}), "bundle.damaged"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_bundle_is_refused_before_anything_is_written_elsewhere(bank: Bank, tmp_path: Path, what: str) -> None:
    change, code = HOSTILE[what]
    bundle = bundled(bank, "small", tmp_path / "small.zip")
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    renew = "name" in code and "policy" not in what
    with pytest.raises(DataError) as caught:
        unpack(repacked(bundle, tmp_path / "other.zip", change, renew=renew), inside)
    assert caught.value.code == code
    assert list(tmp_path.rglob("outside*")) == []


def test_zips_that_are_none_or_swell_are_refused(bank: Bank, tmp_path: Path) -> None:
    whole = bundled(bank, "small", tmp_path / "small.zip").read_bytes()
    swollen = io.BytesIO(whole)
    with zipfile.ZipFile(swollen, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("models/swollen", "w", force_zip64=False) as file:
        for _ in range(1025):
            file.write(bytes(2**20))
    twice = io.BytesIO(whole)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(MANIFEST, b"{}")
    encrypted = bytearray(whole)
    encrypted[encrypted.rindex(b"PK\x01\x02") + 8] |= 1
    for content, code in (
        (b"", "bundle.damaged"),
        (b"PK\x05\x06", "bundle.damaged"),
        (whole[:-30], "bundle.damaged"),
        (whole[100:], "bundle.damaged"),
        (b"a text\n" * 100, "bundle.damaged"),
        (swollen.getvalue(), "bundle.too_large"),
        (twice.getvalue(), "bundle.damaged"),
        (bytes(encrypted), "bundle.damaged"),
        (whole[:-10] + (2**31).to_bytes(4, "little") + whole[-6:], "bundle.too_large"),
    ):
        path = tmp_path / "other.zip"
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            unpack(path, tmp_path / "into")
        assert caught.value.code == code
        shutil.rmtree(tmp_path / "into", ignore_errors=True)
    with pytest.raises(InputError, match="no bundle"):
        unpack(tmp_path / "nowhere.zip", tmp_path)


def test_no_changed_byte_of_a_bundle_gets_through(bank: Bank, tmp_path: Path) -> None:
    whole = bundled(bank, "small", tmp_path / "small.zip").read_bytes()
    start = whole.index(b"PK\x01\x02")
    chance, path = random.Random(4), tmp_path / "other.zip"
    through: list[bool] = []
    for number in range(400):
        place = chance.randrange(start, len(whole)) if number % 2 else chance.randrange(len(whole))
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        into = tmp_path / f"into-{number}"
        with suppress(DataError):
            manifest = unpack(path, into)  # gets through where a date or an attribute changed that nobody reads
            assert {name: sha256((into / name).read_bytes()).hexdigest() for name in manifest.files} == manifest.files
            through.append(policy_version(manifest.version_files, manifest.engines) == manifest.version)
        shutil.rmtree(into, ignore_errors=True)
    assert all(through)
    assert len(through) < 200


def test_a_bundle_without_a_contract_cannot_mean_what_it_says(bank: Bank, tmp_path: Path) -> None:
    bank.decide(payment(1), policy="small")
    change = without("contracts/payment.requested.toml")
    with pytest.raises(PolicyError, match=r"payment\.requested"):
        recompute(proved(bank, "P-1"), repacked(bundled(bank, "small", tmp_path / "b.zip"), tmp_path / "c.zip", change, renew=True))


def test_a_version_that_is_another_one_today_is_not_bundled(bank: Bank, root: Path, tmp_path: Path) -> None:
    version = bank.decide(payment(1), policy="small").version
    changed(root / "versions" / "small" / version / "blocked.csv", ("T000001", "T000002"))
    with pytest.raises(DataError, match="is another version today"):
        bank.bundle(f"small@{version}", tmp_path / "small.zip")
