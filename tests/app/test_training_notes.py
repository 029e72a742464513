"""What a training tells about features that have one value: at once, and only what the policy's author can mend."""

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from huitong.app import Bank, Source
from huitong.app.training import noticed, rounds_told
from huitong.kernel import Finding, Text
from tests.app.small_world import changed


def test_features_with_one_value_are_told_in_one_line(bank: Bank, sources: Sequence[Source], root: Path) -> None:
    features = root / "policies" / "small" / "features.toml"
    added = (
        'late_night = { count = true, by = "customer", over = "1s" }\nlate_sum = { distinct = "terminal", by = "device", over = "1s" }\n'
    )
    changed(features, ("cycle_length =", f"{added}cycle_length ="))
    changed(root / "policies" / "small" / "policy.toml", ('features = ["amount",', 'features = ["amount", "late_night", "late_sum",'))
    loaded = bank.load("small", trained=False)
    batches = bank.take_in(sources, None, lambda *_: None).batches
    text: Text = {"zh": "同值", "en": "one value"}
    found = [Finding("training.feature.constant", name, text, text) for name in ("late_night", "late_sum")]
    other = Finding("training.monotone.method", "model", text, text)
    kept, one = noticed(loaded, batches, [*found, other])
    assert kept is other
    assert re.search("late_night, late_sum", one.text["en"])
    assert re.search("late_night、late_sum", one.text["zh"])
    without_devices = {kind: batch for kind, batch in batches.items() if kind != "payment.requested"}
    assert noticed(loaded, without_devices, found) == (), "nobody can mend a feature whose input is not there"


def test_a_file_without_devices_is_trained_on_without_a_word_about_their_features(
    bank: Bank, sources: Sequence[Source], tmp_path: Path
) -> None:
    payments, *others = sources
    assert isinstance(payments.table, Path)
    table = pq.read_table(payments.table)
    nothing = table.set_column(table.schema.get_field_index("device"), "device", [[None] * table.num_rows])
    pq.write_table(nothing, tmp_path / "payments.parquet")
    trained = bank.train("small", [Source(tmp_path / "payments.parquet", payments.mapping), *others])
    assert [one for one in trained.findings if "device" in one.text["en"]] == []


def test_the_rounds_of_a_second_training_are_told_apart() -> None:
    told: list[tuple[str, int, int | None]] = []
    rounds = rounds_told(lambda *one: told.append(one))
    for done, total in ((1, 200), (2, 200), (1, 2), (2, 2)):
        rounds(done, total)
    assert told == [("training", 1, 200), ("training", 2, 200), ("refitting", 1, 2), ("refitting", 2, 2)]
