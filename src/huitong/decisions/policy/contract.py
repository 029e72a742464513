"""Whether a policy's words about events fit the data contracts: a key that no event has would never hit, and nobody would notice."""

from collections.abc import Iterable, Mapping

from huitong.contracts import DataContract, FieldType
from huitong.decisions.policy.settings import Settings
from huitong.decisions.policy.wrong import nearest, wrong

_NUMBERS = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER)


def contract_for(settings: Settings, contracts: Mapping[str, DataContract], where: str) -> DataContract:
    """The data contract of the decided events.

    Args:
        settings: The policy.
        contracts: Data contracts by event kind.
        where: Name of the settings' file, for errors.

    Raises:
        PolicyError: If there is none, its currency is another, or the policy names a key, a text or a label that its events do not have.
    """
    contract = _contract(settings.decides, contracts, f"{where} [policy] decides")
    if contract.currency != settings.currency:
        raise wrong(
            f"{where} [policy] currency",
            f"{settings.currency} is not the data contract's {contract.currency}",
            f"{settings.currency} 与数据契约的 {contract.currency} 不一致",
        )
    roles = [spec.key for spec in contract.fields if spec.key]
    texts = [spec.name for spec in contract.fields if spec.type is FieldType.STRING and not spec.key]
    for entries in settings.lists:
        _one_of(entries.of, [*roles, *texts], f"{where} [lists.{entries.name}] of", contract.kind)
    numbers = [spec.name for spec in contract.fields if spec.type in _NUMBERS]
    for name in settings.change_fields:
        _one_of(name, numbers, f"{where} [smallest_change] fields", contract.kind)
    for role in () if settings.in_force is None else settings.in_force.roles:
        _one_of(role, roles, f"{where} [in_force] roles", contract.kind)
    for name in () if settings.in_force is None else (name for name, of in settings.in_force.narrowed.items() if of):
        _one_of(name, [*roles, *texts], f"{where} [in_force] {name}", contract.kind)
    for measure in settings.measures:
        _one_of(measure.role, roles, f"{where} [measures.{measure.outcome}] role", contract.kind)
    if settings.labels_kind is not None:
        labels = _contract(settings.labels_kind, contracts, f"{where} [policy] labels")
        fields = [spec.name for spec in labels.fields if spec.type is FieldType.BOOLEAN]
        _one_of(settings.labels_field or "", fields, f"{where} [policy] labels", labels.kind)
    return contract


def _contract(kind: str, contracts: Mapping[str, DataContract], place: str) -> DataContract:
    if kind not in contracts:
        hint = nearest(kind, contracts)
        raise wrong(place, f"no data contract for {kind!r} in contracts/{hint[0]}", f"contracts/ 中没有 {kind!r} 的数据契约{hint[1]}")
    return contracts[kind]


def _one_of(name: str, known: Iterable[str], place: str, kind: str) -> None:
    names = list(known)
    if name not in names:
        hint = nearest(name, names)
        listed = ", ".join(names)
        raise wrong(
            place,
            f"{kind} has no {name!r} here{hint[0]}; known: {listed}",
            f"{kind} 在此处没有 {name!r}{hint[1]}；可用：{listed}",
        )
