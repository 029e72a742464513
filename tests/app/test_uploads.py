"""Tables that somebody drops: kept, laid against the bank's mappings, given the names that a mapping reads."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huitong.app import Bank
from huitong.app.uploads import KEPT_MAX, Uploads
from huitong.data import column_names
from huitong.kernel import HuitongError

HEAD = ["id", "time_us", "Customer ID", "account", "card", "counterparty", "terminal", "merchant", "device", "mcc", "region"]
REST = ["amount minor", "currency", "channel", "country"]


def table(names: list[str]) -> pa.Table:
    return pa.table({name: ["1"] for name in names})


def dropped(uploads: Uploads, tmp_path: Path, suffix: str, names: list[str], id_: str = "web:1") -> str:
    path = tmp_path / f"spring{suffix}"
    if suffix == ".csv":
        path.write_text(";".join(names) + "\n" + ";".join("1" for _ in names) + "\n", "utf-8-sig")
    else:
        pq.write_table(table(names), path)
    return uploads.keep(id_, path.name, path.read_bytes())


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_columns_most_alike_are_suggested_and_the_table_is_given_their_names(bank: Bank, tmp_path: Path, suffix: str) -> None:
    uploads = Uploads(bank)
    id_ = dropped(uploads, tmp_path, suffix, [*HEAD, *REST])
    seen = uploads.look(id_)
    assert (seen.name, seen.best) == (f"spring{suffix}", "synthetic")
    wanted = seen.wanted["synthetic"]
    assert (wanted["customer"], wanted["amount_minor"]) == ("Customer ID", "amount minor")
    assert seen.titles["synthetic"] == {"en": "Synthetic bank: payments", "zh": "模拟银行：支付"}
    assert {seen.fields["synthetic"][name]["zh"] for name in ("id", "customer")} == {"事件编号", "客户"}
    chosen = {name: own for name, own in wanted.items() if own is not None}
    mapped = uploads.mapped(id_, "synthetic", chosen)
    assert set(wanted) <= set(column_names(mapped))
    assert column_names(mapped).index("customer") == 2
    assert mapped.name == f"spring{suffix}", "what is said of it names it as its owner does"


def test_a_column_left_open_or_taken_twice_is_refused(bank: Bank, tmp_path: Path) -> None:
    uploads = Uploads(bank)
    id_ = dropped(uploads, tmp_path, ".csv", [*HEAD, *REST])
    chosen = {name: own for name, own in uploads.look(id_).wanted["synthetic"].items() if own is not None}
    with pytest.raises(HuitongError, match="customer"):
        uploads.mapped(id_, "synthetic", {**chosen, "customer": "nothing like it"})
    with pytest.raises(HuitongError, match="chosen twice: account"):
        uploads.mapped(id_, "synthetic", {**chosen, "customer": "account"})


def test_a_name_that_is_taken_steps_aside_for_the_column_that_was_chosen(bank: Bank, tmp_path: Path) -> None:
    uploads = Uploads(bank)
    id_ = dropped(uploads, tmp_path, ".parquet", [*HEAD, *REST, "customer"])
    chosen = {name: own for name, own in uploads.look(id_).wanted["synthetic"].items() if own is not None}
    names = column_names(uploads.mapped(id_, "synthetic", {**chosen, "customer": "Customer ID"}))
    assert (names.index("customer"), names[-1]) == (2, "customer__unread")


def test_what_is_no_table_is_not_kept_and_old_ones_make_room(bank: Bank, tmp_path: Path) -> None:
    uploads = Uploads(bank)
    for name, content, said in (("page.html", b"<b>", "page"), ("../../三月 <b>.parquet", b"PAR1 no", "三月 _b_.parquet")):
        with pytest.raises(HuitongError, match=said):
            uploads.keep("web:0", name, content)
    ids = [dropped(uploads, tmp_path, ".csv", HEAD, f"web:{number}") for number in range(KEPT_MAX + 2)]
    with pytest.raises(HuitongError):
        uploads.look(ids[0])
    assert uploads.look(ids[-1]).columns == HEAD
    with pytest.raises(HuitongError):
        uploads.look("../uploads")
