"""``python -m tests.simulation --seed 123`` lives the lives of one seed and prints the way to what broke; ``--seeds 10000`` runs many."""

import argparse
import sys
import time

from tests.simulation.run import LIVES, STEPS, run_seed


def main() -> int:
    """Runs what the command line says; 0 where every life held."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this one")
    parser.add_argument("--seeds", type=int, default=1_000, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--life", choices=LIVES, action="append", help="only the life of a log, or of a bank; by default both of each seed")
    given = parser.parse_args()
    lives = given.life or LIVES
    if given.seed is not None:
        broken = [said for life in lives if (said := run_seed(given.seed, given.steps, life))]
        sys.stdout.write("\n".join(broken or ["holds"]) + "\n")
        return 1 if broken else 0
    began, failed = time.monotonic(), 0
    for done, seed in enumerate(range(given.first, given.first + given.seeds), 1):
        for life in lives:
            said = run_seed(seed, given.steps, life)
            if said:
                failed += 1
                sys.stdout.write(f"\n{said}\n")
        if done % 20 == 0 or done == given.seeds:
            rate = done / (time.monotonic() - began)
            sys.stderr.write(f"\r{done} of {given.seeds} seeds, {rate:.1f}/s, {(given.seeds - done) / rate:.0f} s left, {failed} broke ")
    sys.stderr.write("\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
