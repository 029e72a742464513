"""Files that a browser keeps and does not show."""

from urllib.parse import quote


def attachment(name: str) -> str:
    r"""The header ``Content-Disposition`` of a file that is kept under a name, whatever that holds (RFC 6266).

    >>> attachment("对账单.pdf")
    'attachment; filename="___.pdf"; filename*=UTF-8\'\'%E5%AF%B9%E8%B4%A6%E5%8D%95.pdf'
    """
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "._- ") else "_" for one in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
