"""What is said about a draft: problems in it, and what it would have done."""

from collections.abc import Mapping, Sequence

from huitong.console.answering import Marked, Shown
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.ports_draft import CONDITION, Alone, CellProblem, Tried
from huitong.console.words import sentence
from huitong.console.work.look import Look, figures, mark, path_to, section, table, typed
from huitong.console.work.parts import outcome
from huitong.console.work.policy_content import default_of, own_label
from huitong.decisions.tables import DmnTable
from huitong.evaluation.words import MISSING, plural, signed
from huitong.identity import GRADE_PERSONAL
from huitong.kernel import Text

_CHECKED: Mapping[str, Text] = {
    "U": {"en": "no two rows overlap", "zh": "各行互不重叠"},
    "A": {"en": "rows that hit together agree", "zh": "同时命中的各行结论一致"},
    "P": {"en": "every row can be reached", "zh": "每一行都可能生效"},
    "F": {"en": "every row can be reached", "zh": "每一行都可能生效"},
}
"""What is looked for in a table, by its hit policy; of those that take several rows only that cells can be read."""


def nothing_wrong(table: DmnTable, look: Look) -> str:
    """What was looked for in a table in which nothing is wrong, by its hit policy, and what holds where no row hits."""
    parts = [look.pick("Every cell can be read", "所有单元格均可解析")]
    if table.hit_policy in _CHECKED:
        parts.append(look.text(_CHECKED[table.hit_policy]))
        otherwise = default_of(table, look)
        parts.append(look.pick(f"else: {otherwise}", f"否则：{otherwise}") if otherwise else look.pick("no gaps", "没有缺口"))
    return look.pick("; ", "；").join(parts) + look.pick(".", "。")


def problems_shown(found: Sequence[CellProblem], fine: str, look: Look) -> Shown:
    """Problems as a list whose places lead to the cells, and as marks on the cells; where there are none, what is fine."""
    if not found:
        return Shown(tag("p", mark(fine, "approve", "✓")))
    items = [
        tag(
            "li",
            mark(look.pick("error", "错误"), "decline", "✕") if one.error else mark(look.pick("to look at", "提示"), "review", "?"),
            " ",
            _place(one, look),
            tag("span", sentence(_said(one, look), look.language), translate="no"),
            " ",
            tag("span", sentence(look.text(one.remedy), look.language), class_="muted", translate="no"),
        )
        for one in found
    ]
    marks = [Marked(one.row, one.cell or "", _said(one, look), one.error) for one in found if one.row is not None]
    return Shown(tag("ul", items, class_="problems"), marks)


def _said(one: CellProblem, look: Look) -> str:
    """What is wrong, without the place, which the button beside it names."""
    text = look.text(one.text)
    head, colon, rest = text.partition(": " if look.language == "en" else "：")
    return rest if colon and one.row is not None and ("row" in head or "行" in head or "cell" in head) else text


def _place(one: CellProblem, look: Look) -> Part:
    if one.row is None:
        return None
    words = [look.pick(f"row {one.row}", f"第 {one.row} 行")]
    if one.cell == CONDITION:
        words = [look.pick(f"row {one.row}, condition", f"第 {one.row} 行条件")]
    elif one.cell:
        words.append(own_label(one.cell, look))
    if one.character:
        words.append(look.pick(f"character {one.character}", f"第 {one.character} 个字符"))
    said = tag("span", look.pick(", ", "，").join(words), translate="no")
    button = tag(
        "button",
        said,
        type="button",
        class_="button plain place",
        data_goto=True,
        data_row=one.row,
        data_cell=one.cell or "",
        data_character=one.character or 0,
    )
    return markup(button, " ")


def trial_view(tried: Tried, look: Look) -> Markup:
    """What a change would have done, the answer first."""
    if not tried.harder and not tried.milder:
        same = look.pick(
            f"Nothing would have changed: {plural(tried.payments, 'payment is', 'payments are')} decided as now.",
            f"没有变化：{tried.payments:,} 笔支付的结果均与当前一致。",
        )
        return markup(tag("p", mark(same, "approve", "✓")), _alone(tried, look), _period(tried, look))
    said = look.pick(
        f"{tried.harder:,} of {plural(tried.payments, 'payment', 'payments')} would be decided more severely and {tried.milder:,} more "
        f"mildly; {_hurt_en(tried.hurt, tried.hurt_unknown)}.",
        f"{tried.payments:,} 笔支付中，{tried.harder:,} 笔将从严、{tried.milder:,} 笔将从宽；{_hurt_zh(tried.hurt, tried.hurt_unknown)}。",
    )
    passed = look.pick(
        "only of payments that pass now: from review to decline is not counted", "仅计当前放行的支付，由人工复核改为拒绝的不计"
    )
    held = look.pick("only of payments that pass with the change", "仅计修改后放行的支付")
    head = figures(
        (look.pick("Known fraud newly stopped", "新增拦下的已知欺诈"), look.money(tried.fraud_stopped_minor), passed),
        (look.pick("Known fraud newly let through", "新增放行的已知欺诈"), look.money(tried.fraud_missed_minor), held),
        (look.pick("Honest customers hurt", "误伤客户"), *_people(tried.hurt, tried.hurt_unknown, look)),
        (look.pick("Honest customers spared", "减少打扰的客户"), *_people(tried.spared, tried.spared_unknown, look)),
    )
    shown = (_alone(tried, look), head, _otherwise_counted(look), _outcomes(tried, look), _examples(tried, look), _period(tried, look))
    return markup(tag("p", said, class_="lead"), *shown)


def _hurt_en(known: int, open_: int) -> str:
    hurt = f"{plural(known, 'honest customer', 'honest customers')} would be hurt"
    if not open_:
        return hurt
    unknown = f"of {plural(open_, 'customer', 'customers')} it is not known yet"
    return f"{hurt}, {unknown}" if known else f"whom it would hurt is open: {unknown}"


def _hurt_zh(known: int, open_: int) -> str:
    if not open_:
        return f"将误伤 {known:,} 位客户"
    hurt = f"将误伤 {known:,} 位客户，另有" if known else "会误伤谁尚未可知："
    return f"{hurt}{' ' * bool(known)}{open_:,} 位客户结果未知"


def _people(known: int, unknown: int, look: Look) -> tuple[str, str]:
    """How many customers, beside it those of whom nobody knows yet: no figure where these are all."""
    if not unknown:
        return look.count(known), look.pick("label, or nobody reported it in time", "有标签，或延迟期内无人报告")
    more = look.pick(f"{unknown:,} more not known yet", f"另有 {unknown:,} 位结果未知")
    return (look.count(known) if known else MISSING), more


def _otherwise_counted(look: Look) -> Markup:
    """Why a report has another figure of whom it hurts: there each version is counted by itself, and one is taken from the other."""
    said = look.pick(
        "Hurt is whoever has an honest payment decided more severely, from review to decline, too. A replay's report counts whom each "
        "version stops or reviews at all: there the difference of two versions leaves out whom both reach.",
        "“误伤”指有正常支付将从严处理的客户，含由人工复核改为拒绝的；回放报告统计各版本拒绝或复核过的全部客户，两版本都打扰到的不计入其差额。",
    )
    return tag("p", said, class_="meta")


def _alone(tried: Tried, look: Look) -> Part:
    """What of this is the edit's, where the folder has other changes that do not decide yet."""
    alone = tried.alone
    if alone is None or not (tried.harder + tried.milder + alone.harder + alone.milder):
        return None
    said = _whose(tried.harder + tried.milder, alone, look)
    href = path_to("policies", alone.policy, "difference", alone.policy, against=alone.live)
    return tag("p", said, link(href, look.pick("What the folder changes", "查看文件夹中的修改")), class_="note")


def _whose(differing: int, alone: Alone, look: Look) -> str:
    """Which of the differences from what decides now are the folder's and which the edit's, and what the edit does to the folder's."""
    edits, own = alone.harder + alone.milder, differing - alone.of_folder
    taken_back = edits - own  # decided as now, which by the folder alone they would not be
    if not differing:
        return look.pick(
            f"This edit takes back what the folder already changes: {plural(edits, 'payment is', 'payments are')} decided as now again. ",
            f"本次修改撤回了文件夹中已有修改的作用：{edits:,} 笔支付恢复为当前结果。",
        )
    if not edits:
        return look.pick(
            f"This edit alone changes nothing: all {differing:,} come from what the folder already changes. ",
            f"仅本次修改不会带来变化：这 {differing:,} 笔均由文件夹中已有的修改引起。",
        )
    again_en, again_zh = "", ""
    if taken_back:
        again_en = f"; {taken_back:,} of these are decided as now again, and are not among the {differing:,}"
        again_zh = f"，其中 {taken_back:,} 笔恢复为当前结果，不计入上述 {differing:,} 笔"
    hurt_en, hurt_zh = "", ""
    if alone.harder:
        hurt_en = f"By this edit alone {_hurt_en(alone.hurt, alone.hurt_unknown)}. "
        hurt_zh = f"仅本次修改{_hurt_zh(alone.hurt, alone.hurt_unknown)}。"
    return look.pick(
        f"{alone.of_folder:,} of these {differing:,} come from what the folder already changes, {own:,} from this edit. Against the "
        f"folder, this edit alone decides {alone.harder:,} more severely and {alone.milder:,} more mildly{again_en}. {hurt_en}",
        f"这 {differing:,} 笔中，{alone.of_folder:,} 笔由文件夹中已有的修改引起，{own:,} 笔由本次修改引起。"
        f"与文件夹相比，仅本次修改从严 {alone.harder:,} 笔、从宽 {alone.milder:,} 笔{again_zh}。{hurt_zh}",
    )


def _period(tried: Tried, look: Look) -> Markup:
    return tag("p", look.moment(tried.since_us), " – ", look.moment(tried.until_us), class_="meta")


def _outcomes(tried: Tried, look: Look) -> Markup:
    heads = [
        look.pick("Outcome", "结果"),
        look.pick("Now", "当前"),
        look.pick("With the change", "修改后"),
        look.pick("Difference", "变化"),
    ]
    rows: list[list[Part]] = [
        [outcome(word, look), f"{before:,}", f"{tried.after[word]:,}", signed(tried.after[word] - before, 0)]
        for word, before in tried.before.items()
    ]
    return tag("div", table(look.pick("Outcomes", "结果分布"), heads, rows, figures_in=(1, 2, 3)), class_="narrow section")


def _examples(tried: Tried, look: Look) -> Markup:
    heads = [
        look.pick("When", "时间"),
        look.pick("Customer", "客户"),
        look.pick("Amount", "金额"),
        look.pick("Now", "当前"),
        look.pick("With the change", "修改后"),
        look.pick("What is known", "已知情况"),
    ]
    rows: list[list[Part]] = []
    for one in tried.examples:
        known = mark(look.pick("fraud", "欺诈"), "decline", "✕") if one.fraud else look.pick("honest", "正常")
        if one.fraud is None:
            known = look.pick("not known yet", "尚未可知")
        rows.append(
            [
                link(path_to("decisions", one.event), look.moment(one.time_us)) if one.decided else look.moment(one.time_us),
                None if one.customer is None else look.shown(one.event, tried.kind, "customer", typed(one.customer)),
                look.shown(one.event, tried.kind, "amount", look.exact(one.amount_minor, tried.kind)),
                outcome(one.before, look),
                outcome(one.after, look),
                look.graded(one.event, "label", known, GRADE_PERSONAL),
            ]
        )
    title = look.pick("Who would be decided differently", "结果不同的支付")
    lead = look.pick(
        "First known fraud that would be decided more mildly, then payments of no known fraud that would be decided more severely; "
        "the largest sums first.",
        "先列从宽处理的已知欺诈，再列从严处理且未发现欺诈的支付，均按金额从大到小。",
    )
    listed, differing = len(tried.examples), tried.harder + tried.milder
    if listed < differing:
        lead += look.pick(f" {listed:,} of {differing:,} are listed.", f"共 {differing:,} 笔，此处列出 {listed:,} 笔。")
    if not all(one.decided for one in tried.examples):
        lead += look.pick(
            " A time without a link is of a payment that the log holds without a decision.",
            "时间不带链接的支付在日志中有记录，但未经决策。",
        )
    return section(title, table(title, heads, rows, figures_in=(2,)), lead=lead)
