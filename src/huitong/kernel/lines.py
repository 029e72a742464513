"""Texts of several lines where there is room for one."""

import re

_BREAK = re.compile(r"[ \t]*[\r\n]\s*")


def in_one_line(text: str) -> str:
    r"""A text as a field of one line shows it: each line break, with the blanks around it, is one blank.

    >>> in_one_line('[1..5],\n  > 9'), in_one_line("a  b")
    ('[1..5], > 9', 'a  b')
    """
    return _BREAK.sub(" ", text.strip())
