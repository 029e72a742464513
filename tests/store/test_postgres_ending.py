"""Whoever is about to end waits for no PostgreSQL server that is away, and leaves no process behind that does."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from huitong.contracts import Answered
from huitong.kernel import ExternalError
from huitong.store.apart import Opening
from huitong.store.postgres import PostgresLog
from tests.store.build import decision, event
from tests.store.postgres_server import Wire, drop_schemas, schema_of
from tests.store.test_postgres import script

SOON_SECONDS = 8.0
"""Much less than the patience of half a minute, on a busy machine too."""


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with Wire(schema_of(tmp_path)) as made:
        yield made
    drop_schemas()


@pytest.mark.parametrize("apart", [False, True])
def test_calls_on_their_way_are_told_so_and_the_log_closes(wire: Wire, apart: bool) -> None:
    with PostgresLog(wire.url) as log:
        if apart:
            log.write_apart(Opening(wire.url, {}))
        log.append_events([event(1)])
        wire.cut()
        with ThreadPoolExecutor(1) as asking:
            written, asked = log.append_answers([Answered([event(2)], [decision(2)])], 1), asking.submit(log.event, "p1")
            time.sleep(0.5)
            assert not asked.done()
            began = time.monotonic()
            log.hurry()
            with pytest.raises(ExternalError) as caught:
                written.result()
            refused = asked.exception()
        assert isinstance(refused, ExternalError)
        assert (caught.value.code, refused.code) == ("store.gone", "store.gone")
        log.close()
        assert time.monotonic() - began < SOON_SECONDS


def ended(process: int) -> bool:
    """Whether a process is no more, or waits for nothing but that somebody takes note of its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="skipped: processes are looked at by way of /proc")
def test_a_writer_whose_owner_is_killed_waits_for_no_server_either(wire: Wire, root: Path) -> None:
    body = """
    from huitong.contracts import Answered
    from huitong.store.apart import Opening
    log = open_log(url)
    log.write_apart(Opening(url, {}))
    log.append_events([event(1)])
    print(log._writer._process._process.pid, flush=True)
    sys.stdin.readline()
    log.append_answers([Answered([event(2)], [decision(2)])], 1)
    print("asked", flush=True)
    sys.stdin.read()
    """
    with Popen(
        script(root, wire.url, body), stdin=PIPE, stdout=PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root / "src")}
    ) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        writer = int(owner.stdout.readline())
        wire.cut()
        owner.stdin.write("\n")
        owner.stdin.flush()
        assert owner.stdout.readline() == "asked\n"
        time.sleep(0.5)
        owner.kill()
    until = time.monotonic() + SOON_SECONDS
    while not ended(writer):
        assert time.monotonic() < until
        time.sleep(0.05)
