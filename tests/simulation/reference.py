"""A bank that nothing ever disturbed: fed what the model's log holds, in order, one by one, and asked what it says."""

from collections.abc import Sequence

from huitong.app.deciding import decided
from huitong.contracts import Decision, Event, Float64Array
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine


class Reference:
    """A policy over facts.

    Args:
        loaded: The policy.
    """

    def __init__(self, loaded: LoadedPolicy) -> None:
        self._loaded = loaded
        self._engine = self._fresh()
        self._taken: list[Event] = []

    def _fresh(self) -> FeatureEngine:
        return FeatureEngine(self._loaded.plan, {entries.name: entries.entries for entries in self._loaded.program.lists})

    def decision(self, facts: Sequence[Event], event: Event, tier: str) -> Decision:
        """What is said to an event after these facts, with what there is time for."""
        engine = self._after(facts)
        said = decided(self._loaded, engine, event, tier=tier)
        self._taken.append(event)
        return said

    def preview(self, facts: Sequence[Event], event: Event) -> Float64Array:
        """The features of an event after these facts."""
        return self._after(facts).preview(event)

    def _after(self, facts: Sequence[Event]) -> FeatureEngine:
        if self._taken != list(facts[: len(self._taken)]):
            self._engine, self._taken = self._fresh(), []
        for fact in facts[len(self._taken) :]:
            self._engine.update(fact)
        self._taken = list(facts)
        return self._engine
