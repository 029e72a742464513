"""Colours by name, light and dark; the one place where they stand."""

from typing import Literal

Theme = Literal["light", "dark", "auto"]

_LIGHT = {
    "ink": "#16202a",
    "ink-2": "#4a5866",
    "ink-3": "#66727e",
    "paper": "#ffffff",
    "paper-2": "#f6f8fa",
    "line": "#e1e6eb",
    "line-strong": "#b4bec8",
    "lit": "#fff4d6",
    "accent": "#0b5cad",
    "on-accent": "#ffffff",
    "approve": "#1f7a4d",
    "review": "#8f5500",
    "decline": "#b3261e",
    "held": "#6b3fa0",
    "series-1": "#0b5cad",
    "series-2": "#c2571a",
    "series-3": "#2b8a6e",
    "series-4": "#8a4f9e",
    "series-5": "#7a6a00",
}
_DARK = {
    "ink": "#e8edf2",
    "ink-2": "#a9b4bf",
    "ink-3": "#8e9aa6",
    "paper": "#12181e",
    "paper-2": "#1a222a",
    "line": "#2b3640",
    "line-strong": "#46535f",
    "lit": "#3a3317",
    "accent": "#6db3f2",
    "on-accent": "#0c1b29",
    "approve": "#5fcf98",
    "review": "#f0b354",
    "decline": "#ff8a80",
    "held": "#bb9af0",
    "series-1": "#6db3f2",
    "series-2": "#f2a071",
    "series-3": "#6fd0b3",
    "series-4": "#c99be0",
    "series-5": "#d2c25a",
}


def theme_of(cookie: str | None) -> Theme:
    """The theme that a cookie names; what the system prefers where it names none."""
    return cookie if cookie in ("light", "dark") else "auto"  # type: ignore[return-value]  # narrowed by the test


def style_of(theme: Theme) -> str:
    """The colours as CSS; on paper they are always the light ones."""
    light, dark = (";".join(f"--{name}:{value}" for name, value in tokens.items()) for tokens in (_LIGHT, _DARK))
    always = f":root{{color-scheme:light;{light}}}"
    if theme == "light":
        return always
    if theme == "dark":
        return f"{always}@media screen{{:root{{color-scheme:dark;{dark}}}}}"
    return f"{always}@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}}}"
