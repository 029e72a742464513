"""How an analyst's verdict becomes labels of payments: as the policy says that decides them, else the first that declares its labels."""

from huitong.app.bank import Bank
from huitong.app.books import Labels, labels_from
from huitong.kernel import DataError
from huitong.operations.cases import LabelsOf


def labels_in_bank(bank: Bank, first: str) -> LabelsOf:
    """Makes the labels that a verdict gives its payments.

    Args:
        bank: The bank.
        first: Policy that is asked first what its labels are.

    Raises:
        DataError: If no policy says what its labels are.
    """
    found: dict[str, Labels] = {}
    for name in dict.fromkeys([first, *bank.policies]):
        settings = bank.policies_say.of(name)
        contract = bank.contracts.get(settings.labels_kind or "")
        if contract is not None and settings.labels_field is not None:
            found.setdefault(settings.decides, Labels(contract, settings.labels_field))
    if found:
        return labels_from(bank.log, found, next(iter(found.values())))
    raise DataError(
        "alert.labels",
        {"en": "no policy says what its labels are", "zh": "没有策略声明其标签"},
        {
            "en": "name them in policy.toml: labels = { events = …, field = … }",
            "zh": "请在 policy.toml 中声明 labels = { events = …, field = … }",
        },
    )
