"""The demonstration and the service look at what stands in their way before they write anything."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.fronts.sockets import HOST
from huitong.kernel import LANGUAGES
from tests.cli.conftest import Run


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which another program listens."""
    with socket.create_server((HOST, 0)) as other:
        yield other.getsockname()[1]


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file of a folder, but what its log writes for itself."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.parent.name != "log"}


@pytest.mark.parametrize("more", [["--console", "--port", "0"], ["--no-console"]], ids=" ".join)
def test_a_demonstration_of_a_bank_that_another_process_serves_is_refused_before_it_writes(run: Run, root: Path, more: list[str]) -> None:
    with Bank(root) as bank:
        bank.log.end()
        (root / "data").mkdir()
        (root / "data" / "payments.parquet").write_bytes(b"what the other one decides on")
        before = contents(root)
        ran = run("demo", "--bank", root, "--customers", "300", "--json", *more)
        assert (ran.code, ran.document["error"]["code"]) == (5, "bank.held")
        assert contents(root) == before


def test_a_demonstration_whose_port_is_taken_is_refused_before_it_writes(run: Run, root: Path, taken: int) -> None:
    ran = run("demo", "--bank", root, "--customers", "300", "--console", "--port", str(taken), "--json")
    assert (ran.code, ran.document["error"]["code"]) == (5, "fronts.address")
    assert not (root / "data").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_without_fronts_whose_port_is_taken_says_so_with_what_to_do(run: Run, root: Path, taken: int, language: str) -> None:
    ran = run("serve", "--bank", root, "--policy", "small", "--fronts", "0", "--port", str(taken), "--lang", language)
    assert ran.code == 5
    told = {"en": (f"cannot listen at {HOST}, port {taken}: ", "--port"), "zh": (f"无法监听 {HOST} 端口 {taken}：", "请用 --host")}
    assert [words for words in told[language] if words not in ran.err] == []


def test_a_demonstration_with_too_few_frauds_to_train_on_says_that_more_customers_help(run: Run, tmp_path: Path) -> None:
    ran = run("demo", "--bank", tmp_path / "new", "--customers", "300", "--no-console", "--json")
    error = ran.document["error"]
    assert (ran.code, error["code"]) == (3, "training.slice.too_small")
    assert "--customers" in error["remedy"]["en"]
    assert "更多客户" in error["remedy"]["zh"]
