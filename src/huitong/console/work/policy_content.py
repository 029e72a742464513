"""What a version of a policy says: its decision tables as tables, rules, lists, thresholds; and what changed between two versions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from huitong.console.markup import Markup, Part, link, markup, short, tag
from huitong.console.ports_work import PolicyFiles
from huitong.console.views.decisions import role_title
from huitong.console.words import OUTCOMES
from huitong.console.work.look import Look, View, facts, nothing, path_to, section, table, typed
from huitong.console.work.parts import outcome
from huitong.console.work.policy_acts import tag_of
from huitong.console.work.policy_forms import REASON
from huitong.console.work.unsaved import before_leaving
from huitong.contracts import DataContract
from huitong.decisions.compare import LISTED, Difference
from huitong.decisions.tables import DmnTable, label_words
from huitong.evaluation.words import MISSING, NARROW_SPACE, plural
from huitong.kernel import LANGUAGES

ROWS_SHOWN = 500
_FILE_LENGTH_MAX = 1_000_000
HIT_POLICIES: Mapping[str, tuple[str, str]] = {
    "U": ("unique: one row at most", "唯一：至多一行命中"),
    "A": ("any: rows agree", "任意：命中各行结论一致"),
    "P": ("priority: the severest output", "优先：取优先级最高的结论"),
    "F": ("first: the first row that hits", "首个：取第一条命中行"),
    "R": ("rule order: all rows, in order", "规则顺序：按行序取全部"),
    "O": ("output order: all rows, by priority", "输出顺序：按优先级取全部"),
    "C": ("collect: all rows", "收集：取全部命中行"),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """A difference of two versions, and the data grade of what stands in its file: of a list, that of whom it lists."""

    difference: Difference
    grade: int


@dataclass(frozen=True, slots=True)
class Content:
    """What is looked at.

    Attributes:
        policy: Name of the policy.
        files: What it says.
        folder: Whether it is what stands in the folder, which can be changed.
        decides: Whether the folder itself decides, as no version is live, so that no page changes it.
        chosen: The file that is opened to be changed, with its text.
        editable: Files that can be changed.
        contracts: Data contracts by kind of event.
    """

    policy: str
    files: PolicyFiles
    folder: bool
    chosen: tuple[str, str] | None = None
    editable: Sequence[str] = ()
    contracts: Mapping[str, DataContract] = field(default_factory=dict)
    decides: bool = False


def content_view(known: Content, look: Look) -> View:
    """The page of what a version says."""
    settings = known.files.settings
    changes = known.folder and look.is_a("analyst")
    writes = changes and not known.decides  # tables and rules are tried in the editor all the same
    thresholds = _thresholds(known, look, changes=changes)
    body = markup(
        tag("p", folder_decides(look), class_="note") if known.decides else None,
        section(look.pick("Thresholds of the score", "评分阈值"), thresholds) if settings.thresholds is not None else None,
        [
            section(
                look.text(known.files.title_of(one)),
                _table(one, known, look, changes=changes),
                lead=_table_lead(one, look),
                anchor=f"table-{one.name}",
            )
            for one in known.files.tables
        ],
        section(look.pick("Rules", "规则"), _rules(known, look, changes=changes)) if settings.rules else None,
        section(look.pick("Lists", "名单"), _lists(known, look, changes=writes)) if settings.lists else None,
        _editor(known, look) if writes else None,
    )
    trail = markup(
        link("/policies", look.pick("Policies and roll-outs", "策略与发布")),
        " · ",
        link(path_to("policies", known.policy), look.text(settings.title)),
    )
    what = (
        look.pick("What stands in the folder", "文件夹中的内容")
        if known.folder
        else look.pick(f"Version {known.files.version[:12]}", f"版本 {known.files.version[:12]}")
    )
    stages = look.pick(" → ", " → ").join(look.pick(*_STAGES[stage]) for stage in settings.stages)
    answer = markup(
        look.pick(plural(len(settings.lists), "list", "lists"), f"{len(settings.lists)} 份名单"),
        _of_them_kept(known.files, look),
        look.pick(
            f", {plural(len(settings.rules), 'rule', 'rules')}, "
            f"{plural(len(known.files.tables), 'decision table', 'decision tables')}; in this order: {stages}.",
            f"、{len(settings.rules)} 条规则、{len(known.files.tables)} 张决策表；执行顺序：{stages}。",
        ),
    )
    return View(what, answer, body, trail=trail)


def folder_decides(look: Look) -> str:
    """Why no page changes a folder that decides, and what can be done there all the same."""
    return look.pick(
        "No version is live, so the folder itself decides: edits can be checked and tried here, but not drafted. "
        "Draft what stands in it and have it made live first.",
        "尚无生效版本，当前由文件夹直接决策：此处的修改可以校验和试算，但不能登记。请先登记当前内容并使其生效。",
    )


_STAGES: Mapping[str, tuple[str, str]] = {
    "lists": ("lists", "名单"),
    "rules": ("rules and tables", "规则与决策表"),
    "model": ("model", "模型"),
}


def _thresholds(known: Content, look: Look, *, changes: bool) -> Markup:
    setting = known.files.settings.thresholds
    if setting is None:
        return Markup("")
    if not setting.chosen:
        return tag("p", look.pick("Chosen when the model is trained.", "训练模型时确定。"), class_="muted")
    rows: list[list[Part]] = [[outcome(name, look), f"{score * 100:.2f}{NARROW_SPACE}%"] for name, score in setting.chosen.items()]
    shown = table(
        look.pick("Thresholds", "阈值"),
        [look.pick("Outcome", "结果"), look.pick("From this probability of fraud on", "欺诈概率不低于")],
        rows,
        figures_in=(1,),
    )
    shown = tag("div", shown, class_="narrow")
    if not changes:
        return shown
    href = path_to("policies", known.policy, "thresholds")
    return markup(shown, tag("p", link(href, look.pick("Change the thresholds", "修改阈值"), class_="button", first=True)))


def _table_lead(one: DmnTable, look: Look) -> str:
    en, zh = HIT_POLICIES.get(one.hit_policy, (one.hit_policy, one.hit_policy))
    return look.pick(f"{plural(len(one.rules), 'row', 'rows')} · {en}", f"{len(one.rules):,} 行 · {zh}")


def default_of(one: DmnTable, look: Look) -> str:
    """What a table says where no row hits; empty where it says nothing."""
    default = next((output.default for output in one.outputs if output.default), "")
    word = default.strip().strip('"')
    return look.text(OUTCOMES[word]) if word in OUTCOMES else default


def _table(one: DmnTable, known: Content, look: Look, *, changes: bool) -> Markup:
    """A decision table as its modeller knows it: conditions, outputs, annotations in the page's language."""
    shown = _annotations(one, look)
    conditions = [typed(own_label(column.label or column.expression, look)) for column in one.inputs]
    outputs = [look.pick("Outcome", "结果") if column.name == "outcome" else typed(column.name) for column in one.outputs]
    titles = [look.pick("Reason", "原因") if one.annotations[place] in LANGUAGES else typed(one.annotations[place]) for place in shown]
    rows: list[list[Part]] = [
        [
            str(number),
            *(tag("code", cell or "-") for cell in rule.inputs),
            *(_output(cell, look) for cell in rule.outputs),
            *(typed(rule.annotations[place]) for place in shown),
        ]
        for number, rule in enumerate(one.rules[:ROWS_SHOWN], start=1)
    ]
    heads = ["#", *conditions, *outputs, *titles]
    wide = range(len(heads) - len(titles), len(heads))
    name = look.text(known.files.title_of(one))
    written = tag("div", table(name, heads, rows, figures_in=(0,), wide_in=tuple(wide)), class_="cells")
    more = len(one.rules) - ROWS_SHOWN
    rest = tag("p", look.pick(f"{plural(more, 'more row', 'more rows')}.", f"另有 {more:,} 行。"), class_="muted") if more > 0 else None
    edit = None
    if changes and one.place.file in known.editable:
        href = path_to("policies", known.policy, "tables", one.name)
        edit = tag("p", link(href, look.pick(f"Edit the table {name}", f"编辑决策表“{name}”"), class_="button"))
    return markup(written, rest, edit)


def _annotations(one: DmnTable, look: Look) -> list[int]:
    """Places of the annotation columns to show: of those that are named after languages the reader's only."""
    return [place for place, name in enumerate(one.annotations) if name not in LANGUAGES or name == look.language]


def own_label(label: str, look: Look) -> str:
    """Of a label that a modeller wrote as ``中文 / English`` the part in the page's language."""
    return look.text(label_words(label))


def _output(cell: str, look: Look) -> Markup:
    word = cell.strip().strip('"')
    return outcome(word, look) if word in OUTCOMES else tag("code", cell or "-")


def _rules(known: Content, look: Look, *, changes: bool) -> Markup:
    heads = [look.pick("Reason", "原因"), look.pick("When (FEEL)", "条件（FEEL）"), look.pick("Outcome", "结果")]
    rows: list[list[Part]] = [
        [look.text(rule.reason), tag("code", rule.when, class_="break"), outcome(rule.outcome, look)] for rule in known.files.settings.rules
    ]
    shown = table(look.pick("Rules", "规则"), heads, rows)
    edit = link(path_to("policies", known.policy, "rules"), look.pick("Edit the conditions", "编辑规则条件"), class_="button")
    return markup(shown, tag("p", edit) if changes else None)


def _of_them_kept(files: PolicyFiles, look: Look) -> Part:
    """How many of a policy's lists people keep; the others stand in its files, and the page of lists does not count them."""
    kept = sum(one.file is None for one in files.settings.lists)
    if not kept:
        return None
    where = link("/lists", look.pick(f"{kept} kept by people", f"{kept} 份日常维护"))
    return markup(look.pick(" (", "（其中 "), where, look.pick(")", "）"))


def _lists(known: Content, look: Look, *, changes: bool) -> Markup:
    heads = [
        look.pick("List", "名单"),
        look.pick("Of", "对象"),
        look.pick("Outcome", "结果"),
        look.pick("Final", "终局"),
        look.pick("File", "文件"),
    ]
    rows: list[list[Part]] = []
    for one in known.files.settings.lists:
        file: Part = one.file or link("/lists", look.pick("kept by people", "日常维护"))
        if changes and one.file is not None and one.file in known.editable:
            file = link(path_to("policies", known.policy, "versions", "folder", file=one.file) + "#editor", one.file)
        final = look.pick("yes", "是") if one.final else look.pick("no", "否")
        of = role_title(one.of, known.files.settings.decides, look, known.contracts)
        rows.append([look.text(one.reason), of, MISSING if one.outcome is None else outcome(one.outcome, look), final, file])
    return table(look.pick("Lists", "名单"), heads, rows)


def _editor(known: Content, look: Look) -> Markup:
    """A file of the folder to be changed; a refusal leaves what was typed."""
    names = [
        markup(link(path_to("policies", known.policy, "versions", "folder", file=file) + "#editor", file), " ") for file in known.editable
    ]
    files = tag("p", look.pick("Files: ", "文件："), names, class_="meta")
    lead = look.pick(
        "A change is checked first: what the policy could not mean is refused, with the place. Then it is drafted as a version of yours.",
        "修改先经校验，无法成立的内容会指出位置并拒绝；通过后登记为您名下的版本。",
    )
    if known.chosen is None:
        return section(look.pick("Change a file", "修改文件"), files, lead=lead, anchor="editor")
    file, text = known.chosen
    area = tag(
        "textarea",
        text,
        name="content",
        rows=24,
        spellcheck="false",
        autocomplete="off",
        class_="source",
        aria_label=file,
        maxlength=_FILE_LENGTH_MAX,
    )
    fixed = [tag("input", type="hidden", name=name, value=value) for name, value in _about(known.policy, file, text)]
    reason = tag(
        "div",
        tag("label", look.text(REASON.label), for_="editor-reason"),
        tag("input", name="reason", id="editor-reason", required=True, maxlength=1_000),
        class_="field",
    )
    button = tag("button", look.pick("Try and draft", "校验并登记版本"), type="submit", class_="button primary")
    form = tag(
        "form",
        fixed,
        area,
        reason,
        tag("div", class_="wrong", role="alert"),
        tag("div", button, class_="acts"),
        method="post",
        action="/act/policy.change",
        class_="lines source",
        data_act=True,
        data_unsaved=True,
    )
    return section(look.pick(f"Change {file}", f"修改 {file}"), files, form, before_leaving(look), lead=lead, anchor="editor")


def _about(policy: str, file: str, text: str) -> Sequence[tuple[str, str]]:
    return ("policy", policy), ("file", file), ("seen", tag_of(text.encode()))


def difference_view(policy: str, title: str, after: str, before: str, found: Sequence[Changed], look: Look) -> View:
    """What changed from one version to another."""
    folder = look.pick("What stands in the folder", "文件夹中的内容")
    to_folder = markup(" · ", link(path_to("policies", policy, "versions", "folder"), folder)) if policy in (after, before) else None
    overview = link("/policies", look.pick("Policies and roll-outs", "策略与发布"))
    trail = markup(overview, " · ", link(path_to("policies", policy), title), to_folder)
    heading = look.pick("What changed", "版本差异")
    files = len({one.difference.file for one in found})
    answer = look.pick(
        f"{len(found):,} {'change' if len(found) == 1 else 'changes'} in {files:,} {'file' if files == 1 else 'files'}.",
        f"{files:,} 个文件中有 {len(found):,} 处改动。",
    )
    named = [folder if side == policy else short(side) for side in (before, after)]
    sides = facts((look.pick("Before", "之前"), named[0]), (look.pick("After", "之后"), named[1]))
    if not found:
        same = nothing(look.pick("Nothing changed", "没有差异"), look.pick("The two say the same.", "两个版本内容一致。"))
        return View(heading, look.pick("The two say the same.", "两个版本内容一致。"), markup(sides, same), trail=trail)
    shown, more = _first_of_each_file(found)
    rows = [_changed_row(one.difference, one.grade, f"{policy}/{one.difference.file}", look) for one in shown]
    rest = [tag("p", _more_changes(file, number, look), class_="muted") for file, number in more.items()]
    heads = [look.pick("File", "文件"), look.pick("Place", "位置"), look.pick("Before", "之前"), look.pick("After", "之后")]
    return View(heading, answer, markup(sides, section(look.pick("Changes", "改动"), table(heading, heads, rows), rest)), trail=trail)


def _first_of_each_file(found: Sequence[Changed]) -> tuple[list[Changed], dict[str, int]]:
    """The first changes of each file, and how many more a file has: a list may have millions, and hides no other file's."""
    seen, shown = Counter[str](), []
    for one in found:
        file = one.difference.file
        seen[file] += 1
        if seen[file] <= ROWS_SHOWN:
            shown.append(one)
    return shown, {file: number - ROWS_SHOWN for file, number in seen.items() if number > ROWS_SHOWN}


def _more_changes(file: str, number: int, look: Look) -> Markup:
    said = look.pick(plural(number, "more change", "more changes"), f"另有 {number:,} 处改动")
    return markup(tag("code", file), look.pick(": ", "："), said, look.pick(".", "。"))


def _changed_row(one: Difference, grade: int, record: str, look: Look) -> list[Part]:
    place = look.text(one.said) or look.pick("the whole file", "整个文件")
    shown: list[Part] = [place, _cell("del", one.before, look), _cell("ins", one.after, look)]
    return [one.file, *(look.graded(record, "value", part, grade) for part in shown)]


def _cell(name: str, value: str | None, look: Look) -> Markup:
    if value is None:
        return tag("span", look.pick("nothing", "无"), class_="muted")
    return tag(name, look.pick(LISTED, "在名单上") if value == LISTED else value, class_="break")
