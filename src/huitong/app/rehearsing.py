"""A decision that nobody asked for, made once at the start, so that the first real one does not wait for compiled code to be loaded."""

from huitong.app.deciding import Asked, decided, decided_together, would_change
from huitong.contracts import TIER_FULL, DataContract, Event, FieldSpec, FieldType, Value
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine

GROUP = 32
"""So many events are decided as a group."""
_TEXT = "rehearsal"


def rehearse(loaded: LoadedPolicy, engine: FeatureEngine) -> None:
    """Decides a made-up event twice, a group of them, and asks what would have changed it.

    Args:
        loaded: The policy.
        engine: A fresh engine of its plan, which is thrown away.
    """
    for number in range(2):
        event = _made_up(loaded.contract, number)
        decided(loaded, engine, event, tier=TIER_FULL)
    decided_together(loaded, engine, [Asked(_made_up(loaded.contract, number)) for number in range(2, 2 + GROUP)])
    would_change(loaded, engine, event, len(loaded.program.settings.outcomes) - 1, tier=TIER_FULL)


def _made_up(contract: DataContract, number: int) -> Event:
    keys = {spec.key: _TEXT for spec in contract.fields if spec.key is not None}
    data = {spec.name: _value(spec, contract) for spec in contract.fields if spec.key is None}
    return Event(f"{_TEXT}-{number}", contract.kind, contract.horizon_us + number, keys, data)


def _value(spec: FieldSpec, contract: DataContract) -> Value:
    if spec.type is FieldType.STRING:
        return contract.currency if spec.name == contract.currency_field else next(iter(spec.one_of), _TEXT)
    if spec.type is FieldType.BOOLEAN:
        return False
    return spec.minimum or spec.scale
