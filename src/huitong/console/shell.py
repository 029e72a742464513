"""What stands around every page: brand, search, switches, who is signed in, the list of pages, and the page's own head."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import Client, ui

from huitong.console import words
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.purposes import of_record, purpose_words
from huitong.console.visit import Visit
from huitong.identity import CSRF_FIELD, PURPOSE_KINDS, PURPOSE_TITLES
from huitong.identity.purposes import WITH_PURPOSE
from huitong.kernel import LANGUAGES, Language, Text

NAVIGATION: Sequence[tuple[str, Text]] = (
    ("/", words.NAV_OVERVIEW),
    ("/decisions", words.NAV_DECISIONS),
    ("/alerts", words.NAV_ALERTS),
    ("/cases", words.NAV_CASES),
    ("/measures", words.NAV_MEASURES),
    ("/lists", words.NAV_LISTS),
    ("/policies", words.NAV_POLICIES),
    ("/replay", words.NAV_REPLAY),
    ("/log", words.NAV_LOG),
    ("/users", words.NAV_USERS),
    ("/webhooks", words.NAV_WEBHOOKS),
    ("/system", words.NAV_SYSTEM),
)
LANGUAGE_COOKIE, THEME_COOKIE, PURPOSE_COOKIE = "huitong_language", "huitong_theme", "huitong_purpose"
LANGUAGE_NAMES: Mapping[Language, str] = {"zh": "中文", "en": "EN"}
LANGUAGE_TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en-US"}
_FRAME = ("frame-top", "frame-pages")
"""Classes of what stands beside a page's content."""
_NEXT_THEME = {"auto": "dark", "dark": "light", "light": "auto"}


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a page.

    Attributes:
        title: Name of the page, in its language.
        answer: One sentence that says what the reader came to know.
        acts: Buttons and links, the first act first.
        trail: Links to where the page belongs.
    """

    title: str
    answer: Part = None
    acts: Part = None
    trail: Part = None


@contextmanager
def shell(visit: Visit, head: Head) -> Iterator[None]:
    """A page: what is built inside the ``with`` block stands below its head.

    Args:
        visit: The visit.
        head: The page's head.
    """
    ui.page_title(f"{head.title} · {visit.say(words.BRAND)}")
    layout = ui.context.client.layout
    with layout:  # beside the element that NiceGUI makes the page's main one, and before it
        put(link("#content", visit.say(words.SKIP), class_="skip"), _top(visit)).classes(_FRAME[0]).move(layout, 0)
        put(_pages(visit)).classes(_FRAME[1]).move(layout, 1)
    with ui.element("div").props('id="content" tabindex="-1"').classes("content"):
        put(_note(visit), _head(head))
        yield
    put(_keys(visit), _purpose(visit))


def clear(client: Client) -> None:
    """Takes away what of a page was built, its frame too: another one is built in its place."""
    client.content.clear()
    for one in [one for one in client.layout.default_slot.children if set(one.classes) & {*_FRAME}]:
        one.delete()


def put(*parts: Part) -> ui.html:
    """Puts markup into the page; text in it is escaped."""
    return ui.html(markup(*parts), sanitize=False)


def _head(head: Head) -> Markup:
    said = tag("p", head.answer, class_="answer") if head.answer else None
    trail = tag("p", head.trail, class_="meta") if head.trail else None
    acts = tag("div", head.acts, class_="acts") if head.acts else None
    return tag("div", tag("div", trail, tag("h1", head.title), said), acts, class_="head")


def _note(visit: Visit) -> Part:
    note = visit.signed.note
    return tag("p", visit.say(note), class_="note", role="note") if note else None


def _top(visit: Visit) -> Markup:
    search = tag(
        "form",
        tag(
            "input",
            type="search",
            name="q",
            placeholder=visit.say(words.SEARCH),
            aria_label=visit.say(words.SEARCH_LABEL),
            autocomplete="off",
            maxlength=128,
        ),
        class_="search",
        role="search",
        action="/decisions",
        method="get",
    )
    who = tag("span", visit.signed.actor.id, class_="who-name")
    leave = None
    if visit.signed.how == "session":
        button = tag("button", visit.say(words.SIGN_OUT), class_="button plain", type="submit")
        leave = tag("form", token_field(visit.signed.csrf), button, action="/sign-out", method="post")
        who = link("/account", visit.signed.actor.id, class_="who-name", label=f"{visit.say(words.NAV_ACCOUNT)}: {visit.signed.actor.id}")
    reading = _reading_for(visit)
    help_ = tag("button", "?", class_="button plain", type="button", data_opens="keys", aria_label=visit.say(words.KEYS))
    right = tag("div", reading, *switches(visit.language, visit.theme), help_, who, leave, class_="right")
    return tag(
        "header", link("/", visit.say(words.BRAND), class_="brand"), None if "/decisions" in visit.closed else search, right, class_="top"
    )


def _reading_for(visit: Visit) -> Markup:
    """What the page is read for: what it is for by itself or what its reader stated, under which its look-ups are written down."""
    purpose = visit.purpose if visit.seen.clearance is None else visit.seen.clearance.purpose
    said = visit.say(words.PURPOSE_NONE) if purpose is None else purpose_words(purpose, visit.language)
    why = words.PURPOSE if purpose == visit.purpose else words.PURPOSE_OF_PAGE
    return tag("button", tag("span", said), class_="button plain purpose", type="button", data_opens="purpose", title=visit.say(why))


def token_field(token: str) -> Markup:
    """What a form sends beside its fields, so that no page of others sends it for its reader."""
    return tag("input", type="hidden", name=CSRF_FIELD, value=token)


def switches(language: Language, theme: str) -> tuple[Markup, Markup]:
    """The switches of language and theme."""
    other = words.other_language(language)
    to_other = tag(
        "button",
        LANGUAGE_NAMES[other],
        type="button",
        class_="button plain",
        lang=LANGUAGE_TAGS[other],
        data_cookie=f"{LANGUAGE_COOKIE}={other}",
        data_other_language=True,
    )
    to_theme = tag(
        "button",
        "◐",
        type="button",
        class_="button plain",
        aria_label=words.THEME[language],
        title=words.THEME[language],
        data_cookie=f"{THEME_COOKIE}={_NEXT_THEME[theme]}",
    )
    return to_other, to_theme


def to_page_of(visit: Visit) -> Markup | None:
    """The way to the page under which an address lies, where what was asked for is looked for; ``None`` where it lies under none."""
    for path, title in NAVIGATION[1:]:
        if _within(visit, path) and path not in visit.closed:
            return link(path, visit.say(words.LOOK_IN).format(page=visit.say(title)), class_="button")
    return None


def _within(visit: Visit, path: str) -> bool:
    return visit.path == path or (path != "/" and visit.path.startswith(f"{path}/"))


def _pages(visit: Visit) -> Markup:
    items = []
    for path, title in NAVIGATION:
        if path in visit.closed:
            continue
        count = tag("span", f"{visit.counts[path]:,}", class_="count") if visit.counts.get(path) else None
        entry = tag("a", tag("span", visit.say(title)), count, href=path, aria_current="page" if _within(visit, path) else None)
        items.append(tag("li", entry))
    return tag("nav", tag("ul", items), class_="pages", aria_label=visit.say(words.MENU))


def _keys(visit: Visit) -> Markup:
    rows = [(tag("dt", tag("kbd", key)), tag("dd", visit.say(meaning))) for key, meaning in words.KEY_HELP]
    close = tag("button", visit.say(words.CLOSE), class_="button", type="button", data_closes=True)
    return tag(
        "dialog", tag("h2", visit.say(words.KEYS)), tag("dl", rows, class_="facts"), close, id="keys", aria_label=visit.say(words.KEYS)
    )


def _purpose(visit: Visit) -> Markup:
    """The dialog in which a reader states what they read for."""
    useful = [kind for kind in PURPOSE_KINDS if any(kind in WITH_PURPOSE[role] for role in visit.signed.actor.roles)]
    own = None if visit.seen.clearance is None else visit.seen.clearance.purpose
    if own is not None and not of_record(own):
        own = None
    proposed = visit.purpose or own  # whoever goes on from an alert or a case may say that they read on for it
    options = [
        tag("option", visit.say(PURPOSE_TITLES[kind]), value=kind, selected=proposed is not None and kind == proposed.kind)
        for kind in useful
    ]
    kept = [
        tag("input", type="hidden", name=name, value=value) for name, value in visit.query.items() if name not in ("purpose", "reference")
    ]
    form = tag(
        "form",
        kept,
        tag(
            "div",
            tag("label", visit.say(words.PURPOSE_KIND), for_="purpose-kind"),
            tag("select", options, id="purpose-kind", name="purpose"),
            class_="field",
        ),
        tag(
            "div",
            tag("label", visit.say(words.PURPOSE_REFERENCE), for_="purpose-reference"),
            tag(
                "input",
                id="purpose-reference",
                name="reference",
                value=proposed.reference if proposed else "",
                required=True,
                maxlength=128,
            ),
            class_="field",
        ),
        tag("button", visit.say(words.PURPOSE_SET), class_="button primary", type="submit"),
        class_="lines",
        method="get",
        action=visit.path,
    )
    end = link(visit.here(purpose="none", reference=None), visit.say(words.PURPOSE_END), class_="button plain") if visit.purpose else None
    close = tag("button", visit.say(words.CLOSE), class_="button plain", type="button", data_closes=True)
    title = tag("h2", visit.say(words.PURPOSE), id="purpose-title")
    why = tag("p", visit.say(words.PURPOSE_WHY), class_="muted")
    return tag("dialog", title, why, form, tag("div", end, close, class_="pages-of"), id="purpose", aria_labelledby="purpose-title")


def preferred_language(cookie: str | None, accepted: str) -> Language:
    """The language that a cookie names; else the first that the browser accepts; else Chinese."""
    if cookie in LANGUAGES:
        return "zh" if cookie == "zh" else "en"
    for one in accepted.split(","):
        start = one.strip().lower()[:2]
        if start in LANGUAGES:
            return "zh" if start == "zh" else "en"
    return "zh"
