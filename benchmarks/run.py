"""Runs the benchmarks, each in a process of its own, and writes ``benchmarks/RESULTS.md`` and the short tables of both readmes.

``python benchmarks/run.py``: about forty minutes on two quiet cores; nothing else should run meanwhile.
``python benchmarks/run.py --quick``: two minutes, shows that all of it works, writes nothing.
``python benchmarks/run.py --only graph windows``: measures these again and keeps the other figures of the last run.
``python benchmarks/run.py --only full_day``: two hours; no run without its name has it.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from benchmarks import results  # noqa: E402 -- a clone is no installed package

USUAL = (
    "windows",
    "graph",
    "decision",
    "decision_tables",
    "tree_scorer",
    "replay",
    "log",
    "service",
    "step_back",
    "full_bank",
    "steady_day",
)
LONG = ("full_day",)
"""Run only where they are named."""
NAMES = (*USUAL, *LONG)
RECORDS_FILE = ROOT / "benchmarks" / results.RECORDS_FILE
ONE = "import json, sys; from importlib import import_module; print(json.dumps(import_module(sys.argv[1]).measure(sys.argv[2] == 'quick')))"


def python() -> str:
    """This interpreter, or the clone's own where this one lacks what the project needs."""
    own = ROOT / ".venv" / "bin" / "python"
    return str(own) if find_spec("numba") is None and own.exists() else sys.executable


def measured(name: str, quick: bool) -> list[dict[str, object]]:
    """The records of one benchmark, from a process of its own."""
    paths = [str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "POLARS_MAX_THREADS": "2"}
    command = [python(), "-c", ONE, f"benchmarks.{name}", "quick" if quick else "full"]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 -- our own words
    records: list[dict[str, object]] = json.loads(done.stdout.strip().splitlines()[-1])
    return records


def keep(records: dict[str, list[dict[str, object]]], machines: dict[str, results.Machine]) -> None:
    """Keeps what was measured, and on which machine, and writes it for people.

    Args:
        records: Records by benchmark.
        machines: By benchmark, where it was measured last.
    """
    kept = {"machines": {name: machines[name].to_json() for name in records}, "records": records}
    RECORDS_FILE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    results.write_results(ROOT, records, machines)
    results.write_readmes(ROOT, records)


def main(arguments: list[str]) -> int:
    """Measures, prints and writes; 1 where a benchmark failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing is written")
    parser.add_argument("--only", nargs="+", choices=NAMES, help="measure these again; the others keep their last figures")
    options = parser.parse_args(arguments)
    last = json.loads(RECORDS_FILE.read_text("utf-8")) if options.only and RECORDS_FILE.exists() else {"records": {}, "machines": {}}
    records = {name: last["records"][name] for name in NAMES if name in last["records"]}
    failed, load, began = [], os.getloadavg()[0], time.monotonic()
    asked = options.only or USUAL
    for name in asked:
        print(f"{name} … ", end="", flush=True)
        start = time.monotonic()
        try:
            records[name] = measured(name, options.quick)
        except subprocess.CalledProcessError:
            failed.append(name)
        print("failed" if name in failed else f"{time.monotonic() - start:.0f} s", flush=True)
        for line in [] if name in failed else results.LINES[name](records[name]):
            print(f"  {line.told()}", flush=True)
    print(f"{time.monotonic() - began:.0f} s in all")
    if not options.quick:
        machines = {name: results.Machine(**one) for name, one in last["machines"].items()}
        keep(records, machines | dict.fromkeys(set(asked) - set(failed), results.Machine.here(load, python())))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
