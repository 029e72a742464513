"""A roll-out from the command line: an analyst drafts, an approver moves, anybody of the two takes back."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.serving import served
from tests.cli.conftest import Ran, Run

WORD = "the heron stands on one leg"
OWN = "seven umbrellas in the rain"


@pytest.fixture
def go(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs a command on the small bank; what is asked for comes on standard input."""

    def go(*arguments: object, lines: tuple[str, ...] = ()) -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return run(*arguments, "--bank", root)

    admin = (WORD, "")
    assert go("users", "add", "chen", "--first", lines=(WORD,)).code == 0
    for user, role in (("li", "analyst"), ("wang", "approver")):
        ran = go("users", "add", user, "--role", role, "--by", "chen", "--json", lines=admin)
        assert ran.code == 0, ran.err
        added = ran.document
        assert go("users", "password", user, lines=(added["shown_once"], "", OWN)).code == 0
    return go


def test_a_version_is_drafted_by_one_moved_by_another_and_taken_back(go: Callable[..., Ran], trained_bank: Path) -> None:
    never = go("rollout", "status", "small", "--lang", "zh")
    assert (never.code, "从未发布" in never.out) == (0, True)
    own = (OWN, "")
    drafted = go("rollout", "draft", "small", "--reason", "a beginning", "--by", "li", "--json", lines=own)
    version = drafted.document["version"]
    payments = trained_bank / "tables" / "payments.parquet"
    kept = go("rollout", "evidence", "small", "--by", "li", "--input", payments, "--mapping", "synthetic", "--json", lines=own)
    assert kept.document["decided"] > 1_000
    refused = go("rollout", "forward", "small", version[:8], "--to", "live", "--by", "li", lines=own)
    assert (refused.code, "access.role" in refused.err or "approver" in refused.err) == (4, True)
    moved = go("rollout", "forward", "small", version[:8], "--to", "live", "--by", "wang", "--json", lines=own)
    assert (moved.document["stage"], moved.document["live"]) == ("live", version)
    status = go("rollout", "status", "small", "--lang", "en")
    assert (status.code, "a beginning" in status.out, "live" in status.out) == (0, True, True)
    unnamed = go("rollout", "back", "small", "--ground", "doubt", "--by", "li", "--lang", "zh", lines=own)
    assert (unnamed.code, "请指明版本" in unnamed.err) == (2, True)
    named = ("rollout", "back", "small", "--version", version[:8], "--ground", "doubt")
    back = go(*named, "--by", "li", "--lang", "zh", lines=own)
    assert (back.code, "没有生效过的版本" in back.err) == (2, True)
    taken = go("rollout", "take-up", "small", version[:8], "--reason", "go on", "--by", "li", "--json", lines=own)
    assert taken.document == {"policy": "small", "version": version, "stage": "live", "differing": 0}
    wrong = go("rollout", "forward", "small", version[:8], "--to", "moon", "--by", "wang", lines=own)
    assert (wrong.code, "shadow" in wrong.err) == (2, True)
    none = go("rollout", "forward", "small", version[:8], "--to", "canary", "--share", "nan", "--by", "wang", lines=own)
    assert (none.code, "'nan' is no percentage" in none.err) == (2, True)


def test_a_bank_that_is_served_is_looked_at_and_asked_to_step_back(
    go: Callable[..., Ran], run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = go("api-keys", "make", "night", "--scope", "policies", "--by", "chen", "--json", lines=(WORD, ""))
    assert made.code == 0, made.err
    drafted = go("rollout", "draft", "small", "--reason", "a beginning", "--by", "li", "--json", lines=(OWN, ""))
    with served(root, quiet=True) as (_, address):
        status = go("rollout", "status", "small", "--json")
        assert (status.code, [one["hash"] for one in status.document["versions"]]) == (0, [drafted.document["version"]]), status.err
        held = go("rollout", "back", "small", "--ground", "doubt", "--by", "li", lines=(OWN, ""))
        assert (held.code, "--service" in held.err) == (5, True)
        monkeypatch.delenv("HUITONG_KEY", raising=False)
        keyless = go("rollout", "back", "small", "--ground", "doubt", "--service", address, "--lang", "zh")
        assert (keyless.code, "HUITONG_KEY" in keyless.err) == (2, True)
        monkeypatch.setenv("HUITONG_KEY", made.document["shown_once"])
        asked = go("rollout", "back", "small", "--ground", "doubt", "--service", address, "--version", "00112233")
        assert (asked.code, "names 0 versions" in asked.err) == (2, True), asked.err
        afar = run("rollout", "back", "small", "--ground", "doubt", "--service", address, "--bank", root / "none", "--version", "00112233")
        assert (afar.code, "names 0 versions" in afar.err) == (2, True), afar.err
    here = run("rollout", "back", "small", "--ground", "doubt", "--by", "li", "--bank", root / "none")
    assert (here.code, "there is no bank in" in here.err) == (2, True), here.err


def test_a_served_bank_steps_back_as_one_that_is_not(
    go: Callable[..., Ran], run: Run, root: Path, tables: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def rolled(to: str) -> str:
        version: str = go("rollout", "draft", "small", "--reason", to, "--by", "li", "--json", lines=(OWN, "")).document["version"]
        assert go("rollout", "evidence", "small", "--by", "li", *tables[:4], lines=(OWN, "")).code == 0
        moved = go("rollout", "forward", "small", version[:6], "--to", to, "--by", "wang", lines=(OWN, ""))
        assert moved.code == 0, moved.err
        return version

    live = rolled("live")
    with (root / "policies" / "small" / "policy.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    challenger = rolled("shadow")
    made = go("api-keys", "make", "night", "--scope", "policies", "--by", "chen", "--json", lines=(WORD, ""))
    monkeypatch.setenv("HUITONG_KEY", made.document["shown_once"])
    named = ("rollout", "back", "small", "--ground", "doubt", "--version", challenger[:6], "--json")
    other = shutil.copytree(root, root.with_name("other"))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{OWN}\n\n"))
    here = run(*named, "--by", "li", "--bank", other)
    with served(root, quiet=True) as (_, address):
        asked = run(*named, "--service", address)
    assert (here.code, asked.code) == (0, 0), here.err + asked.err
    assert here.document == asked.document
    assert asked.document == {"policy": "small", "version": challenger, "stage": "replayed", "share_ppm": 0, "live": live}
