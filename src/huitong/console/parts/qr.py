"""A QR code as a drawing in the page, for a phone's camera."""

import segno

from huitong.console.markup import Markup, tag

MODULE_PX = 4
QUIET_MODULES = 4
"""Width of the empty frame that cameras need (ISO/IEC 18004, clause 9.1)."""


def qr_code(content: str, label: str) -> Markup:
    """The drawing: dark on light whatever the page's colours are, for not every camera reads the reverse.

    Args:
        content: What it says.
        label: What it is, for whoever does not see it.
    """
    drawn = segno.make(content, error="m", micro=False).svg_inline(scale=MODULE_PX, border=QUIET_MODULES, dark="#000", light="#fff")
    return tag("div", Markup(drawn), class_="qr", role="img", aria_label=label)
