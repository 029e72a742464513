"""The model file: canonical, named by its content, refused when damaged, free of code and of LightGBM."""

import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.ai import TreeEnsemble, decode, encode, load, save
from huitong.ai.artefact import FORMAT_VERSION, MAGIC, digest_of
from huitong.kernel import DataError, ExternalError, InputError, PolicyError
from tests.ai.worlds import booster, ensemble_of, one_tree, probing_rows

TREE = one_tree([0, 1], [0.0, 1.5], [1, -1], [-3, -2], [0.5, -1.0, 2.0])
CONTENT = encode(TREE)


def with_header_changed(old: bytes, new: bytes) -> bytes:
    """The artefact with words in its header replaced by others of the same length."""
    assert len(old) == len(new)
    assert CONTENT.count(old) == 1
    return CONTENT.replace(old, new)


@pytest.fixture(scope="module")
def ensemble() -> TreeEnsemble:
    return ensemble_of(booster(8))


def test_a_model_comes_back_from_its_file_with_all_its_parts_and_the_same_scores(ensemble: TreeEnsemble, tmp_path: Path) -> None:
    path = save(ensemble, tmp_path)
    back = load(path)
    assert path.name == f"{ensemble.digest}.trees"
    assert (back.digest, back.features, back.calibration, back.record) == (
        ensemble.digest, ensemble.features, ensemble.calibration, ensemble.record,
    )  # fmt: skip
    rows = probing_rows(ensemble, seed=1, count=100)
    assert back.scorer().contributions(rows).tobytes() == ensemble.scorer().contributions(rows).tobytes()


def test_encoding_is_canonical(ensemble: TreeEnsemble) -> None:
    content = encode(ensemble)
    assert encode(decode(content)) == content
    record = replace(ensemble.record, parameters={"b": 1, "a": 2.0}, metrics={"y": 0.1, "x": 0.2})
    turned = replace(record, parameters={"a": 2.0, "b": 1}, metrics={"x": 0.2, "y": 0.1})
    assert replace(ensemble, record=record).digest == replace(ensemble, record=turned).digest != ensemble.digest


def test_the_arrays_of_a_model_are_read_only(ensemble: TreeEnsemble) -> None:
    for trees in (ensemble.trees, decode(encode(ensemble)).trees):
        with pytest.raises(ValueError, match="read-only"):
            trees.leaf_value[0] = 1.0


def test_saving_twice_leaves_one_file(ensemble: TreeEnsemble, tmp_path: Path) -> None:
    assert save(ensemble, tmp_path) == save(ensemble, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_file_of_the_right_name_is_replaced_when_the_model_is_saved_again(ensemble: TreeEnsemble, tmp_path: Path) -> None:
    path = save(ensemble, tmp_path)
    path.write_bytes(b"half a model")
    assert load(save(ensemble, tmp_path)).digest == ensemble.digest


def test_a_full_disk_is_an_external_error_and_leaves_nothing_behind(
    ensemble: TreeEnsemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExternalError, match="No space left"):
        save(ensemble, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_external_error(ensemble: TreeEnsemble, tmp_path: Path) -> None:
    with pytest.raises(ExternalError, match="could not be written"):
        save(ensemble, tmp_path / "nowhere")


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "none.trees")


@pytest.mark.parametrize("cut", [0, 5, 30, len(CONTENT) - 1])
def test_a_truncated_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = save(TREE, tmp_path)
    path.write_bytes(CONTENT[:cut])
    with pytest.raises(DataError, match="hashes to") as caught:
        load(path)
    assert "模型已损坏" in caught.value.cause["zh"]


def test_a_renamed_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not to its name"):
        load(save(TREE, tmp_path).rename(tmp_path / "best.trees"))


def test_a_newer_format_is_refused_with_the_remedy_to_update(tmp_path: Path) -> None:
    content = MAGIC + (FORMAT_VERSION + 1).to_bytes(4, "little") + CONTENT[len(MAGIC) + 4 :]
    path = tmp_path / f"{digest_of(content)}.trees"
    path.write_bytes(content)
    with pytest.raises(DataError, match="format 2, this release reads 1; install the release"):
        load(path)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255), st.integers(0, len(CONTENT)))
def test_bytes_made_up_or_cut_by_an_attacker_give_a_model_or_a_data_error_never_another_failure(at: int, flip: int, end: int) -> None:
    """The hash stops accidents; whoever can write a file can also name it, so the content itself must be safe to decode and score."""
    changed = bytearray(CONTENT)
    changed[at] ^= flip
    for content in (bytes(changed), bytes(changed[:end]), CONTENT[:end]):
        try:
            model = decode(content)
        except DataError:
            continue
        model.scorer(reasons=False).probabilities(np.zeros((2, 3)))


@pytest.mark.parametrize(
    "content",
    [
        with_header_changed(b'"node_left":2', b'"node_left":9'),
        with_header_changed(b'"slope":1.0', b'"slope":0.0'),
        with_header_changed(b'"feature 0"', b'"feature 1"'),
        with_header_changed(b'"tree_leaf":2', b'"tree_lief":2'),
        CONTENT + b"\0" * 8,
        b"",
        b"x" * 100,
    ],
)
def test_content_that_contradicts_itself_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="damaged"):
        decode(content)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("node_left", [1, 0]),
        ("node_left", [0, -1]),
        ("node_right", [-2, -3]),
        ("node_feature", [0, 3]),
        ("node_feature", [-1, 1]),
        ("node_missing", [0, 3]),
        ("node_default_left", [2, 0]),
        ("node_count", [9, 0]),
        ("node_threshold", [np.nan, 0.0]),
        ("leaf_value", [0.0, np.inf, 1.0]),
        ("leaf_value", [0.0, 1.0]),
        ("tree_node", [0, 1]),
        ("tree_leaf", [1, 3]),
    ],
)
def test_arrays_that_are_no_trees_are_refused(name: str, values: list[float]) -> None:
    with pytest.raises(DataError, match="damaged"):
        replace(TREE, trees=replace(TREE.trees, **{name: np.array(values)}))


def test_a_model_of_other_features_or_of_another_plan_version_is_refused() -> None:
    names = list(TREE.feature_names)
    TREE.check_features(names, "plan 1")
    with pytest.raises(PolicyError, match="feature version plan 1, the policy has plan 2"):
        TREE.check_features(names, "plan 2")
    with pytest.raises(PolicyError, match=r"lacks \['feature 2'\], does not know \['amount'\]"):
        TREE.check_features([*names[:2], "amount"], "plan 1")
    with pytest.raises(PolicyError, match="another order"):
        TREE.check_features(names[::-1], "plan 1")


def test_serving_needs_no_lightgbm(ensemble: TreeEnsemble, tmp_path: Path) -> None:
    path = save(ensemble, tmp_path)
    program = (
        "import sys; sys.modules['lightgbm'] = None\n"
        "import numpy, pathlib, huitong.ai as ai\n"
        f"scorer = ai.load(pathlib.Path({str(path)!r})).scorer()\n"
        "print(scorer.explain(numpy.zeros(6))[0].hex())\n"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ensemble.scorer().probability(np.zeros(6)).hex()
