"""What is folded from the log and kept: feature state, by version of its plan. It can be thrown away, folded again, and compared.

Two states that say the same lay out their keys as these came, one by one or in columns; so they are compared by what they answer. Each
combination of keys that the log's latest decided events name is asked about, now, of both: the features must be the same bits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from huitong.app.folding import columns_of_log, fold, forgotten_since, take_stretch
from huitong.app.progress import Progress, silent
from huitong.contracts import NULL_INT, Event, EventBatch, Float64Array, Log
from huitong.features import FeatureEngine, FeaturePlan, Snapshot
from huitong.kernel import DataError, Finding, Severity, Text

ASKED_ROWS_MAX = 200_000
"""Latest decided events among which a comparison looks for combinations of keys."""
ASKED_MAX = 10_000
"""Most combinations that it asks about."""
REBUILD: Text = {"en": "run `huitong log rebuild`", "zh": "请运行 `huitong log rebuild`"}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A projection that was folded again.

    Attributes:
        name: Name of the policy, or of a book.
        version: Version of what is folded.
        offset: Offset of the first record not in it.
    """

    name: str
    version: str
    offset: int


@dataclass(frozen=True, slots=True)
class Projection:
    """The kept feature state of a policy.

    Attributes:
        name: Name of the policy.
        plan: What is folded; its version is the projection's.
        make: Makes a fresh engine of the plan.
        path: Where it is kept, with its offset.
    """

    name: str
    plan: FeaturePlan
    make: Callable[[], FeatureEngine]
    path: Path

    def kept(self, log: Log) -> tuple[FeatureEngine, int]:
        """The state as it was kept, and the offset up to which it goes.

        Raises:
            DataError: If there is none, it is damaged, of another version, of another log, of a past that the log no longer has, or from
                before somebody was forgotten.
        """

        def root(offset: int) -> str | None:
            return log.root(offset).hex() if offset <= log.end() else None

        engine, offset = FeatureEngine.restore(self.path, self.plan, self.make().lists, log_root=root)
        if forgotten_since(log, offset):
            raise DataError(
                "features.state.unusable",
                {"en": f"{self.path} is from before somebody was forgotten", "zh": f"{self.path} 保存于某人被遗忘之前"},
                {"en": "fold the state from the log again", "zh": "请由日志重新构建状态"},
            )
        return engine, offset

    def keep(self, engine: FeatureEngine, offset: int, log: Log) -> None:
        """Keeps a state that goes up to an offset of the log, with what tells this past from any other.

        Raises:
            DataError: If the log's tree is damaged.
            ExternalError: If the disk refuses.
        """
        engine.snapshot(self.path, offset, log.root(offset).hex())

    def write(self, copy: Snapshot, offset: int, log: Log) -> None:
        """Keeps a copy of a state while the log goes on. Raises as ``keep``."""
        copy.write(self.path, log.root(offset).hex())
        if forgotten_since(log, offset):  # they may be in it by name, and their erasure may have swept the folder before
            self.path.unlink(missing_ok=True)

    def rebuild(self, log: Log, progress: Progress = silent) -> Rebuilt:
        """Folds the state from the whole log, and keeps it.

        Raises:
            ExternalError: If the disk refuses.
        """
        while True:
            engine, began = self.make(), log.end()
            offset = fold(engine, log, 0, progress)
            self.keep(engine, offset, log)
            # Whoever was forgotten meanwhile may be in it by name, kept after that erasure had swept the folder.
            if not forgotten_since(log, began):
                return Rebuilt(self.name, self.plan.version, offset)

    def check(self, log: Log, progress: Progress = silent) -> Iterator[Finding]:
        """Whether the kept state, if there is one, is what the log gives."""
        if not self.path.exists():
            return
        where = f"{self.name}, {self.path.name[:12]}"
        try:
            kept, offset = self.kept(log)
        except DataError as error:
            yield Finding("state.unusable", where, error.cause, REBUILD, Severity.WARNING)
            return
        again, asked = self.make(), []
        contracts = [self.plan.streams[kind].contract for kind in self.plan.kinds]
        batches, arrival = columns_of_log(log, contracts, progress)
        take_stretch(again, batches, arrival, 0, offset, progress)
        if self.plan.decides in batches:
            until = int(np.searchsorted(arrival[self.plan.decides], offset))
            asked = _questions(batches[self.plan.decides].slice(0, until), self.plan)
        wrong = _difference(kept, again, asked, self.plan.names)
        if wrong is not None:
            yield Finding("state.differs", where, wrong, REBUILD)


def _questions(decided: EventBatch, plan: FeaturePlan) -> list[Event]:
    """The latest decided event of each combination of keys, newest first."""
    latest = decided.slice(max(len(decided) - ASKED_ROWS_MAX, 0), len(decided))
    if len(latest) == 0:
        return []
    codes = np.stack([latest.keys[role].codes[::-1] for role in sorted(latest.keys)])
    _, rows = np.unique(codes, axis=1, return_index=True)
    newest = np.sort(rows)[:ASKED_MAX]
    return list(latest.take(len(latest) - 1 - newest).events(plan.streams[plan.decides].contract))


def _difference(kept: FeatureEngine, again: FeatureEngine, asked: list[Event], names: tuple[str, ...]) -> Text | None:
    """How the answers of two states differ; ``None`` where they do not."""
    if (kept.watermark_us, kept.late.count) != (again.watermark_us, again.late.count):
        return {
            "en": f"the kept state counts {kept.late.count} late events, the log gives {again.late.count}; or its newest event is another",
            "zh": f"保存的状态计有 {kept.late.count} 条迟到事件，日志得出 {again.late.count} 条；或其最新事件不同",
        }
    now_us = max(again.watermark_us, max((event.time_us for event in asked), default=NULL_INT))
    wrong: list[tuple[Event, Float64Array, Float64Array]] = []
    for event in asked:
        question = replace(event, time_us=now_us)
        answers = kept.preview(question), again.preview(question)
        if answers[0].tobytes() != answers[1].tobytes():
            wrong.append((event, *answers))
    if not wrong:
        return None
    event, ours, theirs = wrong[0]
    place = next(place for place in range(len(ours)) if ours[place].tobytes() != theirs[place].tobytes())
    shown = f"{names[place]} {ours[place]:g} ≠ {theirs[place]:g}"
    return {
        "en": f"{len(wrong)} of {len(asked)} questions get another answer from the kept state than from the log; first {event.id}: {shown}",
        "zh": f"{len(asked)} 个问题中有 {len(wrong)} 个，保存的状态与日志给出的答案不同；首个为 {event.id}：{shown}",
    }
