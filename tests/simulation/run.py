"""Runs seeds."""

import shutil
import tempfile
import traceback
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Literal, get_args
from unittest.mock import patch

from huitong.store.vault import pages
from tests.simulation.bank_clients import BankClients
from tests.simulation.chance import SimulatedClock, SimulatedSigner
from tests.simulation.clients import Clients
from tests.simulation.faults import Faults
from tests.simulation.house import House
from tests.simulation.places import MemoryPlace, Place, SqlitePlace
from tests.simulation.world import World

STEPS = 30
FAST_FOLDER = Path("/dev/shm")  # noqa: S108 a folder of our own is made there
Life = Literal["log", "bank"]
LIVES: tuple[Life, ...] = get_args(Life)
"""Each seed has a life of a log alone, and one of a whole bank."""


def run_seed(seed: int, steps: int = STEPS, life: Life = "log") -> str | None:
    """Lives a life of a seed; says what broke, with the way to it, or ``None``."""
    chance = Random(seed)
    faults, signer = Faults(SimulatedClock()), SimulatedSigner(7)
    vaulted = chance.random() < 0.7
    folder = Path(tempfile.mkdtemp(prefix="huitong-simulation-", dir=FAST_FOLDER if FAST_FOLDER.is_dir() else None))
    world: World | None = None
    try:
        with ExitStack() as stack:
            stack.enter_context(patch.multiple(pages, FEW=0, PAGES_FOR_NAME=1_000, WANTED_SHARE=0))  # a life has few names
            place: Place
            if chance.random() < 0.3:
                place = SqlitePlace(chance, faults, signer, folder, checkpoint_pages=chance.choice([4, 30, 8_192]))
            else:
                place = MemoryPlace(chance, faults, signer, folder, late=chance.random() < 0.5)
            house: House | None = None
            clients = Clients(chance, faults.clock, vaulted=vaulted)
            if life == "bank":
                house = House(chance, faults.clock, folder / "bank", place.turns)
                stack.enter_context(house.running())
                clients = BankClients(chance, house, vaulted=vaulted)
            world = World(chance, faults, place, signer, clients, house)
            world.clients.large = chance.choice([0.40, 0.40, 0.40, 0.44])
            if isinstance(place, MemoryPlace):
                world.extra_faults = ["lost", "lost_kept", "lost_kept"]
            world.run(steps)
    except Exception as error:
        trace = [] if world is None else world.trace
        where = traceback.format_exc(limit=-4)
        return "\n".join([f"{life} of seed {seed}: {type(error).__name__}: {error}", *trace[-25:], where])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return None
