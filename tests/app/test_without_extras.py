"""What an installation without an extra can do: everything but what the extra is for."""

import subprocess
import sys

import pytest

EXTRAS = ("nicegui", "segno", "nats", "joserfc", "psycopg")
LOADED = "import huitong.cli, huitong.cli.behind, huitong.cli.serving, huitong.app.server, huitong.client"


def ran(program: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("missing", EXTRAS)
def test_the_service_and_every_command_load_without_an_extra(missing: str) -> None:
    ran(f"import sys; sys.modules[{missing!r}] = None; {LOADED}")


def test_a_service_without_pages_loads_nothing_of_them() -> None:
    assert ran(f"import sys; {LOADED}; print([one for one in sys.modules if one.partition('.')[0] in {EXTRAS!r}])") == "[]"
