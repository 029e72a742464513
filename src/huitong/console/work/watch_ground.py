"""The ground of a step back as the reader reads it: the watch writes both languages into one record, a person their own words."""

import re

from huitong.console.work.look import Look

_MACHINES = "huitong:"
"""With which the names of those begin that are no persons and no users."""
_NEXT_RULE = re.compile(r"; (?=[^;·]*[\u4e00-\u9fff][^;·]* · )")
"""What stands between two rules: a semicolon before Chinese, for the English texts have semicolons of their own."""


def ground_in(ground: str, by: str, look: Look) -> str:
    """Of a ground that the watch wrote, rule by rule in both languages, the reader's; what a person wrote stays as it is."""
    parts = [part.split(" · ", 1) for part in _NEXT_RULE.split(ground)]
    if not by.startswith(_MACHINES) or any(len(part) != 2 for part in parts):
        return ground
    return look.pick("; ".join(part[1] for part in parts), "；".join(part[0] for part in parts))
