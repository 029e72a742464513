import os
from pathlib import Path

from huitong.machine_code import forget_stale_code


def test_code_older_than_any_source_of_its_package_is_forgotten_and_newer_code_is_kept(tmp_path: Path) -> None:
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    for name, time_s in (("kernel.py", 100), ("callee.py", 300), ("__pycache__/old.nbi", 200), ("__pycache__/new.nbi", 400)):
        (tmp_path / name).write_text("from numba import njit")
        os.utime(tmp_path / name, (time_s, time_s))
    assert forget_stale_code(tmp_path) == 1
    assert [path.name for path in cache.iterdir()] == ["new.nbi"]


def test_a_package_without_compiled_code_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("")
    assert forget_stale_code(tmp_path) == 0


def test_a_source_that_compiles_nothing_makes_no_code_stale(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    for name, text, time_s in (("kernel.py", "import numba", 100), ("__pycache__/k.nbi", "", 200), ("plain.py", "", 300)):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, (time_s, time_s))
    assert forget_stale_code(tmp_path) == 0
