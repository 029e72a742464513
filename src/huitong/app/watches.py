"""The challengers of a bank's policies, each watched by one ``Watch`` as long as its terms stay the same."""

import threading
from collections.abc import Callable

from huitong.app.folding import columns_of_log, take_stretch
from huitong.app.logbook import Logbook
from huitong.app.watching import Watch, Watched
from huitong.decisions import rollout as ro
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine
from huitong.kernel import EventId, InputError
from huitong.store import RecordLog


class Watches:
    """What is counted about challengers.

    Args:
        logbook: The bank's log.
        load: Loads a policy, by a name that ``Bank.load`` knows.
        engine: Makes a fresh feature engine of a loaded policy.
        status: Every version of a policy and where it stands.
        settings: What is asked before each step, now.
        alerting: Outcomes that somebody has to look at.
    """

    def __init__(
        self,
        logbook: Logbook,
        load: Callable[[str], LoadedPolicy],
        engine: Callable[[LoadedPolicy], FeatureEngine],
        status: Callable[[str], ro.PolicyRollout],
        settings: Callable[[], ro.RolloutSettings],
        alerting: frozenset[str],
    ) -> None:
        self._logbook, self._load, self._engine = logbook, load, engine
        self._status, self._settings, self._alerting = status, settings, alerting
        self._watches: dict[str, Watch] = {}
        self._guard = threading.Lock()

    def of(self, policy: str) -> Watch | None:
        """What is counted about the challenger of a policy; ``None`` where none runs."""
        rollout = self._status(policy)
        live, challenger = rollout.live, rollout.challenger
        with self._guard:
            if challenger is None or live is None:
                self._watches.pop(policy, None)
                return None
            known = self._watches.get(policy)
            if known is None or not _is_of(known, challenger):
                known = self._watches[policy] = self.begin(policy, challenger, self._logbook.log)
            return known

    def counted(self, policy: str) -> Watch | None:
        """As ``of``, but only what another thread has counted up to the log's end already: for pages, which wait for no long past."""
        rollout = self._status(policy)
        if rollout.live is None or rollout.challenger is None or not self._guard.acquire(blocking=False):
            return None
        try:
            known = self._watches.get(policy)
            return known if known is not None and known.caught_up and _is_of(known, rollout.challenger) else None
        finally:
            self._guard.release()

    def begin(self, policy: str, challenger: ro.Version, log: RecordLog) -> Watch:
        """What is to be counted about a challenger, from where its comparison began; nothing is counted yet."""
        comparison = challenger.comparison
        loaded, live = self._load(f"{policy}@{challenger.hash}"), self._load(f"{policy}@{comparison.against}")
        (since,) = log.positions(EventId(comparison.event))
        settings = self._settings()
        group = settings.groups.get(policy)
        if group is not None and ((field := loaded.contract.field(group)) is None or field.type != "string" or field.key):
            raise _no_group(policy, group, loaded.plan.decides)
        watched = Watched(policy, challenger.hash, loaded, comparison, live, challenger.stage, since, self._alerting, group)

        def before() -> FeatureEngine:
            engine = self._engine(loaded)
            batches, arrival = columns_of_log(log, [loaded.plan.streams[kind].contract for kind in loaded.plan.kinds])
            take_stretch(engine, batches, arrival, 0, since)
            return engine

        return Watch(watched, log, before, settings.stop)


def _is_of(known: Watch, challenger: ro.Version) -> bool:
    """Whether it is the same comparison: another live version, or a larger share, begins another."""
    watched = known.watched
    return (watched.version, watched.stage, watched.comparison.event) == (
        challenger.hash,
        challenger.stage,
        challenger.comparison.event,
    )


def _no_group(policy: str, group: str, kind: str) -> InputError:
    return InputError(
        "rollout.group",
        {
            "en": f"[rollout.groups] tells the customers of {policy} apart by {group}, which is no text field of {kind}",
            "zh": f"[rollout.groups] 以 {group} 区分 {policy} 的客户，但它不是 {kind} 的文本字段",
        },
        {"en": "name one of the contract's text fields in bank.toml", "zh": "请在 bank.toml 中指明契约中的某个文本字段"},
    )
