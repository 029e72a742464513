"""What every test may use: the project's root, and the public data sets where they lie beside the project."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# A loaded machine makes any example slow, which says nothing about the code.
settings.register_profile("unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also run what takes minutes: all 1.75 million payments")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="skipped: no --full"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets beside the repository; the project ships nobody's data."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("skipped: no shared/data beside the repository")
    return folder


@pytest.fixture(scope="session")
def trained_bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small bank (``bank``), its policy trained, and its tables (``tables``). Tests that change it copy it first.

    Made once for all workers of a run: in a fresh checkout it compiles the feature engine, which takes most of a minute.
    """
    import fcntl  # noqa: PLC0415 - where there is none, there is no small world either

    from tests.app.small_world import make_trained_bank  # noqa: PLC0415 - most tests need no bank

    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = base / "small", base / "small.made"
    with (base / "small.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed at it
            folder.mkdir()
            make_trained_bank(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def openid_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an OpenID provider with its packages; ``tests.identity.openid_running.running`` starts it."""
    from tests.identity.openid_running import install  # noqa: PLC0415 - most tests need none

    cache = getattr(request.config, "cache", None)  # there is none where pytest runs without its plugin
    return install(tmp_path_factory.mktemp("openid_server") if cache is None else Path(cache.mkdir("openid_server")))
