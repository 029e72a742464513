"""A list feature is of the event's time: an entry counts from its beginning until its end."""

import numpy as np
import pyarrow as pa

from huitong.contracts import Event, EventBatch
from huitong.features import FeatureEngine, Listed
from huitong.features.listed import ListColumn
from tests.features.world import CONTRACTS, HOUR, PAYMENT, START, plan_of

PLAN = plan_of({"blocked": {"list": "blocked", "of": "terminal"}})
ENTRIES = {"t1": Listed(START + HOUR, START + 2 * HOUR), "t2": Listed(until_us=START + HOUR), "t3": Listed()}
CASES = [
    ("t1", 0, 0.0),
    ("t1", HOUR - 1, 0.0),
    ("t1", HOUR, 1.0),
    ("t1", 2 * HOUR - 1, 1.0),
    ("t1", 2 * HOUR, 0.0),
    ("t2", HOUR - 1, 1.0),
    ("t2", HOUR, 0.0),
    ("t3", 0, 1.0),
    ("t4", 0, 0.0),
    (None, HOUR, 0.0),
]


def test_an_entry_counts_from_its_beginning_until_its_end_live_and_in_a_batch() -> None:
    events = [
        Event(f"e{number}", PAYMENT, START + after_us, {} if terminal is None else {"terminal": terminal}, {"amount": 1})
        for number, (terminal, after_us, _) in enumerate(CASES)
    ]
    engine = FeatureEngine(PLAN, {"blocked": ENTRIES})
    previewed = [engine.preview(event)[0] for event in events]
    batch = EventBatch.of_events(events, CONTRACTS[PAYMENT])
    chunk = next(FeatureEngine(PLAN, {"blocked": ENTRIES}).run([batch]))
    by_row = dict(zip(chunk.rows.tolist(), chunk.features[:, 0].tolist(), strict=True))
    wanted = [listed for _, _, listed in CASES]
    assert previewed == wanted
    assert [by_row[row] for row in range(len(events))] == wanted


def test_a_missing_text_is_on_no_list() -> None:
    column = ListColumn({"t1": Listed()}, pa.array(["t1"], pa.string()))
    assert column.is_listed(np.array([-1, 0], np.int32), np.zeros(2, np.int64)).tolist() == [0.0, 1.0]
