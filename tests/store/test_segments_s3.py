"""Segments in S3, against a server of its own that speaks the protocol."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from huitong.kernel import DataError, ExternalError, InputError
from huitong.store import RecordLog, open_log
from huitong.store.segments import places
from tests.store.build import CONTRACT, batch, event
from tests.store.postgres_server import drop_schemas, schema_of
from tests.store.s3_server import lead_to, s3_server
from tests.store.sealed import CONTRACTS, filled

pytest.importorskip("s3fs")
pytest.importorskip("moto.server")
PLACE = "s3://bank/segments"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server with an empty bucket called ``bank``."""
    with s3_server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a log, with the environment that leads to the server."""
    lead_to(server, monkeypatch)
    yield str(tmp_path / "log.sqlite") if request.param == "sqlite" else schema_of(tmp_path)
    drop_schemas()


def opened(address: str) -> RecordLog:
    return open_log(address, segments=PLACE)


def test_a_log_sealed_into_s3_reads_as_before(address: str) -> None:
    with opened(address) as log:
        filled(log)
        everything = list(log.read())
        made = log.seal(CONTRACTS, keep_rows=300, segment_rows=200)
        assert [one.stop for one in made] == [200, 400, 482]
        assert list(log.read()) == everything
        assert log.append_batch(batch(500), CONTRACT).repeated == 500
        assert log.check(lambda _done, _total: None) == ()
        assert log.unneeded_segment_files() == []
    with opened(address) as log:
        assert list(log.read()) == everything
        ids = next(log.read_batches(CONTRACT, rows=100)).batch.ids.to_pylist()
        assert ids == [f"p{number}" for number in range(100)]


def test_what_is_altered_or_missing_in_s3_is_named(address: str) -> None:
    with opened(address) as log:
        log.append_batch(batch(1_000), CONTRACT)
        log.seal(CONTRACTS, keep_rows=300, segment_rows=350)
        place, (first, second) = log.reader.place, [one.files[0] for one in log.reader.segments()]
        content = bytearray(place.read(first.name))
        content[99] ^= 1
        changed = Path(place.scratch()) / f"{first.sha256}.changed"
        changed.write_bytes(content)
        place.keep(changed, first.name)
        place.remove(second.name)
        place.remove(second.name)
    with opened(address) as log:
        findings = log.check(lambda _done, _total: None)
        assert [(one.code, one.where) for one in findings] == [("log.segment", "offsets 0–349"), ("log.segment", "offsets 350–699")]
        assert first.name in findings[0].text["en"]
        assert second.name in findings[1].text["zh"]
        with pytest.raises(DataError):
            log.event("p1")
        assert log.event("p900") == event(900)


def test_what_a_cut_off_sealing_left_in_s3_is_told_and_removed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(address) as log:
        log.append_batch(batch(300), CONTRACT)
        with monkeypatch.context() as patch:
            patch.setattr(places.Remote, "read", lambda *_: b"")
            with pytest.raises(DataError):
                log.seal(CONTRACTS, keep_rows=0)
        assert log.event("p1") == event(1)
        findings = log.check(lambda _done, _total: None)
        assert [one.code for one in findings] == ["log.segment.unneeded"]
        assert log.unneeded_segment_files(remove=True) == [findings[0].where]
        assert log.check(lambda _done, _total: None) == ()


def test_a_server_that_is_not_there_is_an_error_with_its_cause(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(server, monkeypatch)
    with open_log(tmp_path / "log.sqlite", segments="s3://nobodys/x") as log:
        log.append_batch(batch(10), CONTRACT)
        with pytest.raises(ExternalError) as caught:
            log.seal(CONTRACTS, keep_rows=0)
        assert caught.value.code == "store.segment.failed"
        assert "s3://nobodys/x" in caught.value.cause["zh"]
        assert log.event("p1") == event(1)


def test_without_its_driver_s3_is_refused_with_the_extra_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(InputError) as caught:
        open_log(tmp_path / "log.sqlite", segments=PLACE)
    assert caught.value.code == "store.segment.driver"
    for language in ("en", "zh"):
        assert "huitong[s3]" in caught.value.remedy[language]
