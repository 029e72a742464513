"""The editor's pages: a grid of cells, what speaks against them, what they would have done, and the form that drafts a version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from huitong.console.forms import button_of
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.ports_draft import FeelName
from huitong.console.ports_work import PolicyFiles
from huitong.console.work.look import Look, View, path_to, typed
from huitong.console.work.parts import outcome
from huitong.console.work.policy_content import HIT_POLICIES, default_of, folder_decides, own_label
from huitong.console.work.table_forms import pending, shape_forms
from huitong.console.work.unsaved import before_leaving
from huitong.decisions.tables import DmnTable, TableChange, WrittenRow
from huitong.evaluation.words import plural
from huitong.kernel import LANGUAGES, Text, in_one_line

_KEY = "KEY"
"""Stands in the template of a row for what tells its cells apart."""

_CELL_WIDTH_USUAL, _CELL_WIDTH_MAX = 9, 40
"""Letters that a cell shows: of most cells, and of a long one."""

TRIED_DAYS = (7, 28)
"""How many of the log's last days a trial may decide again, by default the first; of the last week few outcomes are known yet."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What is edited.

    Attributes:
        policy: Name of the policy.
        files: What stands in its folder.
        names: Names that cells and rules may use.
        seen: By which its file is known again.
        live: Whether a version is live: else the folder decides, and no page changes it.
    """

    policy: str
    files: PolicyFiles
    names: Sequence[FeelName]
    seen: str
    live: bool


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of cells: what it holds, its name in messages, its head, its values where only these may be."""

    kind: str
    name: str
    head: Part
    values: str = ""


def table_view(one: DmnTable, known: Edited, look: Look) -> View:
    """The page on which a decision table is edited."""
    called = look.text(known.files.title_of(one))
    rows = [WrittenRow(number, rule.inputs, rule.outputs, rule.annotations) for number, rule in enumerate(one.rules)]
    shaped = tag("div", shaped_table(one, rows, (), known, look), data_shaped=True)
    en, zh = HIT_POLICIES.get(one.hit_policy, (one.hit_policy, one.hit_policy))
    default = default_of(one, look)
    answer = look.pick(f"Hit policy {one.hit_policy}, {en}.", f"命中策略 {one.hit_policy}（{zh}）。")
    if default:
        answer += look.pick(f" Where none hits: {default}.", f"无命中时：{default}。")
    add = tag("button", look.pick("Add a row", "添加一行"), type="button", class_="button", data_add=True)
    shapes = shape_forms(one, known.names) if known.live and look.is_a("analyst") else []
    buttons = markup(add, [button_of(shape, look.language) for shape in shapes])
    form = edit_form(
        known, {"policy": known.policy, "file": one.place.file, "table": one.name, "seen": known.seen}, "table", shaped, buttons, look
    )
    keys = look.pick(
        "↑ ↓ and Enter move; Alt + ↑ ↓ move the row; Alt + Enter adds one below, Alt + Delete takes it away; Ctrl + Space shows names.",
        "↑ ↓ 与 Enter 移动；Alt + ↑ ↓ 移动整行；Alt + Enter 在下方添加一行，Alt + Delete 删除本行；Ctrl + 空格 显示可用名称。",
    )
    title = look.pick(f"Decision table: {called}", f"决策表：{called}")
    return View(title, answer, markup(form, tag("p", keys, class_="meta keys")), inline=shapes, trail=edit_trail(known, look))


def shaped_table(one: DmnTable, rows: Sequence[WrittenRow], changes: Sequence[TableChange], known: Edited, look: Look) -> Markup:
    """A table in the editor: what of its shape is changed so far, and the grid of its cells.

    Args:
        one: The table with these changes.
        rows: Its rows as they were typed.
        changes: What of its shape was changed and not drafted yet.
        known: What is edited.
        look: Who looks.
    """
    titles = {name.name: name.title for name in known.names}
    columns = [
        *(
            _Column("inputs", column.label, _condition(column.label, column.expression, titles, look), column.values)
            for column in one.inputs
        ),
        *(_Column("outputs", column.name, look.pick("Outcome", "结果"), column.values) for column in one.outputs),
        *(_Column("annotations", name, _reason(name, look)) for name in one.annotations),
    ]
    lines = []
    for number, row in enumerate(rows):
        notes = [*row.annotations, *[""] * (len(one.annotations) - len(row.annotations))]
        lines.append(_row(columns, (*row.inputs, *row.outputs, *notes), row.origin, str(number), look))
    heads = [tag("th", "#", scope="col", class_="n"), tag("th", look.pick("Row", "操作"), scope="col"), *_heads(columns)]
    template = Markup(f"<template>{_row(columns, [''] * len(columns), None, _KEY, look)}</template>")
    shape = tag("input", type="hidden", name="shape", value=msgspec.json.encode(changes).decode())
    return markup(shape, pending(changes, titles, look), _grid(look.text(known.files.title_of(one)), heads, lines, template))


def rules_view(known: Edited, look: Look) -> View:
    """The page on which the conditions of rules are edited."""
    heads = [
        tag("th", "#", scope="col", class_="n"),
        tag("th", look.pick("Reason", "原因"), scope="col"),
        tag("th", look.pick("When (FEEL)", "条件（FEEL）"), scope="col", id="col-when"),
        tag("th", look.pick("Outcome", "结果"), scope="col"),
    ]
    rows = [
        tag(
            "tr",
            tag("th", str(number), scope="row", class_="n"),
            tag("td", look.text(rule.reason), id=f"rule-{number}", class_="reason"),
            tag("td", _cell("when", "when", rule.when, f"rule-{number} col-when", rule=rule.id), class_="long"),
            tag("td", outcome(rule.outcome, look)),
            data_origin=number,
        )
        for number, rule in enumerate(known.files.settings.rules, start=1)
    ]
    grid = _grid(look.pick("Rules", "规则"), heads, rows, Markup(""))
    form = edit_form(known, {"policy": known.policy, "table": "", "seen": known.seen}, "rules", grid, None, look)
    answer = look.pick(
        f"{plural(len(rows), 'rule', 'rules')}; one hits where its condition is true.", f"共 {len(rows)} 条规则；条件为真即命中。"
    )
    keys = look.pick("↑ ↓ and Enter move; Ctrl + Space shows names.", "↑ ↓ 与 Enter 移动；Ctrl + 空格 显示可用名称。")
    return View(look.pick("Rules", "规则"), answer, markup(form, tag("p", keys, class_="meta keys")), trail=edit_trail(known, look))


def edit_trail(known: Edited, look: Look) -> Part:
    """Where an editor's page belongs."""
    title = look.text(known.files.settings.title)
    return markup(
        link("/policies", look.pick("Policies and roll-outs", "策略与发布")),
        " · ",
        link(path_to("policies", known.policy), title),
        " · ",
        link(path_to("policies", known.policy, "versions", "folder"), look.pick("What stands in the folder", "文件夹中的内容")),
    )


def _condition(label: str, expression: str, titles: Mapping[str, Text], look: Look) -> Part:
    """A condition's head: what its modeller called it, else what the feature is called; below it what it looks at."""
    own = own_label(label, look) if label != expression or expression not in titles else look.text(titles[expression])
    breaking = [part for word in expression.split("_") for part in (tag("wbr"), "_", word)][2:]
    if own == expression:
        return tag("code", breaking)
    return markup(typed(own), tag("br"), tag("code", breaking, class_="meta"))


def _reason(name: str, look: Look) -> Part:
    if name not in LANGUAGES:
        return typed(name)
    return {"zh": look.pick("Reason in Chinese", "原因（中文）"), "en": look.pick("Reason in English", "原因（英文）")}[name]


def _heads(columns: Sequence[_Column]) -> list[Markup]:
    return [tag("th", column.head, scope="col", id=f"col-{place}", class_=column.kind) for place, column in enumerate(columns)]


def _row(columns: Sequence[_Column], texts: Sequence[str], origin: int | None, key: str, look: Look) -> Markup:
    number = tag("th", str(int(key) + 1) if key.isdecimal() else "", scope="row", class_="n", id=f"row-{key}", data_number=True)
    cells = [
        tag(
            "td",
            tag("div", column.head, class_="again", aria_hidden="true"),  # on a phone, where a row is a card without a head
            _cell(column.kind, column.name, text, f"row-{key} col-{place}", values=column.values),
            class_=column.kind,
        )
        for place, (column, text) in enumerate(zip(columns, texts, strict=True))
    ]
    tools = [
        tag("button", sign, type="button", class_="button plain", aria_label=label, title=label, data_row_act=act)
        for act, sign, label in (
            ("up", "↑", look.pick("Move the row up", "上移本行")),
            ("down", "↓", look.pick("Move the row down", "下移本行")),
            ("delete", "✕", look.pick("Delete the row", "删除本行")),
        )
    ]
    return tag("tr", number, tag("td", tools, class_="tools"), cells, data_origin="" if origin is None else str(origin))


def _cell(kind: str, name: str, text: str, labelled: str, *, values: str = "", rule: str | None = None) -> Markup:
    feel = kind != "annotations"
    return tag(
        "textarea",
        in_one_line(text),
        rows=len(text) // _CELL_WIDTH_MAX + 1,  # where a browser cannot grow it with its text
        class_="cell" if feel else "cell words",
        maxlength=2_000,
        spellcheck="false" if feel else None,
        autocomplete="off",
        style=f"min-width:{min(len(text) + 3, _CELL_WIDTH_MAX)}ch" if feel and len(text) > _CELL_WIDTH_USUAL else None,
        aria_labelledby=labelled,
        aria_autocomplete="list" if feel else None,
        aria_haspopup="listbox" if feel else None,
        aria_controls="completions" if feel else None,
        translate="no",
        data_kind=kind,
        data_cell=name,
        data_values=values or None,
        data_rule=rule,
    )


def _grid(caption: str, heads: Sequence[Markup], rows: Sequence[Markup], template: Markup) -> Markup:
    inner = tag("table", tag("caption", caption, class_="unseen"), tag("thead", tag("tr", heads)), tag("tbody", rows), class_="grid")
    return markup(tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption), template)


def edit_form(known: Edited, fixed: dict[str, str], kind: str, grid: Markup, add: Part, look: Look) -> Markup:
    """The form of an editor: what is edited, its trial, the reason, and the button that drafts a version.

    Args:
        known: What is edited.
        fixed: Hidden fields.
        kind: How the page's script reads the fields: ``table``, ``rules`` or ``thresholds``.
        grid: The fields.
        add: What stands before the trial's button.
        look: Who looks.
    """
    drafts = look.is_a("analyst")  # others look and try, and lose nothing by leaving
    hidden = [tag("input", type="hidden", name=name, value=value) for name, value in fixed.items()]
    names = [[one.name, look.text(one.title)] for one in known.names]
    reason = tag(
        "div",
        tag("label", look.pick("What the change is for", "修改理由"), for_="edit-reason"),
        tag("input", name="reason", id="edit-reason", required=True, maxlength=1_000, autocomplete="off"),
        class_="field",
    )
    trial = tag(
        "button",
        look.pick("What would this have done?", "若按此执行会怎样？"),
        type="button",
        class_="button",
        data_trial=True,
        data_busy=look.pick("deciding these days again …", "正在重新决策这段时间的支付……"),
    )
    periods = [tag("option", look.pick(f"in the last {days} days", f"最近 {days} 天"), value=days) for days in TRIED_DAYS]
    period = tag("select", periods, name="days", aria_label=look.pick("Period of the trial", "试算区间"), autocomplete="off")
    save = tag("button", look.pick("Draft as a version", "登记为新版本"), type="submit", class_="button primary", disabled=not known.live)
    completions = tag(
        "ul", id="completions", role="listbox", hidden=True, class_="completions", aria_label=look.pick("Names", "可用名称"), translate="no"
    )
    form = tag(
        "form",
        hidden,
        tag("input", type="hidden", name="rows", value=""),
        _may_not(known, look),
        grid,
        tag("div", add, trial, period, class_="rowacts"),
        tag("div", class_="found", role="status", aria_live="polite"),
        tag("div", class_="tried", aria_live="polite"),
        tag("div", reason, class_="lines") if drafts else None,
        tag("div", class_="wrong", role="alert"),
        tag("div", save, class_="acts") if drafts else None,
        completions,
        method="post",
        action="/act/policy.edit",
        class_="editing",
        data_act=True,
        data_grid=kind,
        data_unsaved=drafts,
        data_names=msgspec.json.encode(names).decode(),
    )
    return markup(form, before_leaving(look) if drafts else None)


def _may_not(known: Edited, look: Look) -> Part:
    """Why who looks cannot draft a version, where that is so."""
    if not known.live:
        said = folder_decides(look)
    elif not look.is_a("analyst"):
        said = look.pick("An analyst drafts versions; you may look and try.", "由策略分析员登记版本；您可以查看与试算。")
    else:
        return None
    return tag("p", said, class_="note")
