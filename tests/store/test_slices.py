"""A long append is made slice by slice, the next one while a database takes the one before: what is there afterwards does not show it."""

from pathlib import Path

import numpy as np
import pytest

from huitong.contracts import DataContract, Event, EventBatch
from huitong.kernel import DataError
from huitong.store import RecordLog, SqliteLog, appending, encode_batch
from tests.store.build import CONTRACT, TITLE, batch, event

LABEL = DataContract.of_table(
    {
        "kind": "payment.labelled",
        "version": 1,
        "title": TITLE,
        "currency": "CNY",
        "fields": {
            "payment": {"type": "string", "title": TITLE, "key": "payment"},
            "fraud": {"type": "boolean", "title": TITLE, "required": True},
        },
    },
    "test",
)
LABELS = EventBatch.of_events(
    [Event(f"l{number}", LABEL.kind, number, {"payment": f"p{number}"}, {"fraud": number % 3 == 0}) for number in range(60)], LABEL
)


@pytest.fixture(autouse=True)
def slices_of_seven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "SLICE_ROWS", 7)


@pytest.mark.parametrize("seed", range(5))
def test_kinds_keep_their_order_across_slices(tmp_path: Path, seed: int) -> None:
    which = np.random.default_rng(seed).permutation(np.repeat([0, 1], [100, 60])).astype(np.intp)
    payments, labels = batch(100).events(CONTRACT), LABELS.events(LABEL)
    expected = [next(labels) if place else next(payments) for place in which.tolist()]
    with SqliteLog(tmp_path / "log.sqlite") as log:
        assert log.append_batches([batch(100), LABELS], [CONTRACT, LABEL], which).new == 160
        assert [one.content for one in log.read()] == expected
        again = log.append_batches([batch(100), LABELS], [CONTRACT, LABEL], which)
        assert (again.new, again.repeated) == (0, 160)


def root_of(log: RecordLog) -> tuple[int, bytes]:
    return log.end(), log.root()


def test_a_conflict_in_a_late_slice_leaves_nothing_of_the_others(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_events([event(48, amount=77)])
        before = root_of(log)
        with pytest.raises(DataError) as caught:
            log.append_batch(batch(50), CONTRACT)
        assert (caught.value.code, root_of(log)) == ("store.conflict", before)
        assert log.append_batch(batch(48), CONTRACT).new == 48


def test_what_cannot_be_encoded_in_a_late_slice_leaves_nothing_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def failing(some: EventBatch, contract: DataContract) -> object:
        made.append(len(some))
        if len(made) == 3:
            raise MemoryError
        return encode_batch(some, contract)

    with SqliteLog(tmp_path / "log.sqlite") as log:
        with monkeypatch.context() as patch:
            patch.setattr(appending, "encode_batch", failing)
            with pytest.raises(MemoryError):
                log.append_batch(batch(50), CONTRACT)
        assert log.end() == 0
        assert log.append_batch(batch(50), CONTRACT).new == 50
