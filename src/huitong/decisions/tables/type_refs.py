"""What a modeller's type reference says about a column."""

from huitong.decisions.feel import Kind

_KINDS = {
    **dict.fromkeys(("number", "integer", "long", "double", "decimal", "float"), Kind.NUMBER),
    "string": Kind.STRING,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    **dict.fromkeys(("date and time", "dateTime", "dateAndTime", "date_time"), Kind.DATE_TIME),
    **dict.fromkeys(("days and time duration", "dayTimeDuration", "duration"), Kind.DURATION),
}


def expected_kind(type_ref: str) -> Kind | None:
    """The kind that ``type_ref`` names; None for the modeller's own types and for none.

    >>> expected_kind("feel:number")
    <Kind.NUMBER: 'number'>
    """
    return _KINDS.get(type_ref.removeprefix("feel:").removeprefix("feel."))
