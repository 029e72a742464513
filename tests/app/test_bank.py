"""What one does with a bank: train, replay against an older version, ask why, let others in."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import huitong
from huitong.app import Bank, Source
from huitong.app.replaying import judged_rows, learned_until_us
from huitong.app.samples import decision_of
from huitong.kernel import MICROSECONDS_PER_DAY, DataError, ExternalError, HuitongError, InputError, PolicyError
from tests.app.small_world import changed, clock, sources_in


def moved(trained_bank: Path, folder: Path) -> list[Source]:
    """The tables in a folder of one's own, to be changed."""
    shutil.copytree(trained_bank / "tables", folder / "tables")
    return sources_in(folder)


def test_one_line_opens_a_bank_and_makes_it_where_there_is_none(tmp_path: Path) -> None:
    with huitong.open(tmp_path / "new", threads=1) as bank:
        assert bank.policies == ["card_payments"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear", "utf-8")
    with pytest.raises(InputError, match="other things than a bank"):
        huitong.open(tmp_path / "other")
    with pytest.raises(InputError, match="is a file"):
        huitong.open(tmp_path / "other" / "letter.txt")


def test_one_changed_cell_is_what_the_diff_shows_and_whom_it_concerns_is_what_the_comparison_shows(
    root: Path, sources: Sequence[Source]
) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        old = bank.replay("small", sources)
        version = old.run.loaded.program.version
    changed(root / "policies" / "small" / "velocity.dmn", ("&gt;= 4<", "&gt;= 3<"))
    with Bank(root, clock=clock(), threads=2) as bank:
        rival = f"small@{version[:8]}"
        (difference,) = bank.diff("small", rival)
        assert (difference.file, difference.place) == ("velocity.dmn", "velocity, row 2, payments in an hour")
        assert (difference.before, difference.after) == (">= 4", ">= 3")
        assert bank.diff(rival, version[:8]) == []
        new = bank.replay("small", sources, against=rival, since="2000-01-01")
    before, after = old.run.replayed.policies[0], new.run.replayed.policies[0]
    assert (new.run.replayed.policies[1].outcome == before.outcome).all()
    assert (after.outcome != before.outcome).sum() > 0
    comparison = new.report.comparison
    assert comparison is not None
    assert comparison.version == version
    moves = {(cell.before, cell.after): cell.payments.count for cell in comparison.transitions}
    pairs = list(zip(before.outcome.tolist(), after.outcome.tolist(), strict=True))
    assert moves == {pair: pairs.count(pair) for pair in set(pairs)}
    listed = {one.id for one in comparison.differences}
    assert len(listed) == min(comparison.differing, 200) == min(sum(old != new for old, new in pairs), 200)


def test_the_old_version_with_other_features_is_replayed_on_its_own(root: Path, sources: Sequence[Source]) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        old = bank.replay("small", sources).run.replayed.policies[0]
        line = 'sum_7d = { sum = "amount", by = "customer", over = "7d" }\ncycle_length ='
        changed(root / "policies" / "small" / "features.toml", ("cycle_length =", line))
        added = bank.replay("small", sources).run.replayed.policies[0]
        assert added.program.version != old.program.version
        assert added.score.tobytes() == old.score.tobytes(), "the model does not read the feature, so nothing moves"
        assert added.outcome.tobytes() == old.outcome.tobytes()
        changed(root / "policies" / "small" / "policy.toml", ('features = ["amount",', 'features = ["amount", "sum_7d",'))
        with pytest.raises(PolicyError, match="huitong train"):
            bank.replay("small", sources)
        trained = bank.train("small", sources)
        assert "sum_7d" in bank.load("small").plan.names
        both = bank.replay("small", sources, against=old.program.version).run.replayed.policies
        assert both[0].program.version == trained.version
        assert both[1].program.version == old.program.version
        assert both[1].score.tobytes() == old.score.tobytes()


def test_a_version_that_has_answered_cannot_be_trained_or_mistaken(root: Path, sources: Sequence[Source]) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        loaded = bank.load("small")
        version = loaded.program.version
        frozen = bank.workspace.freeze("small", version, loaded.program.content)
        with pytest.raises(InputError, match="never changes again"):
            bank.train(f"small@{version}", sources)
        assert bank.load(f"small@{version[:6]}").program.version == version
        assert bank.workspace.freeze("small", version, {}) == frozen
        shutil.copytree(frozen, frozen.parent / (version[:8] + "0" * 56))
        with pytest.raises(InputError, match="several versions"):
            bank.load(f"small@{version[:8]}")
        for name in ("small@", "smal", "small@abc", f"other@{version}", "/folder/of@me/policy"):
            with pytest.raises(InputError) as caught:
                bank.load(name)
            assert caught.value.code == "bank.policy.unknown"
        with pytest.raises(InputError, match="known: small"):
            bank.load("smal")


def test_explaining_a_declined_payment_gives_the_decision_of_the_last_replay(bank: Bank, sources: Sequence[Source]) -> None:
    report = bank.replay("small", sources)
    alerts = report.run.replayed.alerts
    for kept in (0, len(alerts.rows) - 1):
        decision, event = decision_of(report.run, int(alerts.rows[kept]), kept)
        explained = bank.explain(event.id)
        assert (replace(explained.decision, smallest_change=None), explained.event) == (replace(decision, smallest_change=None), event)
        assert "payments.parquet" in explained.origin["en"]
        assert "重新计算" in explained.origin["zh"]
    with pytest.raises(InputError, match="no event 'P-nobody'"):
        bank.explain("P-nobody")


def test_a_table_that_changed_since_is_not_taken_for_what_it_was(trained_bank: Path, root: Path, tmp_path: Path) -> None:
    own = moved(trained_bank, tmp_path)
    with Bank(root, clock=clock(), threads=2) as bank:
        report = bank.replay("small", own)
        name = report.run.replayed.events.ids[0].as_py()
        assert bank.explain(name).decision.outcome
        labels = own[1].table
        assert isinstance(labels, Path)
        labels.write_bytes(labels.read_bytes() + b"\0")
        with pytest.raises(DataError, match=r"labels.parquet is not what it was"):
            bank.explain(name)
        labels.unlink()
        with pytest.raises(ExternalError):
            bank.explain(name)


def test_without_any_replay_nobody_knows_the_event(bank: Bank) -> None:
    with pytest.raises(InputError) as caught:
        bank.explain("P000000001")
    assert caught.value.code == "event.unknown"
    with pytest.raises(InputError) as empty:
        bank.replay("small")
    assert empty.value.code == "log.empty"


def test_only_one_may_write_and_others_may_read_meanwhile(root: Path, sources: Sequence[Source]) -> None:
    with Bank(root, clock=clock(), threads=2) as writer, Bank(root, clock=clock(), threads=2) as reader:
        writer.ingest([sources[2]])
        with pytest.raises(ExternalError) as caught:
            reader.ingest([sources[2]])
        assert "process" in caught.value.cause["en"]
        assert reader.check_log() == ()
        with pytest.raises(InputError) as nothing:
            reader.replay("small")
        assert nothing.value.code == "replay.nothing", "it read the log, which holds no payments"


def test_nothing_to_train_on_is_told(root: Path, sources: Sequence[Source]) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        before = (root / "policies" / "small" / "trained.toml").read_bytes()
        for until, tables, code in [
            (None, [sources[2]], "replay.nothing"),
            ("2000-01-01", sources, "training.no_labels"),
            (None, [sources[0]], "training.no_labels"),
        ]:
            with pytest.raises(HuitongError) as caught:
                bank.train("small", tables, until=until)
            assert caught.value.code == code
        assert (root / "policies" / "small" / "trained.toml").read_bytes() == before


def test_training_again_on_the_same_gives_the_same_version_and_another_seed_another(root: Path, sources: Sequence[Source]) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        version = bank.load("small").program.version
        assert bank.train("small", sources).version == version
        assert bank.train("small", sources, seed=8).version != version


def test_tables_of_one_name_are_kept_apart(trained_bank: Path, root: Path, tmp_path: Path) -> None:
    own = moved(trained_bank, tmp_path)
    (tmp_path / "more").mkdir()
    first = own[0].table
    assert isinstance(first, Path)
    same_name = tmp_path / "more" / "payments.parquet"
    shutil.copyfile(tmp_path / "tables" / "profiles.parquet", same_name)
    with Bank(root, clock=clock(), threads=2) as bank:
        report = bank.replay("small", [Source(first, "synthetic"), Source(same_name, "synthetic_profiles")])
        assert list(report.run.taken.hashes) == ["payments.parquet", "payments.parquet (2)"]
        name = report.run.replayed.events.ids[0].as_py()
        assert bank.explain(name).event.id == name


def test_bad_rows_of_another_day_do_not_take_the_place_of_the_first(bank: Bank, tmp_path: Path) -> None:
    head = "id,time_us,customer,amount_minor,currency,account,card,counterparty,terminal,merchant,device,channel,mcc,country,region\n"
    kept = []
    for day, amount in (("mon", "-5"), ("tue", "x")):
        (tmp_path / day).mkdir()
        table = tmp_path / day / "payments.csv"
        rows = [f"{day}1,1760000000000000,C1,100,CNY,,,,,,,,,,\n", f"{day}2,1760000000000000,C1,{amount},CNY,,,,,,,,,,\n"]
        table.write_text(head + "".join(rows), "utf-8")
        taken, appended = bank.ingest(table, mapping="synthetic")
        assert (appended.new, taken.quarantined) == (1, 1)
        kept += list(taken.quarantines)
    texts = [path.read_text("utf-8") for path in kept]
    assert len(set(kept)) == 2
    assert "mon2" in texts[0]
    assert "tue2" in texts[1]


def test_a_payment_of_the_log_that_was_replayed_but_never_decided_can_be_asked_about(bank: Bank, sources: Sequence[Source]) -> None:
    bank.ingest(sources)
    report = bank.replay("small")
    alerts = report.run.replayed.alerts
    decision, event = decision_of(report.run, int(alerts.rows[-1]), len(alerts.rows) - 1)
    explained = bank.explain(event.id)
    assert (replace(explained.decision, smallest_change=None), explained.event) == (replace(decision, smallest_change=None), event)
    assert (explained.origin["en"], explained.origin["zh"]) == ("computed again from the log", "由日志重新计算")


def test_thresholds_are_chosen_for_the_first_and_the_last_step_whatever_the_words(root: Path, sources: Sequence[Source]) -> None:
    folder = root / "policies" / "small"
    text = (
        (folder / "policy.toml")
        .read_text("utf-8")
        .replace('["approve", "review", "decline"]', '["通过", "review", "more care", "decline"]')
    )
    (folder / "policy.toml").write_text(text, "utf-8")
    (folder / "velocity.dmn").write_text((folder / "velocity.dmn").read_text("utf-8").replace('"approve"', '"通过"'), "utf-8")
    with Bank(root, clock=clock(), threads=2) as bank:
        assert set(bank.train("small", sources).thresholds) == {"review", "decline"}
        text = (folder / "policy.toml").read_text("utf-8").replace('outcome = "review"', 'outcome = "拒绝"').replace('"decline"', '"拒绝"')
        text = text.replace('["通过", "review", "more care", "拒绝"]', '["通过", "拒绝"]').replace(
            "[measures.decline]", '[measures."拒绝"]'
        )
        (folder / "policy.toml").write_text(text, "utf-8")
        table = (folder / "velocity.dmn").read_text("utf-8")
        (folder / "velocity.dmn").write_text(table.replace('"decline"', '"拒绝"').replace('"review"', '"拒绝"'), "utf-8")
        trained = bank.train("small", sources)
        assert trained.thresholds == {"拒绝": trained.choice.decline}
        assert set(bank.replay("small", sources).run.replayed.policies[0].outcome.tolist()) == {0, 1}


def test_many_threads_may_decide_at_once(root: Path) -> None:
    payment = {"time": "2025-10-01T12:00:00+08:00", "customer": "C1", "amount": "10", "currency": "CNY"}
    with Bank(root, clock=clock(), threads=2) as bank, ThreadPoolExecutor(8) as threads:
        decisions = list(threads.map(lambda number: bank.decide({"id": f"P-{number}", **payment}, policy="small"), range(40)))
        counts = sorted(decision.evidence.features["customer_count_1h"] for decision in decisions)  # type: ignore[type-var]
        assert counts == list(range(1, 41)), "each saw all before it and none twice"
        alerts = sum(decision.outcome != "approve" for decision in decisions)
        assert bank.log.end() == 80 + alerts


def test_a_kept_version_that_would_answer_otherwise_today_is_told(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        loaded = bank.load("small")
        version = loaded.program.version
        frozen = bank.workspace.freeze("small", version, loaded.program.content)
        assert bank.check(f"small@{version}") == loaded.findings
        changed(frozen / "policy.toml", ("amount > 200000", "amount > 1"))
        *_, finding = bank.check(f"small@{version}")
        assert (finding.code, finding.where) == ("policy.version.moved", f"small@{version[:12]}")


def test_nothing_is_judged_before_the_last_label_that_training_knew(bank: Bank, sources: Sequence[Source]) -> None:
    program = bank.load("small").program
    assert program.settings.model is not None
    before_us = program.settings.model.learned_before_us
    assert before_us is not None
    assert program.scorer is not None
    assert max(part.end_us for part in program.scorer.ensemble.record.slices) < before_us - 6 * MICROSECONDS_PER_DAY
    done = bank.replay("small", sources)
    events = done.run.replayed.events
    assert judged_rows(events, learned_until_us(program)).start == int((events.time_us < before_us).sum())
