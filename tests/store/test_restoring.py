"""A backup comes back without losing what the log still holds, and without bringing back whom it forgot."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from huitong.contracts import Event
from huitong.kernel import DataError, ExternalError, HuitongError, InputError
from huitong.store import FORGOTTEN_KIND, FileSigner, check_log, open_log
from huitong.store.moving import Forgetting, Restored, read_pseudonyms, restore_log
from huitong.store.vault.names import Name
from tests.store.build import CONTRACT, batch, event
from tests.store.moved import at, copied, everything, make_log, tampered
from tests.store.postgres_server import drop_schemas, schema_of
from tests.store.test_vault import NOW_US

CHEN = Name("customer", "Customer-Chen")
CHANGED = "UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), ':1250', ':1251') AS BLOB) WHERE position = "


@pytest.fixture
def made(tmp_path: Path) -> tuple[str, FileSigner]:
    return make_log(tmp_path)


@pytest.fixture
def signer(made: tuple[str, FileSigner]) -> FileSigner:
    return made[1]


@pytest.fixture
def backup(made: tuple[str, FileSigner], tmp_path: Path) -> Path:
    """A backup of the log."""
    copied(made[0], str(tmp_path / "backup.sqlite"))
    return tmp_path / "backup.sqlite"


@pytest.fixture
def grown(made: tuple[str, FileSigner], backup: Path) -> str:
    """The log, which has grown since, and has forgotten another person."""
    assert backup.exists()
    with at(40, *made) as log:
        log.append_batch(batch(400, start=20_000), CONTRACT)
        log.persons.forget(CHEN, "request", "forgotten-2", NOW_US)
        log.append_events([event(30_000)])
    return made[0]


def restored(backup: Path, address: str, *, replace: bool = False, persons: Sequence[bytes] = ()) -> Restored:
    return restore_log(backup, address, Forgetting(persons, NOW_US, lambda: "forgotten-again"), replace=replace)


def refused(backup: Path, address: str) -> str:
    with pytest.raises(HuitongError) as caught:
        restored(backup, address)
    assert all(caught.value.cause[language] and caught.value.remedy[language] for language in ("en", "zh"))
    return caught.value.code


def knows(address: str, name: Name) -> bool:
    with at(99, address, None) as log:
        return log.persons.known_as(name.text) == [name.space]


def test_a_backup_becomes_a_log_where_there_is_none(backup: Path, tmp_path: Path) -> None:
    done = restored(backup, str(tmp_path / "new.sqlite"))
    assert everything(str(tmp_path / "new.sqlite")) == everything(str(backup))
    assert (done.aside, done.rescued, done.forgotten, done.unread) == (None, 0, 0, False)
    assert list(tmp_path.glob("*.restoring*")) == []


def test_a_log_that_lost_its_end_gets_it_back_and_is_kept_aside(grown: str, tmp_path: Path, signer: FileSigner) -> None:
    shutil.copy(tmp_path / "backup.sqlite", tmp_path / "early.sqlite")
    copied(grown, str(tmp_path / "late.sqlite"))
    done = restored(tmp_path / "late.sqlite", str(tmp_path / "early.sqlite"))
    assert everything(str(tmp_path / "early.sqlite")) == everything(grown)
    assert done.aside is not None
    assert everything(str(done.aside)) == everything(str(tmp_path / "backup.sqlite"))
    assert not knows(str(tmp_path / "early.sqlite"), CHEN)
    with at(50, str(tmp_path / "early.sqlite"), signer) as log:
        assert log.append_events([event(40_000)]).new == 1
    assert check_log(tmp_path / "early.sqlite") == ()


@pytest.mark.parametrize("offset", [3, 721])  # in a full tile; in the edge of the backup's tree
def test_what_the_log_holds_beyond_the_backup_is_taken_over_where_it_can_be_vouched_for(grown: str, backup: Path, offset: int) -> None:
    whole = everything(grown)
    tampered(grown, CHANGED + str(offset))
    assert check_log(Path(grown)), "it is damaged where the backup is not"
    done = restored(backup, grown)
    assert (done.rescued, done.forgotten) == (402, 0)
    assert everything(grown) == whole
    assert check_log(Path(grown)) == ()
    assert not knows(grown, CHEN)


@pytest.mark.parametrize("offset", [800, 1148])  # in a full tile; in the edge of the log's tree
def test_what_cannot_be_vouched_for_is_given_up_only_where_that_is_asked_for_and_erasures_are_done_again(
    grown: str, backup: Path, offset: int
) -> None:
    assert knows(str(backup), CHEN)
    tampered(grown, CHANGED + str(offset))
    before = Path(grown).read_bytes()
    assert refused(backup, grown) == "store.restore.would_lose"
    assert Path(grown).read_bytes() == before
    done = restored(backup, grown, replace=True)
    assert (done.rescued, done.forgotten, done.unread) == (0, 1, False)
    assert done.log.size == len(everything(str(backup))[1]) + 1
    assert not knows(grown, CHEN)
    with open_log(grown, writable=False) as log:
        erasures = [record.content.id for record in log.read(kinds=[FORGOTTEN_KIND]) if isinstance(record.content, Event)]
    assert erasures == ["forgotten-1", "forgotten-2"]
    assert check_log(Path(grown)) == ()
    assert done.aside is not None
    assert check_log(done.aside), "the damaged log is kept"


@pytest.fixture
def crashed(made: tuple[str, FileSigner], backup: Path, tmp_path: Path) -> str:
    """The log as a crash left it, less than a second after its last head: with records, and an erasure, that no head covers."""
    (tmp_path / "crashed").mkdir()
    with at(60, *made) as log:
        log.append_batch(batch(15, start=20_000), CONTRACT)  # few, so that no tile vouches for the backup's last records
        log.persons.forget(CHEN, "request", "forgotten-2", NOW_US)
        log.append_events([event(30_000)])
        for path in tmp_path.glob("source.sqlite*"):
            shutil.copy(path, tmp_path / "crashed" / path.name)
    (tmp_path / "crashed" / "source.sqlite.lock").unlink()
    assert backup.exists()
    return str(tmp_path / "crashed" / "source.sqlite")


def test_what_no_head_covers_yet_when_a_log_fell_over_is_taken_over_too(crashed: str, backup: Path) -> None:
    whole = everything(crashed)
    assert whole[3][-1].size == len(whole[1]) - 2
    done = restored(backup, crashed)
    assert (done.rescued, done.forgotten, done.gave_up) == (17, 0, False)
    assert everything(crashed) == whole


@pytest.mark.parametrize(
    "statement", [CHANGED + "721", "UPDATE record SET payload = x'7b' WHERE position = (SELECT max(position) FROM record)"]
)
def test_all_up_to_the_last_head_is_taken_over_and_only_the_rest_is_given_up(crashed: str, backup: Path, statement: str) -> None:
    whole = everything(crashed)
    tampered(crashed, statement)
    assert refused(backup, crashed) == "store.restore.would_lose"
    done = restored(backup, crashed, replace=True)
    assert (done.rescued, done.forgotten, done.gave_up) == (15, 0, True)
    assert everything(crashed)[1][:-1] == whole[1][:-2], "all up to the last head, and the erasure once more"
    with open_log(crashed, writable=False) as log:
        erasures = [record.content.id for record in log.read(kinds=[FORGOTTEN_KIND]) if isinstance(record.content, Event)]
    assert erasures == ["forgotten-1", "forgotten-2"]
    assert not knows(crashed, CHEN)
    assert check_log(Path(crashed)) == ()


def test_a_log_that_nobody_can_read_is_replaced_only_where_that_is_asked_for(grown: str, backup: Path) -> None:
    with at(99, str(backup), None) as log:
        person = log.reader.kept("name")
        assert log._vault is not None
        chen = person[log._vault.names.lookup(CHEN)]
    Path(grown).write_bytes(b"\xff" * 10_000)
    assert refused(backup, grown) == "store.restore.would_lose"
    done = restored(backup, grown, replace=True, persons=[chen])
    assert (done.forgotten, done.unread) == (1, True)
    assert not knows(grown, CHEN)
    assert done.aside is not None
    assert done.aside.read_bytes() == b"\xff" * 10_000
    with open_log(grown, writable=False) as restored_log:
        last = list(restored_log.read(kinds=[FORGOTTEN_KIND]))[-1].content
    assert isinstance(last, Event)
    assert (last.id, last.data["pseudonym"]) == ("forgotten-again", chen.hex())


def test_another_log_is_left_as_it_is(backup: Path, tmp_path: Path) -> None:
    with open_log(tmp_path / "other.sqlite") as log:
        log.append_events([event(1)])
    assert refused(backup, str(tmp_path / "other.sqlite")) == "store.restore.would_lose"
    (tmp_path / "newer.sqlite").write_bytes((tmp_path / "other.sqlite").read_bytes())
    tampered(str(tmp_path / "newer.sqlite"), "PRAGMA user_version=99")
    for replace in (False, True):
        with pytest.raises(DataError, match="schema 99"):
            restored(backup, str(tmp_path / "newer.sqlite"), replace=replace)
    assert restored(backup, str(tmp_path / "other.sqlite"), replace=True).log.log_id == everything(str(backup))[0]


def test_a_log_that_is_open_is_left_as_it_is(grown: str, backup: Path, signer: FileSigner) -> None:
    with at(60, grown, signer) as writer:
        assert refused(backup, grown) == "store.held"
        writer.append_events([event(50_000)])
    with open_log(grown, writable=False) as reader:
        assert refused(backup, grown) == "store.busy"
        assert reader.end() == len(list(reader.rows()))
    assert restored(backup, grown).rescued == 403


def test_a_restore_that_was_cut_off_is_done_again(grown: str, backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = everything(grown)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("huitong.store.moving.restoring._free_name", cut)
        with pytest.raises(KeyboardInterrupt):
            restored(backup, grown)
    assert everything(grown) == whole
    restored(backup, grown)
    assert everything(grown) == whole


def test_a_backup_that_is_not_whole_is_not_restored(backup: Path, tmp_path: Path) -> None:
    tampered(str(backup), "INSERT INTO keyring VALUES ('copy', x'01', x'01')")
    assert refused(backup, str(tmp_path / "new.sqlite")) == "store.copy.unfinished"
    assert refused(tmp_path / "none.sqlite", str(tmp_path / "new.sqlite")) == "store.missing"
    assert not (tmp_path / "new.sqlite").exists()


def test_a_database_gets_what_is_missing(backup: Path, tmp_path: Path) -> None:
    url = schema_of(tmp_path / "restored")
    try:
        done = restored(backup, url)
        assert (done.aside, done.log.size) == (None, len(everything(str(backup))[1]))
        assert everything(url) == everything(str(backup))
        with open_log(url) as log:
            log.append_events([event(60_000)])
        assert refused(backup, url) == "store.copy.occupied"
    finally:
        drop_schemas()


def test_pseudonyms_are_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "forgotten.txt"
    path.write_text("# since May\n0a0b customer, on request\n\nffee\n", "utf-8")
    assert read_pseudonyms(path) == [b"\x0a\x0b", b"\xff\xee"]
    path.write_text("Zhang Wei\n", "utf-8")
    with pytest.raises(InputError, match="no list of pseudonyms"):
        read_pseudonyms(path)
    with pytest.raises(InputError):
        read_pseudonyms(tmp_path / "none.txt")
    with pytest.raises(ExternalError):
        read_pseudonyms(tmp_path)
