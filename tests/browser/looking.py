"""What a page must be like whoever looks at it: no error in its console, nothing of another language, nothing that a reader cannot use."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

from tests.browser.hands import Hands

SIZES = {"desk": (1366, 768), "phone": (390, 844)}
CHINESE = re.compile(r"[\u3400-\u9fff]")
ENGLISH_SENTENCE = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
"""Three English words in a row are no name and no unit."""
OWN_WORDS = """() => {
  const out = [], skip = "[data-other-language], [translate=no], textarea, code, pre, script, style, time, input, option[value=''], .hash";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.parentElement;
    if (!at || at.closest(skip)) continue;
    if (at.checkVisibility && !at.checkVisibility() && !at.closest("dialog, title, option")) continue;
    out.push(node.textContent.trim());
  }
  for (const one of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    if (one.closest(skip.replace(", input", ""))) continue;
    for (const name of ["aria-label", "title", "placeholder"]) if (one.hasAttribute(name)) out.push(one.getAttribute(name));
  }
  out.push(document.title);
  return out.filter((text) => text);
}"""

TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))];
}"""
"""Ids that a page has more than once, closed dialogs included, into which axe-core does not look."""

PILED = """() => {
  const out = [], walker = document.createTreeWalker(document.querySelector("main") ?? document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim(), at = node.parentElement;
    if (text.length < 8 || !at?.checkVisibility() || at.closest("pre, code, svg, textarea, .hash")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size;
    if (lines > 3 && text.length / lines < 3) out.push(`${text.slice(0, 60)} (${lines} lines)`);
  }
  return out;
}"""
"""Texts whose letters stand one or two to a line, since something leaves them no room."""


@dataclass
class Looked:
    """A page that is looked at, and what went wrong on it."""

    page: Page
    hands: Hands
    errors: list[str] = field(default_factory=list)


@contextmanager
def looked(browser: Browser, address: str, language: str, size: str, user: str | None, theme: str = "light") -> Iterator[Looked]:
    """A page of a signed-in user, or of nobody yet, in a language and a size; fails at the end on any error in its console."""
    width, height = SIZES[size]
    with browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True) as context:
        for name, value in (("huitong_language", language), ("huitong_theme", theme)):
            context.add_cookies([{"name": name, "value": value, "url": address}])
        page = context.new_page()
        one = Looked(page, Hands(page, address))
        page.on("console", lambda said: one.errors.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: one.errors.append(str(error)))
        if user is not None:
            one.hands.sign_in(user)
        yield one
        assert one.errors == [], one.errors


def words_of_another_language(page: Page, language: str) -> list[str]:
    """Texts of a page that are not in its language."""
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en-US"}[language]
    wrong = ENGLISH_SENTENCE if language == "zh" else CHINESE
    return [text for text in page.evaluate(OWN_WORDS) if wrong.search(text)]


def unusable(page: Page, axe: str) -> list[tuple[str, list[str]]]:
    """What axe-core finds against a page, with the elements, ids that stand there twice, and letters piled one on another."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    violations = [(one["id"], [node["html"][:200] for node in one["nodes"][:5]]) for one in found["violations"]]
    own = (("id twice", page.evaluate(TWICE)), ("letters piled", page.evaluate(PILED)))
    return violations + [(name, wrong) for name, wrong in own if wrong]
