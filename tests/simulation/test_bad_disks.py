"""Disks that break their own promises: what they lose or tear must be found, by the check or by whoever kept a head."""

from random import Random

import pytest

from huitong.kernel import HuitongError
from huitong.store import RecordLog
from tests.simulation.chance import SimulatedClock, SimulatedSigner
from tests.simulation.clients import Clients
from tests.simulation.faults import Faults
from tests.simulation.memory import Disk, Image
from tests.simulation.model import Entry
from tests.simulation.places import MemoryPlace

PARTS = ("rows", "events", "decisions", "tiles")
"""Parts of an image that a torn write may mix. A head that is not there yet is no damage; of the key ring the records say nothing."""


def lived(seed: int, tmp_path_of: MemoryPlace, calls: int) -> RecordLog:
    log = tmp_path_of.open(None)
    clients = Clients(Random(seed), tmp_path_of.clock, vaulted=False)
    clients.large = 0.5
    entries: list[Entry] = []
    for _ in range(calls):
        tmp_path_of.clock.pause(2)
        try:
            clients.call(entries).ask(log)
        except HuitongError:  # a conflict
            continue
    return log


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> MemoryPlace:
    return MemoryPlace(Random(1), Faults(SimulatedClock()), SimulatedSigner(7), tmp_path_factory.mktemp("segments"), late=False)


@pytest.mark.parametrize("seed", range(40))
def test_a_torn_write_is_found(seed: int, place: MemoryPlace) -> None:
    chance, disk = Random(seed), place.disk
    log = lived(seed, place, 8)
    before = disk.committed
    log.append_events([Clients(chance, place.clock, vaulted=False).event(f"torn{number}") for number in range(chance.choice([2, 300]))])
    after = disk.committed
    torn, whole = mixed(before, after, chance)
    disk.committed = torn
    missing = [(part, name) for part in PARTS for name in getattr(after, part).keys() - getattr(torn, part).keys()]
    assert whole or found(place), f"a torn write is not found: {sorted(missing, key=str)[:5]} of {len(missing)}"


def mixed(before: Image, after: Image, chance: Random) -> tuple[Image, bool]:
    """Some of what a commit wrote; and whether what is there is a whole log."""
    torn = before.copy()
    written = [(part, name) for part in PARTS for name in getattr(after, part).keys() - getattr(before, part).keys()]
    kept = chance.sample(sorted(written, key=str), chance.randrange(1, len(written)))
    for part, name in kept:
        getattr(torn, part)[name] = getattr(after, part)[name]
    positions = list(range(len(torn.rows)))
    # A shorter log of which nothing else is missing is as whole as one to which less was written.
    shorter = sorted(torn.rows) == positions == sorted([*torn.events.values(), *(place for place, _ in torn.decisions.values())])
    return torn, len(kept) == len(written) or (shorter and sum(level == 0 for level, _ in torn.tiles) == len(positions) // 256)


def found(place: MemoryPlace) -> bool:
    try:
        return bool(place.check())
    except HuitongError:
        return True


@pytest.mark.parametrize("seed", range(10))
def test_commits_that_a_lying_disk_lost_are_found_by_whoever_kept_a_head(seed: int, place: MemoryPlace) -> None:
    place.disk = Disk(late=False)
    lived(seed, place, 4).close()
    durable = place.disk.committed
    place.disk.honest = False
    log = lived(seed + 100, place, 6)
    head = log.sign_head()
    assert head is not None
    lost = place.disk.committed.size() > durable.size()
    place.disk.durable = durable
    place.disk.crash()
    assert place.check() == ()  # what is left is whole: only who kept a head can tell
    with place.read(None) as reader:
        findings = reader.check_witnessed([head.note], [place.signer.public_key])
    assert [finding.code for finding in findings] == (["witness.rewritten"] if lost else [])
    again = place.open(None)
    again.append_events([Clients(Random(seed), place.clock, vaulted=False).event(f"other{number}") for number in range(900)])
    findings = again.check_witnessed([head.note], [place.signer.public_key])
    assert [finding.code for finding in findings] == (["witness.rewritten"] if lost else [])
