"""One decision: what was decided in a sentence, why with its evidence drawn, what moved the score, what follows, and the proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from huitong.console.markup import Markup, Part, link, markup, short, tag
from huitong.console.parts.charts import Dot, StripWords, strip
from huitong.console.parts.waterfall import Step, waterfall
from huitong.console.ports import Decides, Found, LitTable, Said, Story
from huitong.console.views.decisions import amount_of, decisions_table, outcome_word, subject_of
from huitong.console.views.money_way import money_way
from huitong.console.views.proof import proof_file
from huitong.console.views.story_measures import called_for, measure_that_spoke, way_to_measures_on
from huitong.console.words import OUTCOMES, word
from huitong.console.work.look import Look, View, facts, path_to, section, typed
from huitong.console.work.parts import outcome, veiled, veiled_text
from huitong.contracts import DataContract, FieldType, Standing, Value, as_told, main_reason
from huitong.decisions.policy import TIER_TITLES
from huitong.evaluation.words import MISSING, moment, plural, quantity, share
from huitong.identity import Hidden
from huitong.identity.grades import ShownListHit, ShownReason, Veiled
from huitong.kernel import Text

STEPS_SHOWN = 10
"""Contributions drawn one by one; the others are drawn together."""
_DECIDES: Mapping[Decides | None, Text] = {
    "all": {"en": "decides today", "zh": "现行版本"},
    "some": {"en": "decides today for some customers", "zh": "灰度版本，现对部分客户生效"},
    None: {"en": "decides no more", "zh": "已不再用于判定"},
}
"""What is said of a decision's version."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the page of a decision knows.

    Attributes:
        story: The decision.
        others: Other decisions on the same customer, newest first; empty where the reader may not see who it is.
        size: Number of records of the log.
        customer: The customer, where the reader may see it.
        alert: Id of the alert that it raised or joined.
        measures: Ids of the measures in force that spoke, by the code of the reason.
    """

    story: Story
    others: Sequence[Found]
    size: int
    customer: str | None
    alert: str | None = None
    measures: Mapping[str, str] = field(default_factory=dict)


def story_view(told: Told, look: Look, contracts: Mapping[str, DataContract]) -> View:
    """The page.

    Args:
        told: What it knows.
        look: Who looks.
        contracts: Data contracts by kind of event.
    """
    story, contract = told.story, contracts.get(told.story.event.kind)
    body = markup(
        _erased(story, look),
        _hidden_note(story, look),
        _facts(told, look, contract),
        _why(told, look),
        _history(story, look),
        money_way(story, look),
        _score(story, look),
        called_for(story, look, contracts),
        _others(told, look, contracts),
        _proof(told, look),
    )
    trail = markup(link("/decisions", look.pick("Decisions", "决策")), " › ", short(story.decision.id))
    return View(_title(story, look), _answer(story, look, contracts), body, trail=trail)


def _title(story: Story, look: Look) -> str:
    said = outcome_word(story.decision.outcome, look)
    return look.pick(f"Decision: {said}", f"决策：{said}")


def _answer(story: Story, look: Look, contracts: Mapping[str, DataContract]) -> Markup:
    colon = look.pick(": ", "：")
    reason = main_reason(story.decision.reasons)
    said = markup(outcome(story.decision.outcome, look), colon, amount_of(story.event, look), look.pick(", ", "，"))
    whom = subject_of(story.event, look, contracts)
    why = markup(look.pick(" — ", "——"), veiled_text(reason.text, look)) if reason is not None else None
    return markup(said, whom, look.pick(", ", "，"), look.moment(story.event.time_us), why)


def _erased(story: Story, look: Look) -> Part:
    return tag("p", look.text(story.erased), class_="note") if story.erased else None


def _hidden_note(story: Story, look: Look) -> Part:
    if not any(isinstance(value, Hidden) for value in (*story.event.keys.values(), *story.event.data.values())):
        return None
    said = look.pick(
        "Some of this says something about a person and is hidden until you state what you read it for.",
        "部分内容涉及个人信息，说明查看目的后方可显示。",
    )
    button = tag("button", look.pick("State a purpose", "说明目的"), type="button", class_="button primary", data_opens="purpose")
    return tag("p", said, " ", button, class_="note")


def _facts(told: Told, look: Look, contract: DataContract | None) -> Markup:
    story, decision = told.story, told.story.decision
    version = markup(look.text(story.title), " ", short(f"{decision.version}"))
    now = look.text(_DECIDES[story.decides])
    took = f"{decision.latency_ns / 1_000_000:,.1f} {look.pick('ms', '毫秒')}" if decision.latency_ns else MISSING
    proof = link(
        path_to("log", record=decision.id),
        look.pick(f"offset {story.offset:,} of {told.size:,} records", f"偏移 {story.offset:,}，共 {told.size:,} 条记录"),
    )
    rows: list[tuple[str, Part]] = [
        (look.pick("Score", "评分"), None if decision.score is None else share(decision.score)),
        (look.pick("Policy", "策略"), markup(version, look.pick(", ", "，"), now)),
        (look.pick("Answered by", "判定范围"), look.text(word(TIER_TITLES, decision.tier))),
        (look.pick("Took", "耗时"), took),
        (look.pick("In the log", "在日志中"), proof),
        (look.pick("Alert", "预警"), _alert(told, look)),
    ]
    event: list[tuple[str, Part]] = []
    for spec in () if contract is None else contract.fields:
        value = story.event.keys.get(spec.key) if spec.key else story.event.data.get(spec.name)
        if value is not None:
            more = way_to_measures_on(spec.key, story, look) if spec.key else None
            event.append((look.text(spec.title), markup(_field(spec.name, value, contract, look), more)))
    return tag(
        "div",
        tag("section", tag("h2", look.pick("Decided", "决策")), facts(*rows), class_="section"),
        tag("section", tag("h2", look.pick("What was asked", "请求内容")), facts(*event), class_="section"),
        class_="columns",
    )


def _alert(told: Told, look: Look) -> Part:
    return None if told.alert is None else link(path_to("alerts", told.alert), look.pick("open the alert", "打开预警"))


def _field(name: str, value: Veiled[Value], contract: DataContract | None, look: Look) -> Part:
    if isinstance(value, Hidden) or contract is None:
        return veiled(value, look)
    if isinstance(value, bool):
        return look.pick("yes", "是") if value else look.pick("no", "否")
    spec = contract.field(name)
    if spec is not None and isinstance(value, int) and spec.type is FieldType.MONEY:
        return look.exact(value, contract.kind)
    if spec is not None and isinstance(value, int) and spec.type is FieldType.TIMESTAMP:
        return look.moment(value)
    if spec is not None and spec.titles and isinstance(value, str):
        return look.text(spec.called(value))
    return contract.shown(name, value)


def _why(told: Told, look: Look) -> Markup:
    story, reasons = told.story, as_told(told.story.decision.reasons)
    spoke, noted = ([_reason(one, told, look) for one in reasons if (one.standing is Standing.NOTED) is aside] for aside in (False, True))
    none = tag("p", look.pick("Nothing spoke against it.", "没有不利理由。"), class_="muted")
    beside = tag("h3", look.pick("To be known; asked for no outcome", "另需知悉（未要求任何结果）")) if noted else None
    shown = tag("ol", spoke, class_="reasons") if spoke else none
    return section(look.pick("Why", "理由"), shown, beside, tag("ul", noted) if noted else None, _hits(story, look))


def _reason(reason: ShownReason, told: Told, look: Look) -> Markup:
    code = None if isinstance(reason.code, Hidden) else tag("code", reason.code, class_="meta")
    return tag("li", tag("span", veiled_text(reason.text, look)), " ", code, measure_that_spoke(reason, told.story, told.measures, look))


def evidence_of(story: Story, look: Look) -> Markup:
    """What there is to see of why a payment stood out: list entries, rows of tables, its customer's history, the money's way."""
    return markup(_hits(story, look), _history(story, look), money_way(story, look))


def _hits(story: Story, look: Look) -> Markup:
    lists = [tag("p", _list_hit(hit, story, look)) for hit in story.decision.lists]
    heading = tag("h3", look.pick("List entries that hit", "命中的名单条目")) if lists else None
    return markup(heading, lists, [_lit(one, look) for one in story.tables])


def _list_hit(hit: ShownListHit, story: Story, look: Look) -> Part:
    if isinstance(hit.list, Hidden):
        return veiled(hit.list, look)
    note = markup(" · ", veiled(hit.note, look)) if hit.note else None
    return markup(tag("strong", look.text(word(story.lists, hit.list))), " · ", veiled(hit.value, look), note)


def _lit(table: LitTable, look: Look) -> Markup:
    title = look.text(table.title)
    name = title if table.name == "rules" else look.pick(f"Decision table: {title}", f"决策表：{title}")
    heads = [tag("th", _called(one, look), scope="col") for one in table.heads]
    head = tag("tr", tag("th", look.pick("Row", "行"), scope="col", class_="n"), heads)
    rows: list[Part] = []
    before = 0
    for number, cells in table.rows:
        rows.append(_left_out(number - before - 1, table, look))
        before = number
        lit = number in table.lit
        mark = (
            tag("strong", f"▸ {number}", aria_label=look.pick(f"row {number}, which spoke", f"第 {number} 行，命中"))
            if lit
            else str(number)
        )
        texts = [tag("td", _lit_cell(cell, look), data_head=look.text(title)) for title, cell in zip(table.heads, cells, strict=True)]
        rows.append(tag("tr", tag("td", mark, class_="n", data_head=look.pick("Row", "行")), texts, class_="lit" if lit else None))
    rows.append(_left_out(table.rows_total - before, table, look))
    inner = tag("table", tag("caption", name, class_="unseen"), tag("thead", head), tag("tbody", rows), class_="lit-table stacked")
    return markup(tag("h3", name), tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=name))


def _left_out(number: int, table: LitTable, look: Look) -> Part:
    """Says in their place that rows are not shown: only those around one that spoke are."""
    if not number:
        return None
    said = look.pick(f"… {plural(number, 'row', 'rows')} not shown", f"……省略 {number:,} 行")
    return tag("tr", tag("td", said, colspan=len(table.heads) + 1, class_="muted"))


def _called(head: Text, look: Look) -> Part:
    """A column's head; one that its modeller wrote for no language in particular stands as it is."""
    said = look.text(head)
    return typed(said) if head["en"] == head["zh"] else said


def _lit_cell(cell: str | Said, look: Look) -> Part:
    if isinstance(cell, Said):
        return markup(look.text(cell.text), tag("br"), tag("code", cell.feel, class_="meta break"))
    word_ = cell.strip('"')
    return outcome(word_, look) if word_ in OUTCOMES else tag("code", cell)


def _history(story: Story, look: Look) -> Part:
    amount = story.event.data.get("amount")
    if not story.past or not isinstance(amount, int):
        return None

    def exact(amount_minor: int | None) -> str:
        return look.exact(amount_minor, story.event.kind)

    dots = [
        Dot(one.time_us, float(one.amount_minor or 0), "quiet", f"{moment(one.time_us, look.zone)[:16]} {exact(one.amount_minor)}")
        for one in story.past
    ]
    this = Dot(story.event.time_us, float(amount), _class(story.decision.outcome), exact(amount))
    most = max([amount, *(one.amount_minor or 0 for one in story.past)])
    words = StripWords(
        look.pick(f"The customer's last {plural(len(dots), 'payment', 'payments')} and this one", f"该客户此前 {len(dots)} 笔支付与本笔"),
        moment(dots[0].time_us, look.zone)[:10],
        moment(this.time_us, look.zone)[:10],
        look.pick(f"largest: {exact(most)}", f"最大：{exact(most)}"),
        look.pick(f"this one: {exact(amount)}", f"本笔：{exact(amount)}"),
    )
    below = sum((one.amount_minor or 0) < amount for one in story.past)
    lead = look.pick(
        f"Of the customer's last {plural(len(dots), 'payment', 'payments')} {plural(below, 'was', 'were')} smaller than this one.",
        f"该客户最近 {len(dots):,} 笔支付中，有 {below:,} 笔金额小于本笔。",
    )
    return section(look.pick("Against the customer's own history", "与客户自身历史对比"), strip(words, dots, this), lead=lead)


def _class(outcome_name: str) -> str:
    return outcome_name if outcome_name in ("approve", "review", "decline") else "held"


def _score(story: Story, look: Look) -> Part:
    decision = story.decision
    if decision.score is None:
        changed = _change(story, look, heading="h2")
        return tag("section", changed, class_="section") if changed else None
    title = look.pick("What moved the score", "评分的构成")
    base = decision.base
    known = {name: value for name, value in decision.contributions.items() if not isinstance(value, Hidden)}
    if isinstance(base, Hidden) or base is None or len(known) < len(decision.contributions):
        said = look.pick(
            "The contributions derive from fields above your grade: state a purpose to see them.",
            "各项贡献来自高于您可见级别的字段：说明目的后可查看。",
        )
        return section(title, tag("p", said, class_="muted"), _change(story, look))
    ordered = sorted(known.items(), key=lambda item: -abs(item[1]))
    steps = [
        Step(look.text(story.features.get(name, {"en": name, "zh": name})), _said(story, name, look), much)
        for name, much in ordered[:STEPS_SHOWN]
    ]
    rest = ordered[STEPS_SHOWN:]
    if rest:
        steps.append(
            Step(
                look.pick(plural(len(rest), "other feature", "other features"), f"其余 {len(rest)} 项特征"),
                "",
                sum(much for _, much in rest),
            )
        )
    picture = waterfall(
        look.pick("Contribution of each feature to the score, in log-odds", "各特征对评分的贡献（对数几率）"),
        steps,
        (look.pick("before any feature", "基准"), base),
        (look.pick(f"score {share(decision.score)}", f"评分 {share(decision.score)}"), base + sum(known.values())),
        colon=look.pick(": ", "："),
    )
    lead = look.pick(
        "In log-odds: to the right speaks for fraud, to the left against it; calibrated, the sum is the score.",
        "单位为对数几率：向右表示更可疑，向左表示更可信；合计经校准即为评分。",
    )
    return section(title, picture, _change(story, look), lead=lead)


def _said(story: Story, name: str, look: Look) -> str:
    value = story.decision.features.get(name)
    if isinstance(value, Hidden):
        return ""
    if value is None:
        return MISSING
    if not isinstance(value, float | int):
        return str(value)
    called = story.values.get(name, {}).get(f"{value:g}")
    return look.text(called) if called else quantity(value, story.units.get(name, ""), look.currency, look.language)


def _change(story: Story, look: Look, heading: str = "h3") -> Part:
    change = story.decision.smallest_change
    if change is not None:
        return _changing(heading, veiled(change, look) if isinstance(change, Hidden) else look.text(change.text), look)
    if story.changing and story.decision.outcome != story.outcomes[0]:
        # A smaller one that is milder only here and there is no limit that anybody could keep to; the search says nothing of it.
        names = look.pick(" or ", "或").join(look.text(one)[:1].lower() + look.text(one)[1:] for one in story.changing)
        said = look.pick(f"No smaller {names} alone would surely have changed it.", f"仅减小{names}，结果不会确定地改变。")
        main = main_reason(story.decision.reasons)
        if main is not None and main.source == "measure":
            said += look.pick(" The measure that stopped it would have to be lifted.", "须先解除拦下该支付的管控措施。")
        return _changing(heading, said, look)
    return None


def _changing(heading: str, said: Part, look: Look) -> Markup:
    return markup(tag(heading, look.pick("What would have changed it", "怎样会不同")), tag("p", said))


def _others(told: Told, look: Look, contracts: Mapping[str, DataContract]) -> Part:
    if not told.others:
        return None
    title = look.pick("Other decisions on this customer", "该客户的其他决策")
    more = link(path_to("decisions", q=told.customer), look.pick("All of them", "查看全部"), class_="button")
    return section(title, decisions_table(told.others, look, contracts, title), tag("div", more, class_="pages-of"))


def _proof(told: Told, look: Look) -> Markup:
    story, decision = told.story, told.story.decision
    lead = look.pick(
        "Anyone with the bank's public keys can check that this decision and its event stand in the log, unchanged.",
        "任何持有本机构公钥的人都可验证：该决策及其事件在日志中且未被改动。",
    )
    verify = link(path_to("log", record=decision.id), look.pick("Verify now", "立即验证"), class_="button")
    download = proof_file(decision.id, look, whole=story.whole)
    rows = facts(
        (look.pick("Decision", "决策编号"), tag("code", decision.id)),
        (look.pick("Event", "事件编号"), tag("code", story.event.id)),
        (look.pick("Policy version", "策略版本"), tag("code", decision.version)),
    )
    raw = tag(
        "details", tag("summary", look.pick("The record as it stands", "原始记录")), tag("pre", _raw(story), class_="raw", tabindex="0")
    )
    return section(look.pick("Proof", "证明"), rows, tag("div", verify, download, class_="pages-of"), raw, lead=lead)


def _raw(story: Story) -> str:
    """Decision and event as the reader may see them, as JSON."""
    plain = {"decision": story.decision, "event": story.event}
    return msgspec.json.format(msgspec.json.encode(plain), indent=2).decode()
