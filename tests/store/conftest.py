"""What several tests of the log use."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Unpack

import pytest

from huitong.store import LogOptions, RecordLog, open_log
from tests.store.postgres_server import drop_schemas, schema_of

Opener = Callable[..., RecordLog]


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same log each time, its segments in the folder ``segments``."""

    def opened(**options: Unpack[LogOptions]) -> RecordLog:
        address = str(tmp_path / "log.sqlite") if request.param == "sqlite" else schema_of(tmp_path)
        options.setdefault("segments", tmp_path / "segments")
        return open_log(address, **options)

    yield opened
    drop_schemas()
