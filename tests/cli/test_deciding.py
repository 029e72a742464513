"""A whole table decided from the command line."""

from pathlib import Path

import polars as pl

from huitong.app import Bank
from tests.cli.conftest import Run

COUNT = 40


def payments_of(trained_bank: Path, tmp_path: Path) -> Path:
    """The first payments of the small bank's table."""
    path = tmp_path / "some.parquet"
    pl.read_parquet(trained_bank / "tables" / "payments.parquet").head(COUNT).write_parquet(path)
    return path


def test_every_payment_of_a_table_is_decided_once_and_can_be_proved(run: Run, root: Path, trained_bank: Path, tmp_path: Path) -> None:
    table = payments_of(trained_bank, tmp_path)
    given = ["decide", "--input", table, "--mapping", "synthetic", "--policy", "small", "--bank", root]
    done = run(*given, "--json").document
    assert (done["new"], done["before"], done["quarantined"], done["conflicts"]) == (COUNT, 0, 0, [])
    assert sum(done["outcomes"].values()) == COUNT
    first = pl.read_parquet(table)["id"][0]
    run("prove", first, "--bank", root, "--out", tmp_path / "proof.json")
    assert run("verify", tmp_path / "proof.json", "--key", root / "keys" / "public.pem").code == 0
    again = run("--lang", "zh", *given)
    assert f"新决策 0 · 此前已决策 {COUNT}" in again.out
    assert "通过 approve" in again.out
    with Bank(root) as bank:
        assert sum(1 for _ in bank.log.read(0, ["decision"])) == sum(1 for _ in bank.log.read(0, ["payment.requested"])) == COUNT


def test_it_decides_as_one_by_one(run: Run, root: Path, trained_bank: Path, tmp_path: Path) -> None:
    table = payments_of(trained_bank, tmp_path)
    run("decide", "--input", table, "--policy", "small", "--bank", root)
    ids = pl.read_parquet(table)["id"].to_list()
    with Bank(root) as bank:
        facts = [bank.log.event(one) for one in ids]
        decided = [bank.log.decisions_of(one)[0] for one in ids]
    (root / "log" / "log.sqlite").rename(tmp_path / "kept.sqlite")
    for trace in (*(root / "state").glob("*"), root / "keys" / "master.key"):  # of a log: a bank that has one is given no empty one
        trace.unlink()
    with Bank(root) as bank:
        for fact, before in zip(facts, decided, strict=True):
            assert fact is not None
            after = bank.decide(fact, policy="small")
            assert (after.id, after.outcome, after.score, after.reasons) == (before.id, before.outcome, before.score, before.reasons)


def test_what_it_does_not_decide_is_left_out_and_what_conflicts_is_set_aside(
    run: Run, root: Path, trained_bank: Path, tmp_path: Path
) -> None:
    table = payments_of(trained_bank, tmp_path)
    given = ["decide", "--policy", "small", "--bank", root]
    labels = run(*given, "--input", trained_bank / "tables" / "labels.parquet")
    assert labels.code == 2
    assert "not payment.labelled" in labels.err
    both = run(*given, "--input", table, "--input", trained_bank / "tables" / "labels.parquet")
    assert "left out: huitong ingest takes them in" in both.out
    pl.read_parquet(table).with_columns(pl.col("amount_minor") + 1).head(2).write_parquet(tmp_path / "other.parquet")
    done = run(*given, "--input", tmp_path / "other.parquet")
    assert done.code == 3
    assert "already in the log with other content" in done.out
    assert "decided 0" in done.out


def test_it_wants_an_event_or_a_table_and_not_both(run: Run, root: Path) -> None:
    for given in ([], ["{}", "--input", root / "x.parquet"]):
        en, zh = run("decide", *given, "--bank", root), run("--lang", "zh", "decide", *given, "--bank", root)
        assert (en.code, zh.code) == (2, 2)
        assert "either an event or a table" in en.err
        assert "须给出一个事件，或给出数据表" in zh.err
