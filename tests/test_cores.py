"""Work is divided among the cores that the process was given, not among those that the machine has."""

import os
import subprocess
import sys

import pytest

from huitong.cores import cores


def test_it_is_at_least_one_and_no_more_than_the_machine_has() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process is not bound to cores")
def test_a_process_bound_to_one_core_counts_one() -> None:
    asked = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from huitong.cores import cores; print(cores())"
    assert subprocess.run([sys.executable, "-c", asked], stdout=subprocess.PIPE, text=True, check=True).stdout == "1\n"
