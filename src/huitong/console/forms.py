"""What people do on a page, as values: a form with its fields, its HTML, and what was given in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.kernel import InputError, Language, Money, Text

FieldKind = Literal["line", "lines", "choice", "several", "moment", "amount", "number", "file", "tick"]
ACT_PATH = "/act/"
_LINES_ROWS = 3
FIELD_LENGTH_MAX = 1_000
"""Most characters of a text in a form, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a form asks for.

    Attributes:
        name: Under which it is given.
        label: What it is.
        kind: How it is given: a line, several lines, one or several of the options, a moment in the institution's zone, an amount in major
            units, a whole number, a file, a tick.
        options: Of a choice: value and name for people.
        initial: What stands in it at first; of several, values between blanks.
        hint: What is to be known about it.
        required: Whether it may be left out.
        length_max: Most characters of a line; several lines are refused in words where they are too long, and are not cut.
        own: Whether its options are somebody's own words, whatever the page's language is.
    """

    name: str
    label: Text
    kind: FieldKind = "line"
    options: Sequence[tuple[str, Text]] = ()
    initial: str = ""
    hint: Text | None = None
    required: bool = True
    length_max: int = FIELD_LENGTH_MAX
    own: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """An act that a page offers.

    Attributes:
        act: Its name, by which it is carried out.
        title: What it does: the words on the button that opens it.
        fields: What it asks for; without any the button does it at once.
        fixed: What it is about, given with it.
        note: What follows from it.
        tone: How its button looks.
        id: In the page; needed where the same act stands there several times.
        asks: Whether to ask again before it is done, although it asks for nothing.
        named: What it does and to what, where the page has several such buttons: the words of its dialog.
        submit: The words of the button in its dialog, where they are others.
        ways: Where its dialog leads before anything is done: words and address of each.
    """

    act: str
    title: Text
    fields: Sequence[Field] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    note: Text | None = None
    tone: Literal["primary", "plain", "danger"] = "plain"
    id: str = ""
    asks: bool = False
    named: Text | None = None
    submit: Text | None = None
    ways: Sequence[tuple[Text, str]] = ()

    @property
    def asked(self) -> Text:
        """The words of its dialog."""
        return self.named or self.title

    @property
    def dialog(self) -> str:
        """Id of its dialog in the page."""
        return f"act-{self.id or self.act.replace('.', '-')}"


_CANCEL: Text = {"en": "Cancel", "zh": "取消"}
_OPTIONAL: Text = {"en": "optional", "zh": "选填"}
_CHOOSE: Text = {"en": "choose …", "zh": "请选择…"}


def button_of(form: Form, language: Language, *, first: bool = False) -> Markup:
    """The button of an act: it opens the form's dialog, or does at once what asks for nothing.

    Args:
        form: The form.
        language: The reader's.
        first: Whether ``e`` presses it.
    """
    looks = {"primary": "button primary", "danger": "button danger", "plain": "button"}[form.tone]
    if form.fields or form.asks:
        return tag("button", form.title[language], type="button", class_=looks, data_opens=form.dialog, data_first_act=first)
    return _form(form, tag("button", form.title[language], type="submit", class_=looks, data_first_act=first), "at-once")


def dialog_of(form: Form, language: Language) -> Markup:
    """The dialog of an act that asks for something; nothing for one that does not."""
    if not (form.fields or form.asks):
        return Markup("")
    looks = "button danger" if form.tone == "danger" else "button primary"
    inner = markup(
        [_field(one, f"{form.dialog}-{one.name}", language) for one in form.fields],
        tag(
            "div",
            tag("button", (form.submit or form.asked)[language], type="submit", class_=looks),
            tag("button", _CANCEL[language], type="button", class_="button", data_closes=True),
            class_="acts",
        ),
    )
    heading_id = f"heading-of-{form.dialog}"  # a field may have any name: what the dialog adds begins otherwise
    heading = tag("h2", form.asked[language], id=heading_id)
    note = None if form.note is None else tag("p", form.note[language], class_="muted")
    ways = tag("p", [markup(" · " if place else "", link(to, words[language])) for place, (words, to) in enumerate(form.ways)])
    return tag(
        "dialog", heading, note, ways if form.ways else None, _form(form, inner, "lines"), id=form.dialog, aria_labelledby=heading_id
    )


def _form(form: Form, inner: Part, looks: str) -> Markup:
    fixed = [tag("input", type="hidden", name=name, value=value) for name, value in form.fixed.items()]
    wrong = tag("div", class_="wrong", role="alert")
    return tag("form", fixed, wrong, inner, method="post", action=ACT_PATH + form.act, class_=looks, data_act=True)


def _hint_id(field_id: str) -> str:
    return f"hint-of-{field_id}"


def _field(one: Field, id_: str, language: Language) -> Markup:
    label = one.label[language] if one.required else f"{one.label[language]} ({_OPTIONAL[language]})"
    if language == "zh" and not one.required:
        label = f"{one.label['zh']}（{_OPTIONAL['zh']}）"
    hint = None if one.hint is None else tag("small", one.hint[language], class_="meta", id=_hint_id(id_))
    if one.kind == "tick":
        box = tag("input", type="checkbox", name=one.name, value="yes", id=id_, checked=one.initial == "yes")
        return tag("div", tag("label", box, " ", label, for_=id_), hint, class_="field")
    if one.kind == "several":
        boxes = [_box(one, value, title, f"{id_}-{place}", language) for place, (value, title) in enumerate(one.options)]
        return tag("fieldset", tag("legend", label), boxes, hint, class_="field")
    return tag("div", tag("label", label, for_=id_), _control(one, id_, language, one.hint is not None), hint, class_="field")


def _box(one: Field, value: str, title: Text, id_: str, language: Language) -> Markup:
    box = tag("input", type="checkbox", name=one.name, value=value, id=id_, checked=value in one.initial.split())
    return tag("label", box, " ", title[language], for_=id_)


def _control(one: Field, id_: str, language: Language, hinted: bool) -> Markup:
    common: dict[str, str | bool | None] = {"name": one.name, "id": id_, "required": one.required}
    if one.own:
        common["translate"] = "no"
    if hinted:
        common["aria_describedby"] = _hint_id(id_)
    if one.kind == "lines":
        return tag("textarea", one.initial, rows=_LINES_ROWS, **common)  # one with a maxlength cuts what is pasted, and says nothing
    if one.kind == "choice":
        said = bool(one.initial) or any(value == "" for value, _ in one.options)  # nothing chosen is a choice with words of its own
        first = [] if said else [tag("option", _CHOOSE[language] if one.required else "", value="")]
        rest = [tag("option", title[language], value=value, selected=value == one.initial) for value, title in one.options]
        return tag("select", first, rest, **common)
    kinds = {"moment": "datetime-local", "amount": "text", "number": "number", "file": "file", "line": "text"}
    decimal = "decimal" if one.kind == "amount" else None
    value = None if one.kind == "file" else one.initial
    length = one.length_max if one.kind == "line" else None
    return tag("input", type=kinds[one.kind], value=value, inputmode=decimal, maxlength=length, autocomplete="off", **common)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was given."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Given:
    """What was given in a form.

    Attributes:
        values: By name, in the order given.
        zone: The institution's time zone.
        currency: ISO 4217 code of its amounts.
        files: Files by name.
    """

    values: Mapping[str, Sequence[str]]
    zone: str
    currency: str
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str, length_max: int | None = FIELD_LENGTH_MAX) -> str:
        """A text; empty where nothing was given.

        Args:
            name: Of the field.
            length_max: Most characters, a line's end counting as one as it does in the page; ``None`` for what only the whole form bounds.

        Raises:
            InputError: If it is longer.
        """
        found = self.values.get(name, ())
        text = found[0].strip() if found else ""
        if length_max is not None and len(text) > length_max and len(text.replace("\r\n", "\n")) > length_max:
            raise InputError(
                f"console.given.long.{name}",
                {"en": f"{name}: more than {length_max:,} characters", "zh": f"{name}：超过 {length_max:,} 个字符"},
                {"en": "say it in fewer words", "zh": "请缩短内容"},
            )
        return text

    def optional(self, name: str) -> str | None:
        """A text, or ``None`` where nothing was given; raises as ``text``."""
        return self.text(name) or None

    def several(self, name: str) -> tuple[str, ...]:
        """What was ticked."""
        return tuple(self.values.get(name, ()))

    def one_of(self, name: str, known: Sequence[str]) -> str:
        """One of the values that there are.

        Raises:
            InputError: If it is another, or none.
        """
        found = self.text(name)
        if found not in known:
            raise _unreadable(name, found, {"en": f"choose one of {', '.join(known)}", "zh": f"请选择其一：{'、'.join(known)}"})
        return found

    def moment_us(self, name: str) -> int:
        """A moment, µs UTC, given in the institution's zone.

        Raises:
            InputError: If it is none.
        """
        text = self.text(name)
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            raise _unreadable(name, text, {"en": "write it like 2026-07-01T18:00", "zh": "请写成 2026-07-01T18:00 这样的形式"}) from None
        if local.tzinfo is None:
            local = local.replace(tzinfo=ZoneInfo(self.zone))
        return round(local.timestamp() * 1_000_000)

    def amount_minor(self, name: str) -> int | None:
        """An amount in minor units; ``None`` where nothing was given.

        Raises:
            InputError: If it is none.
        """
        text = self.text(name).replace(",", "")
        return Money.parse(text, self.currency).amount_minor if text else None

    def number(self, name: str) -> int:
        """A whole number.

        Raises:
            InputError: If it is none.
        """
        text = self.text(name)
        if not text.removeprefix("-").isdecimal() or not text.isascii():
            raise _unreadable(name, text, {"en": "give a whole number", "zh": "请填写整数"})
        return int(text)


def _unreadable(name: str, given: str, remedy: Text) -> InputError:
    return InputError(
        f"console.given.{name}",
        {"en": f"{name}: {given[:80]!r} cannot be taken", "zh": f"{name}：无法识别 {given[:80]!r}"},
        remedy,
    )
