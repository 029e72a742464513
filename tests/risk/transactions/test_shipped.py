"""The files that come with the vertical: they load, they fit each other, and they speak both languages."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from huitong.app.house import house_contracts
from huitong.contracts import Codes, DataContract
from huitong.data import TableMapping, read_table
from huitong.decisions.policy import LoadedPolicy, load_policy
from huitong.kernel import MICROSECONDS_PER_DAY, FixedClock, time_us
from huitong.risk.transactions import generate, shipped

CLOCK = FixedClock(time_us("2026-06-01T00:00:00Z"))


@pytest.fixture(scope="module")
def contracts() -> dict[str, DataContract]:
    loaded = [DataContract.load(path) for path in shipped()["contracts"]]
    return {contract.kind: contract for contract in loaded}


@pytest.fixture(scope="module")
def policy(contracts: dict[str, DataContract], tmp_path_factory: pytest.TempPathFactory) -> LoadedPolicy:
    folder = next(path for path in shipped()["policies"] if path.name == "card_payments")
    scratch = tmp_path_factory.mktemp("policy")
    return load_policy(folder, contracts | house_contracts(), scratch / "models", scratch / "cache")


def test_the_least_that_a_payment_must_say_is_who_and_how_much(contracts: dict[str, DataContract]) -> None:
    required = {spec.name for spec in contracts["payment.requested"].fields if spec.required}
    assert required == {"amount", "currency", "customer"}


def test_account_and_counterparty_are_one_space(contracts: dict[str, DataContract]) -> None:
    for kind in ("payment.requested", "payment.labelled"):
        account, counterparty = contracts[kind].role("account"), contracts[kind].role("counterparty")
        assert account is not None
        assert counterparty is not None
        assert account.space == counterparty.space


def test_what_identifies_a_person_is_graded_3_at_least(contracts: dict[str, DataContract]) -> None:
    fields = [spec for contract in contracts.values() for spec in contract.fields if spec.identifies_person]
    assert fields
    assert all(spec.grade >= 3 for spec in fields)


def test_every_mapping_fits_its_contracts(contracts: dict[str, DataContract]) -> None:
    for path in shipped()["mappings"]:
        mapping = TableMapping.load(path)
        mapping.check(contracts[mapping.kind], contracts[mapping.labels.kind] if mapping.labels else None)


def mapping_named(name: str) -> TableMapping:
    return TableMapping.load(next(path for path in shipped()["mappings"] if path.stem == name))


def test_the_synthetic_files_come_back_as_the_events_that_were_written(contracts: dict[str, DataContract], tmp_path: Path) -> None:
    bank = generate(5, customers=300, days=14)
    files = bank.write_parquet(tmp_path)
    for name, path, batch in (
        ("synthetic", files.payments, bank.payments),
        ("synthetic_labels", files.labels, bank.labels),
        ("synthetic_profiles", files.profiles, bank.profiles),
    ):
        intake = read_table(path, mapping_named(name), contracts[batch.kind], None, CLOCK)
        assert len(intake.quarantine) == 0
        read = intake.events
        assert read is not None
        assert read.ids.to_pylist() == batch.ids.to_pylist()
        assert np.array_equal(read.time_us, batch.time_us)
        for role, codes in batch.keys.items():
            assert read.keys[role].arrow().to_pylist() == codes.arrow().to_pylist(), role
        for field, column in batch.data.items():
            other = read.data[field]
            if isinstance(column, Codes):
                assert isinstance(other, Codes)
                assert other.arrow().to_pylist() == column.arrow().to_pylist(), field
            else:
                assert np.array_equal(np.asarray(other), column), field


def test_the_handbooks_payments_come_in_with_their_labels_a_week_later(contracts: dict[str, DataContract], shared_data: Path) -> None:
    table = pq.read_table(shared_data / "fraud/handbook_sim.parquet").slice(0, 20_000)
    intake = read_table(table, mapping_named("handbook"), contracts["payment.requested"], contracts["payment.labelled"], CLOCK)
    assert len(intake.quarantine) == 0
    payments, labels = intake.events, intake.labels
    assert payments is not None
    assert labels is not None
    assert len(payments) == len(labels) == 20_000
    assert payments.time_us[0] == time_us("2018-04-01T00:00:31Z")
    assert np.array_equal(np.sort(labels.time_us) - np.sort(payments.time_us), np.full(20_000, 7 * MICROSECONDS_PER_DAY))
    assert np.array_equal(np.asarray(payments.data["amount"]), np.round(table["amount"].to_numpy().astype(float) * 100).astype(int))
    assert int(np.asarray(labels.data["fraud"]).sum()) == int(table["fraud"].to_numpy().sum())


def test_the_policy_loads_and_the_only_finding_is_that_its_model_waits_for_training(policy: LoadedPolicy) -> None:
    assert [finding.code for finding in policy.findings] == ["policy.model.untrained"]


def test_no_feature_reads_the_scenario_or_who_said_so(policy: LoadedPolicy) -> None:
    labels = policy.plan.streams["payment.labelled"]
    read = {column.name for column in labels.numbers.values()} | {column.name for column in labels.codes.values()}
    assert read
    assert not read & {"scenario", "source", "payment"}
    for grouping in policy.plan.groupings:
        assert not {equality.name for equality in grouping.key.where} & {"scenario", "source"}


def test_every_feature_of_the_model_has_its_sentence_in_both_languages(policy: LoadedPolicy) -> None:
    model = policy.program.settings.model
    assert model is not None
    assert set(model.reasons) == set(model.features)
    for text in model.reasons.values():
        assert text["zh"] != text["en"]
    filled = ("{value}", "{share}", "{ago}")
    silent = [name for name, text in model.reasons.items() if not all(any(one in said for one in filled) for said in text.values())]
    assert silent == ["is_night", "is_weekend"]
    counted = {word for text in model.reasons.values() for word in re.findall(r"\{value\} (\w+)", text["en"])}
    assert counted <= {"times", "standard", "days", "accounts", "within"}, "what may be one is not said of several"
    for text in model.missing_reasons.values():
        assert text["zh"] != text["en"]
        assert not [one for one in text.values() if "{" in one]


def test_no_sentence_counts_days_or_hours_where_minutes_may_be_meant(policy: LoadedPolicy) -> None:
    model = policy.program.settings.model
    assert model is not None
    units = {feature.name: feature.unit for feature in policy.plan.features}
    timed = [name for name in model.features if units[name] in ("hours", "days") and name != "terminal_fraud_newer"]
    assert len(timed) >= 7
    assert not [name for name in timed if "{ago}" not in model.reasons[name]["zh"] or "{ago}" not in model.reasons[name]["en"]]
    assert set(timed) <= set(model.missing_reasons)


def test_decision_tables_are_dmn_1_5_and_annotated_in_both_languages() -> None:
    folder = next(path for path in shipped()["policies"] if path.name == "card_payments")
    files = sorted((folder / "tables").glob("*.dmn"))
    assert len(files) == 3
    model = "{https://www.omg.org/spec/DMN/20230324/MODEL/}"
    for file in files:
        root = ET.parse(file).getroot()  # noqa: S314 -- our own file
        assert root.tag == f"{model}definitions"
        ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
        assert len(set(ids)) == len(ids)
        for table in root.iter(f"{model}decisionTable"):
            assert [column.attrib["name"] for column in table.findall(f"{model}annotation")] == ["zh", "en"]
            for rule in table.findall(f"{model}rule"):
                notes = [text.text for text in rule.findall(f"{model}annotationEntry/{model}text")]
                assert len(notes) == 2
                assert all(notes)
