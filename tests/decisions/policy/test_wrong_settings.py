"""Whatever a policy's folder cannot mean is refused at load, by file and place, in both languages."""

import re
from pathlib import Path

import pytest

from huitong.decisions.policy import load_policy
from huitong.kernel import HuitongError, PolicyError
from tests.app.small_world import changed
from tests.decisions.policy.build import contracts, load

SETTINGS, FEATURES, TABLE, LIST = "policy.toml", "features.toml", "velocity.dmn", "blocked.csv"

WRONG = [
    pytest.param(SETTINGS, 'owner = "tests"', 'ovner = "tests"', ["[policy]", "'ovner'", "did you mean 'owner'?"], id="unknown setting"),
    pytest.param(SETTINGS, "[smallest_change]", "[smalest_change]", ["'smalest_change'", "'smallest_change'"], id="unknown section"),
    pytest.param(SETTINGS, 'owner = "tests"', "", ["[policy]", "owner must be a text"], id="owner missing"),
    pytest.param(SETTINGS, 'name = "small"', 'name = "../small"', ["[policy] name", "'../small'"], id="name that is a path"),
    pytest.param(SETTINGS, '"Small policy" }', '"" }', ["[policy] title", "zh and en"], id="title in one language"),
    pytest.param(
        SETTINGS,
        'outcomes = ["approve", "review", "decline"]',
        'outcomes = ["approve", "approve"]',
        ["[policy] outcomes", "two different"],
        id="one outcome",
    ),
    pytest.param(SETTINGS, 'currency = "CNY"', 'currency = "CNX"', ["[policy] currency", "CNX"], id="no such currency"),
    pytest.param(SETTINGS, 'currency = "CNY"', 'currency = "EUR"', ["[policy] currency", "EUR", "CNY"], id="other currency"),
    pytest.param(SETTINGS, "format = 1", "format = 0", ["format", "at least 1"], id="format that never was"),
    pytest.param(SETTINGS, "format = 1", 'format = "1"', ["format", "whole number"], id="format that is a text"),
    pytest.param(SETTINGS, "format = 1", "format = 2\nweights = 3", ["small/policy.toml", "format 2", "update Huitong"], id="newer format"),
    pytest.param(
        SETTINGS, 'decides = "payment.requested"', 'decides = "payment.request"', ["decides", "payment.requested"], id="no contract"
    ),
    pytest.param(SETTINGS, 'events = "payment.labelled"', 'events = "payment.labels"', ["labels", "'payment.labels'"], id="no labels"),
    pytest.param(SETTINGS, 'field = "fraud"', 'field = "fraudulent"', ["labels", "'fraudulent'", "'fraud'"], id="no such label field"),
    pytest.param(SETTINGS, "labels = {", "labels = 3 #", ["labels", "table"], id="labels that are a number"),
    pytest.param(SETTINGS, 'file = "blocked.csv"', 'file = "blokced.csv"', ["[lists.blocked]", "'blocked.csv'"], id="list file missing"),
    pytest.param(
        SETTINGS, 'file = "blocked.csv"', 'file = "../blocked.csv"', ["[lists.blocked]", "not in the policy"], id="list elsewhere"
    ),
    pytest.param(SETTINGS, 'of = "terminal"', 'of = "terminl"', ["[lists.blocked] of", "'terminl'", "'terminal'"], id="list of no key"),
    pytest.param(SETTINGS, 'of = "terminal"', 'of = "amount"', ["[lists.blocked] of", "'amount'"], id="list of a number"),
    pytest.param(
        SETTINGS,
        'outcome = "decline"\nfinal',
        "final",
        ["[lists.blocked]", "final list needs an outcome"],
        id="final list that says nothing",
    ),
    pytest.param(SETTINGS, "final = true", 'final = "yes"', ["[lists.blocked]", "final must be true or false"], id="final that is a text"),
    pytest.param(
        SETTINGS, 'outcome = "decline"\nfinal', 'outcome = "deny"\nfinal', ["[lists.blocked]", "'deny'"], id="unknown outcome of a list"
    ),
    pytest.param(
        SETTINGS, 'outcome = "review"', 'outcome = "reviews"', ["[[rules]] large_transfer", "'review'"], id="unknown outcome of a rule"
    ),
    pytest.param(
        SETTINGS, "[lists.blocked]", "[lists.bloqued]", ["features.toml", "'blocked'", "'bloqued'"], id="list of a feature missing"
    ),
    pytest.param(SETTINGS, 'id = "huge"', 'id = "large_transfer"', ["[[rules]] large_transfer", "twice"], id="rule id twice"),
    pytest.param(SETTINGS, '[[rules]]\nid = "huge"', '[rules]\nid = "huge"', ["policy.toml", "TOML"], id="rules as one table"),
    pytest.param(
        SETTINGS, '"amount > 200000"', '"amuont > 200000"', ["policy.toml", "huge", "'amuont'", "amount"], id="unknown feature in a rule"
    ),
    pytest.param(SETTINGS, '"amount > 200000"', '"amount >"', ["policy.toml", "huge", "when"], id="rule that ends too soon"),
    pytest.param(SETTINGS, '"amount > 200000"', '"amount + 1"', ["policy.toml", "huge", "boolean"], id="rule that is a number"),
    pytest.param(SETTINGS, 'file = "velocity.dmn"', 'file = "speed.dmn"', ["[tables.velocity]", "speed.dmn"], id="table file missing"),
    pytest.param(
        SETTINGS,
        'file = "velocity.dmn"',
        'file = "velocity.dmn"\ndecision = "velocty"',
        ["[tables.velocity]", "'velocty'", "'velocity'"],
        id="no such decision",
    ),
    pytest.param(
        SETTINGS,
        'file = "velocity.dmn"',
        'file = "velocity.dmn"\noutput = "word"',
        ["velocity.dmn", "'word'", "outcome"],
        id="no such output",
    ),
    pytest.param(
        SETTINGS, '"device_hours", "terminal', '"device_hour", "terminal', ["[model] features", "'device_hours'"], id="model feature"
    ),
    pytest.param(SETTINGS, 'features = ["amount",', 'features = ["amount", "amount",', ["[model] features", "twice"], id="feature twice"),
    pytest.param(
        SETTINGS,
        'features = ["amount",',
        'features = ["channel", "amount",',
        ["[model] features", "'channel'", "text"],
        id="text in the model",
    ),
    pytest.param(
        SETTINGS,
        "[model.reasons]\n",
        '[model.reasons]\ncustomer_count_1h = { zh = "{ago}", en = "{ago}" }\n',
        ["[model.reasons] customer_count_1h", "hours, days"],
        id="how long ago of a count",
    ),
    pytest.param(
        SETTINGS,
        "[model.reasons]\n",
        '[model.missing_reasons]\ncustomer_count_2h = { zh = "缺", en = "none" }\n\n[model.reasons]\n',
        ["[model.missing_reasons]", "'customer_count_1h'"],
        id="missing reason of no feature",
    ),
    pytest.param(SETTINGS, "default = { imputed = -1 }", "", ["[model.missing]", "'amount'"], id="no word about blanks"),
    pytest.param(SETTINGS, "{ imputed = -1 }", '{ imputed = "x" }', ["[model.missing] amount", "imputed"], id="blank filled with a text"),
    pytest.param(
        SETTINGS, "[model.reasons]\namount", "[model.reasons]\namounts", ["[model.reasons]", "'amount'"], id="reason of no feature"
    ),
    pytest.param(
        SETTINGS, "[model.training]", '[model.monotone]\namount = "up"\n\n[model.training]', ["[model.monotone] amount", "'up'"], id="sign"
    ),
    pytest.param(
        SETTINGS, "]\nrounds = 40\n", "]\nround = 40\n", ["[model.training]", "round", "early_stopping_rounds"], id="training setting"
    ),
    pytest.param(SETTINGS, "]\nrounds = 40\n", ']\nrounds = "40"\n', ["[model.training]", "rounds"], id="training setting of a wrong type"),
    pytest.param(SETTINGS, "loss_missed = 1.0", "loss_missed = -1", ["[thresholds]", "loss_missed"], id="negative cost"),
    pytest.param(SETTINGS, "loss_missed = 1.0", "loss_missed = nan", ["[thresholds]", "loss_missed"], id="cost that is no number"),
    pytest.param(
        SETTINGS,
        "loss_missed = 1.0",
        "loss_missed = 1.0\nreview = 0.9\ndecline = 0.2",
        ["[thresholds]", "lie above"],
        id="thresholds that fall",
    ),
    pytest.param(
        SETTINGS, "loss_missed = 1.0", "loss_missed = 1.0\ndecline = 95", ["[thresholds]", "probability"], id="threshold in percent"
    ),
    pytest.param(SETTINGS, 'kind = "hold"', 'kind = "arrest"', ["[measures.decline]", "'hold'", "'freeze'"], id="unknown measure"),
    pytest.param(SETTINGS, 'role = "customer"', 'role = "client"', ["[measures.decline] role", "'client'"], id="measure on nobody"),
    pytest.param(SETTINGS, 'for = "24h"', 'for = "soon"', ["[measures.decline]", "soon"], id="measure without an end"),
    pytest.param(SETTINGS, "[measures.decline]", "[measures.denial]", ["[measures.denial]", "'denial'"], id="measure of no outcome"),
    pytest.param(SETTINGS, 'fields = ["amount"]', 'fields = ["amuont"]', ["[smallest_change]", "'amount'"], id="change of no field"),
    pytest.param(
        SETTINGS, "[smallest_change]", '[order]\nstages = ["rules", "rules"]\n\n[smallest_change]', ["[order] stages"], id="stage twice"
    ),
    pytest.param(
        SETTINGS,
        "[smallest_change]",
        '[order]\ncombine = "voting"\n\n[smallest_change]',
        ["[order] combine", "'voting'"],
        id="combine table",
    ),
    pytest.param(
        SETTINGS, "[smallest_change]", "[budget_us]\ntotal = 100\nmodels = 5\n\n[smallest_change]", ["[budget_us]", "'model'"], id="budget"
    ),
    pytest.param(SETTINGS, "[smallest_change]", "[smallest_change", ["policy.toml", "TOML"], id="no TOML"),
    pytest.param(
        FEATURES, 'count = true, by = "customer", over = "1h"', "counts = true", ["features.toml", "customer_count_1h"], id="operation"
    ),
    pytest.param(FEATURES, '{ field = "amount" }', '{ field = "amuont" }', ["features.toml", "amount", "amuont"], id="unknown field"),
    pytest.param(FEATURES, "[settings]", "[settings", ["features.toml", "TOML"], id="features that are no TOML"),
    pytest.param(LIST, "T000001,,,", "T000001,,,a,b\nT000001,,,", ["blocked.csv line 3", "twice"], id="value twice"),
    pytest.param(LIST, "T000001,,,", ",,,", ["blocked.csv line 2", "empty"], id="no value"),
    pytest.param(LIST, "T000001,,,", "T000001,yesterday,,", ["blocked.csv line 2", "yesterday"], id="time that is none"),
    pytest.param(
        LIST,
        "T000001,,,",
        "T000001,2025-02-01T00:00:00Z,2025-01-01T00:00:00Z,",
        ["blocked.csv line 2", "ends before it begins"],
        id="entry that never counts",
    ),
    pytest.param(LIST, "value,from", "values,from", ["blocked.csv", "'values'"], id="unknown column"),
    pytest.param(LIST, "value,from", "value,value", ["blocked.csv", "each once"], id="column twice"),
    pytest.param(LIST, "value,from", '"value,from', ["blocked.csv line 1"], id="open quote in the header"),
    pytest.param(LIST, "skimmer found,desk", "skimmer found,desk,more", ["blocked.csv line 2", "cells"], id="too many cells"),
    pytest.param(LIST, "skimmer found,desk", '"skimmer', ["blocked.csv line"], id="open quote"),
    pytest.param(TABLE, "<text>amount</text>", "<text>amuont</text>", ["velocity.dmn", "'amuont'"], id="unknown feature in a column"),
    pytest.param(TABLE, "&gt;= 100<", "&gt;= amuont<", ["velocity.dmn", "row 1", "amount", "'amuont'"], id="unknown name in a cell"),
    pytest.param(
        TABLE, '<text>"review"</text>', '<text>"revue"</text>', ["velocity.dmn", "row 2", "revue"], id="unknown outcome in a cell"
    ),
    pytest.param(
        TABLE, 'hitPolicy="FIRST"', 'hitPolicy="UNIQUE"', ["velocity.dmn", "row 1", "row 2"], id="two rows of a unique table for one case"
    ),
    pytest.param(
        TABLE,
        '&gt;= 4</text></inputEntry><inputEntry id="c22"><text>-<',
        '&gt;= 8</text></inputEntry><inputEntry id="c22"><text>&gt;= 200<',
        ["velocity.dmn", "row 2", "never decides"],
        id="row that no case can reach",
    ),
    pytest.param(TABLE, "<text>&gt;= 4</text>", "<text>&gt;= four</text>", ["velocity.dmn", "row 2", "four"], id="cell that is no number"),
    pytest.param(
        TABLE,
        '<output id="o1" name="outcome" typeRef="string"/>',
        '<output id="o1" name="outcome" typeRef="string"><defaultOutputEntry><text>"revue"</text></defaultOutputEntry></output>',
        ["velocity.dmn", "default output", "'revue'"],
        id="default that is no outcome",
    ),
    pytest.param(TABLE, "</decisionTable>", "", ["velocity.dmn"], id="no XML"),
]


@pytest.mark.parametrize(("file", "before", "after", "said"), WRONG)
def test_what_cannot_be_meant_is_refused_with_its_place(
    folder: Path, bank: Path, file: str, before: str, after: str, said: list[str]
) -> None:
    changed(folder / file, (before, after))
    with pytest.raises(PolicyError) as caught:
        load(folder, bank, trained=False)
    told = caught.value.message("en")
    assert [words for words in said if words not in told] == [], told
    assert caught.value.exit_code == 4
    assert re.search(r"[\u4e00-\u9fff]", caught.value.cause["zh"])
    assert re.search(r"[\u4e00-\u9fff]", caught.value.remedy["zh"])


def test_what_is_merely_odd_is_a_finding_with_its_place(folder: Path, bank: Path) -> None:
    changed(folder / "velocity.dmn", ('id="c31"><text>-<', 'id="c31"><text>&gt; 0<'))
    findings = load(folder, bank).findings
    assert [(one.code, one.where) for one in findings] == [("table.gap", "velocity.dmn, table 'velocity'")]
    assert all(one.text["zh"] and one.remedy["zh"] for one in findings)


def test_a_list_that_is_no_utf_8_is_refused(folder: Path, bank: Path) -> None:
    (folder / "blocked.csv").write_bytes("value,note\nT1,封".encode("gbk"))
    with pytest.raises(PolicyError, match=r"blocked\.csv is not UTF-8"):
        load(folder, bank)


def test_a_link_is_refused_because_what_it_points_at_can_change_unseen(folder: Path, bank: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "more.csv").write_text("value\nT2\n", "utf-8")
    (folder / "more.csv").symlink_to(outside / "more.csv")
    with pytest.raises(PolicyError, match=r"small/more\.csv: is a link"):
        load(folder, bank)
    (folder / "more.csv").unlink()
    (folder / "lists").symlink_to(outside)
    with pytest.raises(PolicyError, match="small/lists: is a link"):
        load(folder, bank)


def test_a_folder_without_a_policy_is_no_policy(bank: Path, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="not there"):
        load(tmp_path / "nowhere", bank)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PolicyError, match=r"empty/policy.toml: the file is not in"):
        load(tmp_path / "empty", bank)


def test_a_model_of_other_features_is_refused_and_training_again_is_the_remedy(folder: Path, bank: Path) -> None:
    changed(folder / "features.toml", ('customer_count_1h = { count = true, by = "customer", over = "1h" }', CHANGED_FEATURE))
    with pytest.raises(PolicyError) as caught:
        load(folder, bank)
    assert caught.value.code == "policy.model.other_features"
    assert "huitong train" in caught.value.remedy["en"]
    assert "重新训练" in caught.value.remedy["zh"]
    assert load(folder, bank, trained=False).program.scorer is None


CHANGED_FEATURE = 'customer_count_1h = { count = true, by = "customer", over = "2h" }'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("default = { imputed = -1 }", "default = { imputed = -2 }"),
        ("default = { imputed = -1 }", 'default = { imputed = -1 }, amount = "required"'),
        ("[model.training]", '[model.monotone]\namount = "+"\n\n[model.training]'),
    ],
    ids=["another fill", "required", "a sign"],
)
def test_a_model_that_never_heard_of_a_declaration_is_refused(folder: Path, bank: Path, before: str, after: str) -> None:
    changed(folder / "policy.toml", (before, after))
    with pytest.raises(PolicyError) as caught:
        load(folder, bank)
    assert caught.value.code == "policy.model.other_declarations"


def test_thresholds_of_outcomes_that_are_gone_ask_for_a_new_training(folder: Path, bank: Path) -> None:
    text = (folder / "policy.toml").read_text("utf-8")
    (folder / "policy.toml").write_text(text.replace('"decline"', '"refuse"').replace("measures.decline", "measures.refuse"), "utf-8")
    (folder / "velocity.dmn").write_text((folder / "velocity.dmn").read_text("utf-8").replace('"decline"', '"refuse"'), "utf-8")
    with pytest.raises(PolicyError, match="train again"):
        load(folder, bank)
    assert load(folder, bank, trained=False).program.settings.outcomes == ("approve", "review", "refuse")


def test_a_model_that_is_gone_or_damaged_is_told(folder: Path, bank: Path, tmp_path: Path) -> None:
    with pytest.raises(HuitongError) as gone:
        load_with_models(folder, bank, tmp_path / "none")
    assert gone.value.exit_code in (2, 3)
    (tmp_path / "models").mkdir()
    for model in (bank / "models").iterdir():
        content = bytearray(model.read_bytes())
        content[len(content) // 2] ^= 1
        (tmp_path / "models" / model.name).write_bytes(content)
    with pytest.raises(HuitongError) as damaged:
        load_with_models(folder, bank, tmp_path / "models")
    assert damaged.value.exit_code == 3


def load_with_models(folder: Path, bank: Path, models: Path) -> None:
    load_policy(folder, contracts(), models, bank / "cache")
