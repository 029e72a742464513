"""How a reader looks at a page: language, zone, currency, the present, who they are; and the small pieces that every view is made of."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import quote, urlencode

from huitong.console.forms import Form, button_of, dialog_of
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.seen import Seen
from huitong.console.visit import Visit
from huitong.contracts import Actor, DataContract, Role
from huitong.evaluation import words as say
from huitong.identity import GRADE_UNKNOWN, Clearance, FieldGrades, Purpose, clearance_of
from huitong.identity.purposes import PurposeKind
from huitong.kernel import Language, PolicyError, Text

_MINUTE_US = 60_000_000
_HOUR_US = 60 * _MINUTE_US
_DAY_US = 24 * _HOUR_US
_TAGS = re.compile("<[^>]*>")


def _unknown_code(_decision: str, _code: str) -> int:
    return GRADE_UNKNOWN


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks, and how.

    Attributes:
        language: Of the page.
        zone: The institution's time zone.
        currency: ISO 4217 code of its amounts.
        now_us: The present, µs UTC.
        actor: Who looks.
        clearance: Up to which grade they see.
        contracts: Data contracts by kind of event; a field that none of them names is hidden.
        code_grade: Grade of a reason by the decision that gave it and its code.
        seen: What of grade 3 or more was shown so far.
    """

    language: Language
    zone: str
    currency: str
    now_us: int
    actor: Actor
    clearance: Clearance
    contracts: Mapping[str, DataContract] = field(default_factory=dict)
    code_grade: Callable[[str, str], int] = _unknown_code
    seen: Seen = field(default_factory=Seen)

    def pick(self, en: str, zh: str) -> str:
        """The one of two sentences that is in the page's language."""
        return say.joined(zh) if self.language == "zh" else en

    def text(self, text: Text) -> str:
        """A text in the page's language."""
        return text[self.language]

    def is_a(self, *roles: Role) -> bool:
        """Whether the reader has one of these roles: it spares them buttons that cannot work."""
        return not self.actor.roles.isdisjoint(roles)

    def money(self, amount_minor: int | None) -> str:
        """A sum."""
        return say.money(amount_minor, self.currency, self.language)

    def exact(self, amount_minor: int | None, kind: str = "") -> str:
        """One payment's amount, in the currency of its kind of event; where none is named, in the institution's."""
        contract = self.contracts.get(kind)
        return say.exact_money(amount_minor, self.currency if contract is None else contract.currency, self.language)

    def count(self, number: float) -> str:
        """A count."""
        return say.count(number, self.language)

    def moment(self, time_us: int | None) -> Markup:
        """A time in the institution's zone to the minute, its zone on hover."""
        if time_us is None:
            return Markup(say.MISSING)
        whole = say.moment(time_us, self.zone)
        return tag("time", whole[:-3], title=f"{whole} {self.zone}", class_="nowrap")

    def minute(self, time_us: int) -> str:
        """The same as plain text, inside a sentence."""
        return say.moment(time_us, self.zone)[:-3]

    def span(self, span_us: int) -> str:
        """A length of time in the two units that people would take."""
        span_us = abs(span_us)
        days, hours, minutes = span_us // _DAY_US, span_us % _DAY_US // _HOUR_US, span_us % _HOUR_US // _MINUTE_US
        if days:
            return self.pick(f"{days} d {hours} h", f"{days} 天 {hours} 小时")
        if hours:
            return self.pick(f"{hours} h {minutes} min", f"{hours} 小时 {minutes} 分")
        if not minutes:
            return self.pick("less than a minute", "不到 1 分钟")
        return self.pick(f"{minutes} min", f"{minutes} 分钟")

    def hidden(self, grade: int) -> Markup:
        """The mark of what is above the reader's grade."""
        why = self.pick(
            f"of grade {grade}; you see up to grade {self.clearance.grade}", f"分级为 {grade} 级，您可见至 {self.clearance.grade} 级"
        )
        return tag("span", self.pick("hidden", "已隐藏"), class_="hidden-value", title=why)

    def grade(self, kind: str, field_name: str) -> int:
        """Data grade of a key or field of a kind of event."""
        return FieldGrades.of(self.contracts.get(kind)).of_field(field_name)

    def grade_of_code(self, decision: str | None, code: str) -> int:
        """Grade of a reason that a decision gave; what no decision says is a person's, and has the grade of its field."""
        return 1 if decision is None else self.code_grade(decision, code)

    def sees(self, kind: str, field_name: str, at_least: int = 1) -> bool:
        """Whether the reader sees a field, and may search and sort by it."""
        return max(self.grade(kind, field_name), at_least) <= self.clearance.grade

    def shown(self, record: str, kind: str, field_name: str, part: Part, at_least: int = 1) -> Part:
        """What says something of a field, or the mark that it is above the reader's grade; that it was shown is written down.

        Args:
            record: What it is of, by its id.
            kind: Kind of the event that it comes from.
            field_name: Field or key of that event.
            part: What is shown of it.
            at_least: Its grade where that is higher than the field's: of a reason, which has a grade of its own.
        """
        return self.graded(record, field_name, part, max(self.grade(kind, field_name), at_least))

    def graded(self, record: str, field_name: str, part: Part, grade: int) -> Part:
        """As ``shown``, of what has its grade from elsewhere than a field."""
        if grade > self.clearance.grade:
            return self.hidden(grade)
        self.seen.take(record, field_name, grade)
        return part

    def said(self, record: str, kind: str, field_name: str, text: str, otherwise: str, at_least: int = 1) -> str:
        """As ``shown``, where only text can stand; ``otherwise`` stands for what is hidden."""
        if not self.sees(kind, field_name, at_least):
            return otherwise
        self.seen.take(record, field_name, max(self.grade(kind, field_name), at_least))
        return text

    def require(self, grade: int, en: str, zh: str) -> None:
        """Refuses what cannot be shown with a mark in it.

        Args:
            grade: Its grade.
            en: What lies above the reader's grade.
            zh: The same.

        Raises:
            PolicyError: If the reader does not see up to that grade.
        """
        if grade > self.clearance.grade:
            raise PolicyError(
                "console.grade",
                {
                    "en": f"{en}: this is of grade {grade}, and you see up to grade {self.clearance.grade}",
                    "zh": f"{zh}：分级为 {grade} 级，您可见至 {self.clearance.grade} 级",
                },
                {
                    "en": "state what you read for, by the button beside the language; if you did, ask who may see more",
                    "zh": "请通过语言旁的按钮说明查看目的；若已说明，请由可见级别更高的人员查看",
                },
            )


def look_of(visit: Visit, kind: PurposeKind, reference: str) -> Look:
    """How a visit looks at a page that is for a purpose; a purpose that the reader states goes first.

    Args:
        visit: The visit.
        kind: What the page is for.
        reference: Which alert, case …
    """
    purpose = visit.purpose or Purpose(kind, reference)
    return look_with(visit, clearance_of(visit.signed.actor, purpose, visit.signed.grade_max))


def look_of_record(visit: Visit, kind: PurposeKind, record: str) -> Look:
    """As ``look_of``, of a page that shows one record, or part of it: that another alert was read for is no purpose for this one.

    Args:
        visit: The visit.
        kind: Alert or case.
        record: Which.
    """
    stated = visit.purpose
    purpose = Purpose(kind, record) if stated is None or stated.kind == kind else stated
    return look_with(visit, clearance_of(visit.signed.actor, purpose, visit.signed.grade_max))


def look_with(visit: Visit, clearance: Clearance) -> Look:
    """How a visit looks at a page up to a grade; what is shown is written down under it."""
    bank, visit.seen.clearance = visit.bank, clearance
    return Look(
        visit.language,
        bank.zone,
        bank.currency,
        bank.now_us(),
        visit.signed.actor,
        clearance,
        bank.contracts,
        bank.grade_of_code,
        visit.seen,
    )


@dataclass(frozen=True, slots=True)
class View:
    """A page's content.

    Attributes:
        title: Name of the page.
        answer: One sentence that says what the reader came to know.
        body: What stands below.
        forms: Acts of the page, the first act first; they stand in its head.
        inline: Acts that stand elsewhere in it and open a dialog.
        trail: Where the page belongs.
    """

    title: str
    answer: Part
    body: Markup
    forms: Sequence[Form] = ()
    inline: Sequence[Form] = ()
    trail: Part = None

    def acts(self, language: Language) -> Markup:
        """The buttons of the page's head; a dangerous one is not the first act, whatever its place."""
        first = next((form for form in self.forms if form.tone != "danger"), None)
        return markup([button_of(form, language, first=form is first) for form in self.forms])

    def dialogs(self, language: Language) -> Markup:
        """The dialogs that the buttons open; one that several buttons open stands there once."""
        return markup([dialog_of(form, language) for form in {one.dialog: one for one in (*self.forms, *self.inline)}.values()])


def section(title: str, *parts: Part, lead: Part = None, anchor: str | None = None) -> Markup:
    """A part of a page with its heading."""
    said = tag("p", lead, class_="lead") if lead else None
    return tag("section", tag("h2", title), said, *parts, class_="section", id=anchor)


def figures(*figure: tuple[str, Part, Part]) -> Markup:
    """Headline figures: what, how much, against what."""
    cells = [
        tag("dl", tag("dt", what), tag("dd", much, tag("div", against, class_="against") if against else None), class_="figure")
        for what, much, against in figure
    ]
    return tag("div", cells, class_="figures")


def facts(*fact: tuple[str, Part]) -> Markup:
    """A list of facts; those without a value are left out."""
    return tag("dl", [(tag("dt", name), tag("dd", value)) for name, value in fact if value not in (None, "")], class_="facts")


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Part]],
    *,
    figures_in: Sequence[int] = (),
    wide_in: Sequence[int] = (),
    hrefs: Sequence[str] = (),
) -> Markup:
    """A dense table; on a narrow page each row stands as a block with its heads beside it.

    Args:
        caption: What it lists, for screen readers.
        heads: Column heads; markup where they are somebody's own words.
        rows: Cells; the first holds the row's link where there are ``hrefs``.
        figures_in: Columns that hold figures, and stand right.
        wide_in: Columns that hold sentences, and are not squeezed.
        hrefs: Where each row leads.
    """
    looks = ["n" if place in figures_in else "wide" if place in wide_in else None for place in range(len(heads))]
    plain = [unescape(_TAGS.sub("", head)) if isinstance(head, Markup) else head for head in heads]
    head = tag("tr", [tag("th", text, scope="col", class_=look) for text, look in zip(heads, looks, strict=True)])
    lines = []
    for number, row in enumerate(rows):
        href = hrefs[number] if hrefs else None
        cells = [
            tag(
                "td",
                link(href, cell, class_="row") if href is not None and place == 0 else cell,
                class_=looks[place],
                data_head=plain[place],
            )
            for place, cell in enumerate(row)
        ]
        lines.append(tag("tr", cells, data_href=href))
    inner = tag("table", tag("caption", caption, class_="unseen"), tag("thead", head), tag("tbody", lines), class_="stacked")
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)


def nothing(what: str, why: str, *todo: Part) -> Markup:
    """A designed absence: what is not here, why, what to do."""
    return tag("div", tag("p", tag("b", what)), tag("p", why, class_="muted"), *todo, class_="state")


def mark(word: str, kind: str, sign: str) -> Markup:
    """A word with its sign and colour; ``kind`` is an outcome that has a colour, or ``other``."""
    return tag("span", tag("span", sign, class_="sign", aria_hidden="true"), word, class_=f"mark mark-{kind}")


def typed(text: str) -> Markup:
    """What a person wrote or is called: it is in their language, whatever the page's is."""
    return tag("span", text, translate="no")


def path_to(*parts: str, **query: str | None) -> str:
    """An address of the console with its parts quoted."""
    kept = {name: value for name, value in query.items() if value}
    return "/" + "/".join(quote(part, safe="") for part in parts) + (f"?{urlencode(kept)}" if kept else "")


def filters(look: Look, action: str, choices: Mapping[str, tuple[str, str, Sequence[tuple[str, str]]]]) -> Markup:
    """A filter bar that lives in the address.

    Args:
        look: Who looks.
        action: Address of the page.
        choices: By name in the address: label, value now, values with their names.
    """
    fields = []
    for name, (label, value, options) in choices.items():
        id_ = f"filter-{name}"
        entries = [tag("option", title, value=key, selected=key == value) for key, title in options]
        fields.append(tag("div", tag("label", label, for_=id_), tag("select", entries, name=name, id=id_), class_="field"))
    button = tag("button", look.pick("Apply", "应用"), class_="button", type="submit")
    return tag("form", fields, button, class_="filters", action=action, method="get")


def within(at: int, step: int, total: int) -> int:
    """Rows before a page, where there are as many; else before the last page, for an empty one would tell that there is nothing."""
    return at if at < total else max(total - 1, 0) // step * step


def paging(look: Look, here: Mapping[str, str], path: str, at: int, step: int, total: int) -> Markup:
    """Links to the rows before and after, and which these are."""
    if total <= step and at == 0:
        return Markup("")
    said = look.pick(f"{at + 1:,}–{min(at + step, total):,} of {total:,}", f"第 {at + 1:,}–{min(at + step, total):,} 条，共 {total:,} 条")
    before = {**here, "from": str(max(at - step, 0))} if at else None
    after = {**here, "from": str(at + step)} if at + step < total else None
    parts: list[Part] = [tag("span", said, class_="meta")]
    for query, name in ((before, look.pick("Before", "上一页")), (after, look.pick("Next", "下一页"))):
        if query is not None:
            parts.append(link(f"{path}?{urlencode(query)}", name, class_="button"))
    return tag("div", parts, class_="pages-of")
