"""How a visit looks at a page of records: for the purpose that the reader states, and none besides."""

from huitong.console.visit import Visit
from huitong.console.work.look import Look, look_with


def look_at(visit: Visit) -> Look:
    """The look of a visit."""
    return look_with(visit, visit.clearance)
