"""What becomes of a version that has answered when another Huitong, which computes otherwise, opens the bank."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from huitong.app import Bank, Source
from huitong.decisions.policy.made_with import ENGINE_VERSION, MADE_WITH_FILE, numbered
from huitong.kernel import DataError
from tests.app.small_world import changed, clock

PAYMENT = {"id": "P-1", "time": "2025-10-01T12:00:00+08:00", "customer": "C1", "terminal": "T000001", "amount": "10", "currency": "CNY"}


def kept(root: Path) -> Path:
    """The folder of the version that has decided one payment."""
    with Bank(root, clock=clock(), threads=2) as bank:
        decision = bank.decide(PAYMENT, policy="small")
    return root / "versions" / "small" / decision.version


def of_another_engine(folder: Path) -> None:
    """As if another engine had computed it, from a file with a setting that is gone since."""
    changed(folder / MADE_WITH_FILE, (f'engine = "{numbered(ENGINE_VERSION)}"', 'engine = "0.9"'), ('huitong = "', 'huitong = "0.0.1-'))
    changed(folder / "policy.toml", ("[measures.decline]", "[gone]\nby = 3\n\n[measures.decline]"))


def test_a_kept_version_is_computed_with_again_by_the_engine_that_made_it(root: Path) -> None:
    folder = kept(root)
    assert f'version = "{folder.name}"' in (folder / MADE_WITH_FILE).read_text("utf-8")
    with Bank(root, clock=clock(), threads=2) as bank:
        assert bank.load(f"small@{folder.name}").program.version == folder.name, "the record is no part of the version"
        assert bank.diff("small", f"small@{folder.name}") == []


def test_what_another_engine_made_is_not_computed_with_and_the_error_names_who_can(root: Path, sources: Sequence[Source]) -> None:
    folder = kept(root)
    of_another_engine(folder)
    with Bank(root, clock=clock(), threads=2) as bank:
        for policy, against in ((f"small@{folder.name}", None), ("small", folder.name[:12])):
            with pytest.raises(DataError) as caught:
                bank.replay(policy, sources, against=against)
            assert caught.value.code == "policy.version.other_engine"
            cause = caught.value.cause
            assert cause["en"].startswith(f"small@{folder.name[:12]} was computed by engine 0.9 of Huitong 0.0.1-")
            assert cause["zh"].startswith(f"small@{folder.name[:12]} 由汇通 0.0.1-")


def test_its_answers_and_its_files_stay_readable(root: Path) -> None:
    folder = kept(root)
    of_another_engine(folder)
    with Bank(root, clock=clock(), threads=2) as bank:
        explained = bank.explain("P-1")
        assert (explained.decision.outcome, explained.decision.version) == ("decline", folder.name)
        assert explained.origin["en"].endswith("; names as in the policy of today")
        (difference,) = bank.diff("small", f"small@{folder.name}")
        assert (difference.place, difference.before, difference.after) == ("gone.by", "3", None)


def test_a_copy_under_its_own_name_is_a_policy_of_today(root: Path) -> None:
    folder = kept(root)
    changed(folder / MADE_WITH_FILE, (f'engine = "{numbered(ENGINE_VERSION)}"', 'engine = "0.9"'))
    shutil.copytree(folder, root / "policies" / "again")
    with Bank(root, clock=clock(), threads=2) as bank:
        assert bank.load("again").program.version == folder.name


def test_a_damaged_record_is_told(root: Path) -> None:
    folder = kept(root)
    (folder / MADE_WITH_FILE).write_text("engine =", "utf-8")
    with Bank(root, clock=clock(), threads=2) as bank, pytest.raises(DataError, match="is damaged"):
        bank.load(f"small@{folder.name}")
