"""A writer in a process of its own: what becomes of calls, of keys and of the process, whoever ends first."""

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from huitong.contracts import Answered, DataContract, Event
from huitong.kernel import DataError, ExternalError, InputError
from huitong.store import FORGOTTEN_KIND, Name, RecordLog, check_log, make_key, open_log
from huitong.store.apart import Opening, writer
from huitong.store.apart.wire import Link, packed
from huitong.store.appending import append_events
from huitong.store.journal import Journal
from huitong.store.sqlite.lock import LEFT_WAIT_S
from huitong.store.starting import LogOptions
from huitong.store.vault import LocalMasterKey
from huitong.store.witness import FileWitness
from tests.store.build import TITLE, decision, event

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no sockets to hand over on Windows")
WRITER = "huitong.store.apart.process"


def written_apart(file: Path, hung_seconds: float = 30.0) -> RecordLog:
    log = open_log(file)
    log.write_apart(Opening(file, {}, hung_seconds=hung_seconds))
    return log


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


@pytest.fixture
def log(file: Path) -> Iterator[RecordLog]:
    with written_apart(file) as opened:
        yield opened


def writers() -> list[int]:
    """Processes that write for this one."""
    shown = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], stdout=subprocess.PIPE, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in shown.splitlines()]
    return [int(pid) for pid, above, line in rows if int(above) == os.getpid() and WRITER in line]


def wait_until(there: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_killed_writer_is_started_again_and_calls_on_their_way_are_told_so(log: RecordLog, file: Path) -> None:
    log.append_events([event(1)])
    (first,) = writers()
    os.kill(first, signal.SIGSTOP)
    pending = log.append_answers([Answered([event(2)], [decision(2)])], 1)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(ExternalError) as caught:
        pending.result()
    assert caught.value.code == "store.apart.ended"
    assert log.append_events([event(1), event(3)]).repeated == 1
    assert writers() not in ([], [first])
    assert [one.content for one in log.read()] == [event(1), event(3)]
    assert check_log(file, lambda _done, _total: None) == ()


def test_a_writer_that_hangs_is_killed_and_its_calls_are_told_so(file: Path) -> None:
    with written_apart(file, hung_seconds=2.0) as log:
        log.append_events([event(1)])
        (first,) = writers()
        os.kill(first, signal.SIGSTOP)
        with pytest.raises(ExternalError, match="ended before it answered"):
            log.append_events([event(2)])
        log.append_events([event(2)])
        assert (log.end(), writers() != [first]) == (2, True)


def test_a_long_call_does_not_count_as_hanging(file: Path) -> None:
    with written_apart(file, hung_seconds=2.0) as log:
        assert log.write(_slow) == "done"


def _slow(_: Journal) -> str:
    time.sleep(4)
    return "done"


def test_it_ends_with_its_log_and_lets_go_of_it(file: Path) -> None:
    with written_apart(file) as log:
        log.append_events([event(1)])
        assert len(writers()) == 1
    assert writers() == []
    with pytest.raises(InputError, match="closed"):
        log.append_events([event(2)])
    with open_log(file) as again:
        assert again.end() == 1


def test_it_ends_with_whoever_started_it(file: Path) -> None:
    program = f"""
import time
from pathlib import Path
from tests.store.test_apart import written_apart, writers
from tests.store.build import event
log = written_apart(Path({str(file)!r}))
log.append_events([event(1)])
print(*writers(), flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        (writer,) = map(int, process.stdout.readline().split())
        process.kill()
    with open_log(file) as log:  # waits for the writer that is about to end
        assert log.end() == 1
    wait_until(lambda: not alive(writer))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_as_long_as_its_owner_lives_others_are_told_at_once(log: RecordLog, file: Path) -> None:
    begun = time.monotonic()
    assert log.writable
    with pytest.raises(ExternalError) as caught:
        open_log(file)
    assert caught.value.code == "store.held"
    assert str(writers()[0]) in caught.value.cause["en"]
    assert time.monotonic() - begun < LEFT_WAIT_S / 2


def test_a_log_that_it_cannot_open_is_told_and_no_process_is_left(file: Path, tmp_path: Path) -> None:
    log = open_log(file)
    with open_log(tmp_path / "other.sqlite"), pytest.raises(ExternalError) as caught:
        log.write_apart(Opening(tmp_path / "other.sqlite", {}))
    assert caught.value.code == "store.held"
    assert writers() == []
    log.close()


def test_what_cannot_be_sent_is_refused_before_it_is_sent(log: RecordLog) -> None:
    lock = threading.Lock()
    with pytest.raises(TypeError, match="cannot be sent"):
        log.write(lambda _journal: lock)
    assert log.append_events([event(1)]).new == 1


def test_errors_come_back_as_they_were(log: RecordLog) -> None:
    log.append_events([event(1)])
    with pytest.raises(DataError) as caught:
        log.append_events([event(1, amount=99)])
    assert '"amount":99' in caught.value.cause["zh"]
    for work, said in ((_refused, "a lock"), (_refused_oddly, "odd"), (_no_data, "cannot be sent"), (_too_deep, "cannot be sent")):
        with pytest.raises(RuntimeError, match=said):
            log.write(work)
    assert log.append_events([event(1), event(2)]).new == 1


def _refused(_: Journal) -> None:
    raise ValueError("a lock", threading.Lock())


class OddError(Exception):
    """An error that is not made of its arguments."""

    def __init__(self, *, why: str) -> None:
        super().__init__(why)


def _refused_oddly(_: Journal) -> None:
    raise OddError(why="odd")


def _no_data(_: Journal) -> object:
    return threading.Lock()


def _too_deep(_: Journal) -> object:
    found: list[object] = []
    for _level in range(10_000):
        found = [found]
    return found


def test_a_bank_that_goes_in_the_middle_of_a_word_has_what_came_before_written_and_signed(file: Path, tmp_path: Path) -> None:
    ours, theirs = Pipe()
    link, key = Link(ours), make_key(tmp_path / "key.pem")
    process = subprocess.Popen(
        [sys.executable, "-m", WRITER, str(theirs.fileno())], pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True
    )
    theirs.close()
    link.say(packed(Opening(file, {"signer": key})))
    while not isinstance(link.hear(), list):
        pass  # it lives, and is about to say that the log is open
    link.say(packed(partial(append_events, [event(1)])))
    link.say(packed(partial(append_events, [event(2)])))
    os.write(ours.fileno(), struct.pack("!i", 100) + b"half of what was to come")
    link.close()
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")
    with open_log(file) as log:
        assert log.end() == 2
        head = log.head()
        assert head is not None
        assert head.size == 2


def test_answers_keep_their_order_and_those_ahead_do_not_wait_for_those_behind(log: RecordLog) -> None:
    pending = [log.append_answers([Answered([event(number)], [decision(number)])], 2 * number) for number in range(200)]
    assert [one.result() for one in pending] == [2 * number + 2 for number in range(200)]


def test_heads_are_signed_and_witnesses_told_there(file: Path, tmp_path: Path) -> None:
    signer = make_key(tmp_path / "key.pem")
    log = open_log(file, signer=signer)
    witnesses = [FileWitness(tmp_path / "heads"), FileWitness(tmp_path)]  # a folder is no file
    log.write_apart(Opening(file, {"signer": signer}, witnesses))
    log.append_events([event(1)])
    head = log.sign_head()
    assert head is not None
    wait_until(lambda: bool(log.witness_troubles))
    log.close()
    assert log.witness_troubles[0].code == "witness.unreachable"
    assert '"head"' in (tmp_path / "heads").read_text("utf-8")


def test_names_are_concealed_there_and_whoever_is_forgotten_is_forgotten_here(file: Path) -> None:
    field = {"type": "string", "title": TITLE, "key": "customer", "identifies_person": True, "grade": 3}
    table = {"kind": "payment.requested", "version": 1, "title": TITLE, "currency": "CNY", "fields": {"customer": field}}
    contract = DataContract.of_table(table, "test")
    options = LogOptions(master=LocalMasterKey(bytes(32)), contracts={contract.kind: contract})
    with open_log(file, **options) as log:
        log.write_apart(Opening(file, options))
        log.append_events([Event("p1", contract.kind, 1, {"customer": "Wang"}, {})])
        found = log.event("p1")
        assert found is not None
        assert found.keys == {"customer": "Wang"}
        assert b"Wang" not in log.payload(0)
        log.persons.forget(Name("customer", "Wang"), "asked for", "f1", 2)
        found = log.event("p1")
        assert found is not None
        assert found.keys["customer"] != "Wang"
        assert [row.content.kind for row in log.read(kinds=[FORGOTTEN_KIND]) if isinstance(row.content, Event)] == [FORGOTTEN_KIND]


def test_a_writer_that_hangs_before_its_first_word_is_killed_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "FIRST_WORD_SECONDS_MAX", 2.0)
    with written_apart(file, hung_seconds=1.0) as log:
        log.append_events([event(1)])
        (first,) = writers()
        os.kill(first, signal.SIGKILL)
        stopped: list[int] = []

        class Stopped(subprocess.Popen[bytes]):
            def __init__(self, command: list[str], **named: Any) -> None:  # noqa: ANN401 -- whatever is asked for
                super().__init__(command, **named)
                self.send_signal(signal.SIGSTOP)
                stopped.append(self.pid)

        with monkeypatch.context() as patched:
            patched.setattr(subprocess, "Popen", Stopped)
            while not stopped:  # until the end of the first one is known, calls are answered with it
                with pytest.raises(ExternalError) as caught:
                    log.append_events([event(2)])
                assert caught.value.code == "store.apart.ended"
        assert writers() == []
        assert log.append_events([event(2)]).new == 1


def test_a_witness_that_is_away_is_known_while_it_is(tmp_path: Path, file: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()  # a folder takes no heads
    key = make_key(tmp_path / "key.pem")
    with open_log(file, signer=key) as log:
        log.write_apart(Opening(file, {"signer": key}, [FileWitness(kept)]))
        log.append_events([event(1)])
        wait_until(lambda: bool(log.witnesses_away))
        (error,) = log.witnesses_away
        assert error in log.witness_troubles
        kept.rmdir()
        wait_until(lambda: not _away_after_another(log))


def _away_after_another(log: RecordLog) -> list[ExternalError]:
    """Who is away, once there is something new to take."""
    log.append_events([event(log.end() + 1)])
    return log.witnesses_away
