"""What somebody else changed of a list meanwhile is not overwritten from a page that shows the old."""

import pytest

from huitong.app import Bank
from huitong.app.serving import BankService
from huitong.app.working import WorkBank
from huitong.console.forms import Given
from huitong.console.work.list_acts import LIST_ACTS
from huitong.console.work.list_forms import describing
from huitong.contracts import Command
from huitong.kernel import InputError
from huitong.risk.lists import KeptList, list_of
from tests.risk.lists.build import CHEN


def test_of_two_who_describe_a_list_anew_the_second_is_told_and_takes_nothing_back(bank: Bank) -> None:
    port = WorkBank(bank, BankService(bank, "small"))

    def kept() -> KeptList:
        return port.lists.ask(lambda state: list_of(state, "cards"))

    def shown() -> dict[str, str]:
        form = describing(kept())
        return {**form.fixed, **{field.name: field.initial for field in form.fields}}

    def send(act: str, id_: str, given: dict[str, str]) -> None:
        form = Given({name: (value,) for name, value in given.items()}, "Asia/Shanghai", "CNY")
        LIST_ACTS[act](port, Command(id_, CHEN, bank.clock.now_us()), form)

    first = {"name": "cards", "kind": "block", "holds": "card", "title_zh": "名单", "title_en": "A list"}
    send("list.open", "open", {**first, "owner": "fraud.desk", "purpose": "to try lists", "second": ""})
    opened = shown()
    theirs = opened | {"owner": "card.desk"}
    send("list.describe", "theirs", theirs)
    with pytest.raises(InputError) as refused:
        send("list.describe", "mine", opened | {"purpose": "another one"})
    assert refused.value.code == "list.changed"
    send("list.describe", "theirs", theirs)  # sent again, as its answer was lost
    send("list.describe", "mine-anew", shown() | {"purpose": "another one"})
    assert (kept().owner, kept().purpose) == ("card.desk", "another one")
