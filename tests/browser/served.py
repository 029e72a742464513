"""Serves a bank with its console and synthetic traffic until it is killed: ``python -m tests.browser.served FOLDER [PORT [eager]]``.

``eager`` asks of a version in shadow or canary neither time nor decisions, so that a test can take every step.
"""

import sys
from pathlib import Path

from huitong.app import Bank
from huitong.app.demo_users import make_demo_users
from huitong.app.server import serve
from huitong.app.traffic import Traffic
from huitong.decisions.rollout import RolloutSettings
from huitong.identity import desk
from huitong.identity.rate import SIGN_INS_IN_ALL
from tests.app.small_world import sources_in

POLICY = "small"
DECIDED_DAYS = 3.0
EAGER = RolloutSettings(shadow_decisions_min=0, shadow_time_min_us=0, canary_decisions_min=0, canary_time_min_us=0, declined_rise_max=1.0)


def main(folder: Path, port: int, *, eager: bool = False) -> None:
    """Serves the bank in ``folder/bank`` on what lies in ``folder/tables``; says its address once it takes connections."""
    for limit in ("SIGN_INS_BY_USER", "SIGN_INS_BY_ADDRESS"):  # the same few users sign in for each test, from one address
        setattr(desk, limit, SIGN_INS_IN_ALL)
    with Bank(folder / "bank", threads=2) as bank:
        if eager:
            bank.rollouts.settings = EAGER
        make_demo_users(bank)
        traffic = Traffic(bank, POLICY, sources_in(folder), decided_days=DECIDED_DAYS)
        traffic.catch_up()
        with traffic:
            serve(bank, policy=POLICY, port=port, console=True, ready=lambda address: print(address, flush=True))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0, eager="eager" in sys.argv)
