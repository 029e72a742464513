"""Feature state is a fold of the log: thrown away, folded again, compared; never taken over from another log."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from huitong.app import Bank, Source
from huitong.contracts import Event
from huitong.features.snapshot import read_snapshot, write_snapshot
from huitong.kernel import Severity
from huitong.store import open_log
from tests.app.small_world import clock


def opened(root: Path) -> Bank:
    return Bank(root, clock=clock(), threads=2)


@pytest.fixture(scope="module")
def before(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank of the module's own."""
    return shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("filled") / "bank")


@pytest.fixture(scope="module")
def payments(before: Path, sources: Sequence[Source]) -> list[Event]:
    """Forty payments, not yet in the log."""
    with opened(before) as bank:
        batch = bank.take_in(sources, None, lambda *_: None).batches["payment.requested"]
        return list(batch.take(np.arange(len(batch) - 40, len(batch))).events(bank.contracts["payment.requested"]))


@pytest.fixture(scope="module")
def after(before: Path, sources: Sequence[Source], payments: list[Event]) -> Path:
    """The bank with the tables' labels and profiles in its log, and payments that were decided one by one; its state is kept."""
    with opened(before) as bank:
        bank.ingest(sources[1:])
        for payment in payments:
            bank.decide(payment, policy="small")
    return before


@pytest.fixture
def filled(after: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return shutil.copytree(after, tmp_path / "bank")


def state_of(root: Path) -> Path:
    (path,) = (path for path in (root / "state").iterdir() if path.suffix != ".book")
    return path


def codes(root: Path) -> list[tuple[str, Severity]]:
    with opened(root) as bank:
        return [(found.code, found.severity) for found in bank.check_log()]


def changed(path: Path, **values: object) -> None:
    """Writes a kept state anew with other values in its header; its own hash is right."""
    header, arrays = read_snapshot(path)
    write_snapshot(path, msgspec.structs.replace(header, **values), arrays)


def test_a_state_kept_from_decisions_one_by_one_is_what_the_log_gives_in_columns(filled: Path) -> None:
    assert codes(filled) == []


def test_a_state_that_was_thrown_away_is_folded_again_and_answers_the_same(filled: Path) -> None:
    kept = shutil.copy(state_of(filled), filled / "kept")
    state_of(filled).unlink()
    stages = set()
    with opened(filled) as bank:
        (rebuilt,) = bank.rebuild("small", lambda stage, *_: stages.add(stage))
        assert rebuilt.offset == bank.log.end()
    assert stages == {"reading", "features"}
    assert rebuilt.version == bank.load("small").plan.version
    before, after = (read_snapshot(path)[0] for path in (Path(kept), state_of(filled)))
    assert (before.log_root, before.log_offset, before.watermark_us) == (after.log_root, after.log_offset, after.watermark_us)
    assert codes(filled) == []


def test_a_kept_state_that_is_not_what_the_log_gives_is_found_and_mended(filled: Path) -> None:
    header, arrays = read_snapshot(state_of(filled))
    name = next(name for name, array in arrays.items() if name.endswith("entry64") and array.any())
    altered = arrays[name].copy()
    altered[altered != 0] += 1
    write_snapshot(state_of(filled), header, {**arrays, name: altered})
    assert codes(filled) == [("state.differs", Severity.ERROR)]
    with opened(filled) as bank:
        bank.rebuild()
    assert codes(filled) == []


@pytest.mark.parametrize("values", [{"log_root": "00" * 32}, {"log_root": ""}, {"log_offset": 10**9}, {"plan": "another"}])
def test_the_state_of_another_log_or_version_is_never_taken_up(filled: Path, payments: list[Event], values: dict[str, object]) -> None:
    changed(state_of(filled), **values)
    assert codes(filled) == [("state.unusable", Severity.WARNING)]
    newer = Event("late-1", payments[-1].kind, payments[-1].time_us + 1, payments[-1].keys, payments[-1].data)
    with opened(filled) as bank:
        decision = bank.decide(newer, policy="small")
        assert (
            decision.evidence.features["customer_count_7d"] == bank.live("small").recomputed(newer).evidence.features["customer_count_7d"]
        )
    assert codes(filled) == []


def test_a_state_from_before_the_log_was_replaced_is_of_another_past(filled: Path, payments: list[Event]) -> None:
    (filled / "log" / "log.sqlite").rename(filled / "gone.sqlite")
    for path in (filled / "log").glob("log.sqlite-*"):
        path.unlink()
    open_log(filled / "log" / "log.sqlite").close()
    with opened(filled) as bank:
        bank.log.append_events(payments[10:])
    assert codes(filled) == [("state.unusable", Severity.WARNING)]


def test_a_damaged_state_costs_time_and_no_answer(filled: Path) -> None:
    with state_of(filled).open("r+b") as file:
        file.seek(-100, os.SEEK_END)
        file.write(b"\xff" * 50)
    assert codes(filled) == [("state.unusable", Severity.WARNING)]
    with opened(filled) as bank:
        bank.live("small")
    assert codes(filled) == []


def test_what_cannot_be_compared_is_said_and_the_rest_is_checked(filled: Path) -> None:
    (filled / "policies" / "card_payments" / "policy.toml").write_text("[policy", "utf-8")
    assert codes(filled) == [("state.unchecked", Severity.WARNING)]
    (filled / "keys" / "master.key").rename(filled / "master.key")
    with opened(filled) as bank:
        findings = bank.check_log()
    assert [found.code for found in findings] == ["log.ring.unchecked"] + ["state.unchecked"] * 3, "two policies and the books"
    assert "master.key" in findings[1].text["en"]
