"""Compiles everything before it is needed, and says so when that takes a while: at the first start after an installation or an update."""

import threading
from collections.abc import Callable

import numpy as np

from huitong.contracts import DataContract, Event, EventBatch
from huitong.features import derived, steps
from huitong.features.engine import FeatureEngine
from huitong.features.plan import FeaturePlan
from huitong.kernel import Text

COMPILING: Text = {
    "en": "compiling the feature engine for this machine: about a minute, once after an installation or an update",
    "zh": "正在为本机编译特征引擎：约需一分钟，仅在安装或更新后进行一次",
}
SILENT_SECONDS = 3.0
"""Loading compiled code from the cache takes less than this on a quiet machine."""


def warm_up(on_wait: Callable[[Text], None]) -> None:
    """Compiles every function of the engine, or loads it from the cache.

    Args:
        on_wait: Is told, at most once, why it takes a while.
    """
    told = threading.Event()

    def tell() -> None:
        if not told.is_set():
            told.set()
            on_wait(COMPILING)

    timer = threading.Timer(SILENT_SECONDS, tell)
    timer.daemon = True
    timer.start()
    try:
        before = _compiled()
        steps.split(np.zeros((0, 4), np.int32), 1)
        derived.derive(np.zeros((0, 4), np.int32), np.zeros((0, 1)))
        if _compiled() > before:
            tell()
        _run_everything()
    finally:
        timer.cancel()


def _compiled() -> int:
    """How often two small functions, which take no time, had to be compiled because no cached code fitted."""
    return sum(sum(small.stats.cache_misses.values()) for small in (steps.split, derived.derive))


def _run_everything() -> None:
    engine = FeatureEngine(FeaturePlan.load({"features": _FEATURES}, {_CONTRACT.kind: _CONTRACT}, _CONTRACT.kind))
    events = [Event(str(n), _CONTRACT.kind, n * 10**6, {"account": "a", "counterparty": "b"}, {"amount": n}) for n in range(3)]
    for event in events:
        engine.update(event)
    for _ in engine.run([EventBatch.of_events(events, _CONTRACT)], threads=2, patterns=True):
        pass


_TITLE = {"en": "warm-up", "zh": "预热"}
_CONTRACT = DataContract.of_table(
    {
        "kind": "warm.up",
        "version": 1,
        "title": _TITLE,
        "currency": "CNY",
        "fields": {
            "account": {"type": "string", "title": _TITLE, "key": "account", "space": "account"},
            "counterparty": {"type": "string", "title": _TITLE, "key": "counterparty", "space": "account"},
            "amount": {"type": "money", "title": _TITLE, "required": True},
        },
    },
    "warm-up",
)
_FEATURES = {
    "amount": {"field": "amount"},
    "hour": {"calendar": "hour"},
    "count_1h": {"count": True, "by": ["account", "counterparty"], "over": "1h"},
    "receivers_1h": {"distinct": "counterparty", "by": "account", "over": "1h"},
    "received_1h": {"sum": "amount", "by": "account", "as": "counterparty", "over": "1h"},
    "share": {"ratio": ["amount", "received_1h"]},
    "cycles_3": {"graph": "cycles", "length": 3, "over": "1h"},
}
