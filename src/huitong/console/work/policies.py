"""Policies: the list of them; one with its versions, their stages and evidence, and what is missing before the next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from huitong.console.forms import Form, button_of
from huitong.console.markup import Markup, Part, link, markup, short, tag
from huitong.console.ports_work import Contest, PolicyFiles
from huitong.console.work.contests import contest_of, with_counted
from huitong.console.work.look import Look, View, facts, mark, nothing, path_to, section, table, typed
from huitong.console.work.parts import by_name
from huitong.console.work.policy_content import own_label
from huitong.console.work.policy_forms import drafting, forms_of_version, replaying
from huitong.console.work.replay_jobs import jobs_table
from huitong.console.work.version_evidence import evidence_listed
from huitong.console.work.watch_ground import ground_in
from huitong.contracts import ReplayJob
from huitong.decisions import rollout as ro
from huitong.decisions.rollout import STAGE_TITLES, STAGES, PolicyRollout, RolloutSettings, Stage, Step, Version, percent_of
from huitong.evaluation.words import MISSING
from huitong.identity import ROLES_WHO_REPLAY
from huitong.kernel import MICROSECONDS_PER_DAY, Finding, Text

STAGE_LOOKS: Mapping[str, tuple[str, str]] = {
    "draft": ("other", "✎"),
    "replayed": ("other", "↺"),
    "shadow": ("review", "◐"),
    "canary": ("review", "◔"),
    "live": ("approve", "●"),
    "retired": ("other", "○"),
}


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy in the list.

    Attributes:
        name: Its name.
        files: What stands in its folder; ``None`` where that cannot be read.
        rollout: Where its versions stand.
        broken: Why it cannot be read.
        decides: What it decides, by its name for people.
    """

    name: str
    files: PolicyFiles | None
    rollout: PolicyRollout
    broken: Text | None = None
    decides: Text | None = None


def policies_view(lines: Sequence[PolicyLine], look: Look) -> View:
    """The page of policies."""
    running = sum(line.rollout.challenger is not None for line in lines)
    answer = look.pick(
        f"{len(lines):,} {'policy' if len(lines) == 1 else 'policies'}; {running:,} with a challenger that runs.",
        f"共 {len(lines):,} 个策略，其中 {running:,} 个有挑战者在运行。",
    )
    heads = [
        look.pick("Policy", "策略"),
        look.pick("Decides", "决策对象"),
        look.pick("Live version", "生效版本"),
        look.pick("Challenger", "挑战者"),
        look.pick("Versions", "版本数"),
        look.pick("Owner", "负责人"),
        look.pick("Findings", "检查发现"),
    ]
    rows: list[list[Part]] = [_line(line, look) for line in lines]
    hrefs = [path_to("policies", line.name) for line in lines]
    return View(
        look.pick("Policies and roll-outs", "策略与发布"),
        answer,
        table(look.pick("Policies", "策略"), heads, rows, figures_in=(4,), hrefs=hrefs),
    )


def _line(line: PolicyLine, look: Look) -> list[Part]:
    live, challenger = line.rollout.live, line.rollout.challenger
    title = line.name if line.files is None else look.text(line.files.settings.title)
    folder = look.pick("its folder decides", "由文件夹直接决策")
    found = MISSING
    if line.broken is not None or (line.files is not None and line.files.findings):
        found = look.pick("yes", "有")
    return [
        title,
        MISSING if line.decides is None else look.text(line.decides),
        short(live.hash) if live else tag("span", folder, class_="muted"),
        MISSING if challenger is None else markup(stage_mark(challenger, look), " ", short(challenger.hash)),
        look.count(len(line.rollout.versions)),
        MISSING if line.files is None else by_name(line.files.settings.owner, look),
        found,
    ]


def stage_mark(version: Version, look: Look) -> Markup:
    """A version's stage: word, sign, colour, and of a canary its share."""
    title = look.text(STAGE_TITLES[version.stage])
    if version.stage == "canary":
        title = look.pick(f"{title} {percent_of(version.share_ppm)} %", f"{title} {percent_of(version.share_ppm)}%")
    return mark(title, *STAGE_LOOKS[version.stage])


_REPLAYS_ANCHOR = "replays"
"""Of the section of replays."""


@dataclass(frozen=True, slots=True)
class OnePolicy:
    """What the page of a policy knows.

    Attributes:
        name: Its name.
        files: What stands in its folder.
        rollout: Where its versions stand.
        contest: Champion and challenger, counted.
        settings: What is asked before each step.
        jobs: Replays of it, newest first.
        editable: Files of its folder that a person may change.
        decides: What it decides, by its name for people.
    """

    name: str
    files: PolicyFiles
    rollout: PolicyRollout
    contest: Contest | None
    settings: RolloutSettings
    jobs: Sequence[ReplayJob] = ()
    editable: Sequence[str] = ()
    decides: Text | None = None


def policy_view(known: OnePolicy, look: Look) -> View:
    """The page of a policy."""
    inline: list[Form] = []
    drafted = known.files.version in known.rollout.versions
    forms = _head_forms(known, look, drafted=drafted)
    body = markup(
        _running(known, look, inline),
        section(look.pick("Versions", "版本"), _versions(known, look, inline), lead=_asked(known.settings, look)),
        section(look.pick("What stands in its folder", "文件夹中的内容"), _folder(known, look, drafted=drafted)),
        section(look.pick("Replays", "回放"), _jobs(known, look, inline), anchor=_REPLAYS_ANCHOR),
        _findings(known.files.findings, look),
    )
    trail = link("/policies", look.pick("Policies and roll-outs", "策略与发布"))
    return View(look.text(known.files.settings.title), markup(_answer(known, look), _replay_runs(known, look)), body, forms, inline, trail)


def _head_forms(known: OnePolicy, look: Look, *, drafted: bool) -> list[Form]:
    forms: list[Form] = []
    running = known.rollout.challenger or known.rollout.live
    if running is not None:
        forms += [form for form in forms_of_version(known.name, running, known.rollout, look) if form.act == "policy.back"]
    if not drafted and known.files.version and look.is_a("analyst"):
        forms.append(drafting(known.name, known.rollout))
    if look.is_a(*ROLES_WHO_REPLAY):
        forms.append(replaying(known.name, known.rollout, known.files.settings.label_delay_days))
    return forms


def _answer(known: OnePolicy, look: Look) -> str:
    live, challenger = known.rollout.live, known.rollout.challenger
    if live is None:
        en, zh = "No version is live: its folder decides for everybody", "尚无生效版本，由其文件夹为全部客户决策"
    else:
        en = f"Version {live.hash[:12]} of {live.author} decides"
        zh = f"由 {live.author} 的版本 {live.hash[:12]} 决策"
    if challenger is None:
        return look.pick(f"{en}; no challenger runs.", f"{zh}；没有挑战者在运行。")
    if challenger.stage == "shadow":
        return look.pick(
            f"{en}; {challenger.hash[:12]} runs beside it in shadow, and nobody notices.",
            f"{zh}；{challenger.hash[:12]} 以影子方式并行，客户无感知。",
        )
    part, rest = percent_of(challenger.share_ppm), percent_of(ro.SHARE_WHOLE_PPM - challenger.share_ppm)
    return look.pick(
        f"{en} for {rest} % of the customers; {challenger.hash[:12]} decides for {part} %.",
        f"{zh} {rest}% 的客户；{challenger.hash[:12]} 决策其余 {part}%。",
    )


def _replay_runs(known: OnePolicy, look: Look) -> Part:
    """That a replay runs, with the way to how far it is: who began it finds it again after a reload."""
    if not any(job.state == "runs" for job in known.jobs):
        return None
    way = link(f"#{_REPLAYS_ANCHOR}", look.pick("A replay runs", "回放正在运行"))
    return markup(" " if look.language == "en" else "", way, look.pick(".", "。"))


def _running(known: OnePolicy, look: Look, inline: list[Form]) -> Part:
    live, challenger = known.rollout.live, known.rollout.challenger
    if challenger is None or live is None:
        return None
    title = look.pick("Champion and challenger", "生效版本与挑战者对比")
    if known.contest is None:
        counted = look.pick("It is being counted from the log; the page looks again by itself.", "正在按日志统计，页面会自动更新。")
        return section(title, tag("p", counted, class_="muted"), _steps(known, challenger, look, inline), anchor="contest")
    return section(
        title,
        contest_of(known.contest, live, challenger, known.settings, look),
        _steps(known, challenger, look, inline),
        lead=look.pick(
            "Counted from the log since the stage began; the page looks again by itself.", "自本阶段开始按日志统计，页面会自动更新。"
        ),
        anchor="contest",
    )


def _steps(known: OnePolicy, version: Version, look: Look, inline: list[Form]) -> Markup:
    """What is missing before a version's next step, and the buttons of its steps."""
    forms = forms_of_version(known.name, version, known.rollout, look, known.files.version)
    inline += forms
    parts: list[Part] = []
    counted = with_counted(version, known.contest, look.now_us)
    retired: tuple[ro.Stage, ...] = ("shadow",) if version.stage == "retired" and known.rollout.live is not None else ()
    for to in known.rollout.next_steps(version) or retired:  # who gave a version up may begin with it again
        lacking = ro.missing(counted, to, known.settings, look.now_us)
        title = look.pick("a larger share", "更大的灰度比例") if to == version.stage else look.text(STAGE_TITLES[to])
        if lacking:
            head = look.pick(f"Before {title}:", f"进入“{title}”之前：")
            parts.append(tag("p", head, class_="muted"))
            parts.append(tag("ul", [tag("li", mark(look.text(text), "review", "○")) for text in lacking], class_="lacking"))
        else:
            ready = look.pick(f"Ready for {title}, once an approver signs.", f"条件已具备，审批人签署后即可进入“{title}”。")
            parts.append(tag("p", mark(ready, "approve", "✓")))
    if forms:
        parts.append(tag("p", [button_of(form, look.language) for form in forms], class_="rowacts"))
    return markup(parts)


def _versions(known: OnePolicy, look: Look, inline: list[Form]) -> Markup:
    if not known.rollout.versions:
        return nothing(
            look.pick("No version was drafted yet", "尚未登记任何版本"),
            look.pick("What stands in the folder decides until a version is live.", "在有版本生效之前，由文件夹中的内容直接决策。"),
        )
    ordered = sorted(
        known.rollout.versions.values(), key=lambda one: (-STAGES.index(one.stage) if one.stage != "retired" else 1, -one.drafted_us)
    )
    return markup([_version(one, known, look, inline) for one in ordered])


def _asked(settings: RolloutSettings, look: Look) -> str | None:
    """That a bank asks less of its canaries than is usual, where it does."""
    usual = RolloutSettings()
    if settings.canary_decisions_min >= usual.canary_decisions_min and settings.canary_time_min_us >= usual.canary_time_min_us:
        return None
    hours = usual.canary_time_min_us // (MICROSECONDS_PER_DAY // 24)
    return look.pick(
        f"Steps ask for less here than by a bank's defaults, which are {usual.canary_decisions_min:,} decisions and {hours} hours: "
        "[rollout] in bank.toml, or a demonstration with --eager.",
        f"此处各步骤的要求低于机构默认值（{usual.canary_decisions_min:,} 笔决策、{hours} 小时），"
        "由 bank.toml 的 [rollout] 或快速演示（--eager）设定。",
    )


def _version(one: Version, known: OnePolicy, look: Look, inline: list[Form]) -> Markup:
    base = None
    if one.base is not None and one.base != one.hash:
        base = link(path_to("policies", known.name, "difference", one.hash, against=one.base), look.pick("what changed", "查看差异"))
    live = known.rollout.live
    beside = None
    if live is not None and live is not one and live.hash != one.base:
        href = path_to("policies", known.name, "difference", one.hash, against=live.hash)
        beside = markup(" · ", link(href, look.pick("against the live version", "与生效版本比较")))
    content = link(path_to("policies", known.name, "versions", one.hash), look.pick("its tables and rules", "查看决策表与规则"))
    head = tag("h3", stage_mark(one, look), " ", short(one.hash), " ", tag("span", look.pick("by ", ""), one.author, class_="muted"))
    others = sorted(known.rollout.authors_of(one.hash) - {one.author})
    details = facts(
        (look.pick("Why", "修改理由"), typed(one.reason)),
        (look.pick("Wrote a part, so cannot sign", "参与编写，不得签署"), look.pick(", ", "、").join(others) or None),
        (look.pick("Drafted", "登记时间"), look.moment(one.drafted_us)),
        (look.pick("In this stage since", "进入当前阶段"), look.moment(one.since_us())),
        (look.pick("Content", "内容"), markup(content, " · " if base else None, base, beside)),
        (look.pick("Evidence", "证据"), evidence_listed(one, look)),
        (look.pick("Steps", "发布记录"), _history(one, look)),
    )
    steps = None if one is known.rollout.challenger else _steps(known, one, look, inline)
    return tag("article", head, details, steps, class_="version", id=f"version-{one.hash[:12]}")


def _history(one: Version, look: Look) -> Part:
    if not one.steps:
        return None
    items = []
    stood: list[Stage] = ["draft", *(step.stage for step in one.steps)]
    for before, step in reversed([*zip(stood, one.steps, strict=False)]):
        title = look.text(STAGE_TITLES[step.stage])
        part = look.pick(f" {percent_of(step.share_ppm)} %", f" {percent_of(step.share_ppm)}%") if step.share_ppm else ""
        ground = look.pick("approved", "已批准") if step.ground == "approved" else ground_in(step.ground, step.by, look)
        if step.taken_up:
            title, part = look.pick("taken up again", "以此为基础修改"), ""
        elif step.caused_by is not None:
            title, ground = _caused(step, step.caused_by, title, ground, look)
        elif STAGES.index(step.stage) < STAGES.index(before):
            left = STAGE_TITLES[before]
            title = look.pick(f"stepped back from {left['en']}", f"由{left['zh']}回退")
        items.append(tag("li", look.moment(step.time_us), f" {title}{part} · ", by_name(step.by, look), " · ", typed(ground)))
    return tag("ul", items, class_="plain")


def _caused(step: Step, other: str, title: str, ground: str, look: Look) -> tuple[str, str]:
    """What another version's step made of this one, and why: it was replaced, or decides again, but did not in between."""
    if step.stage == "live":
        why = look.pick(f"version {other[:12]}, which decided until then, was stepped back", f"此前由版本 {other[:12]} 决策，该版本已回退")
        return look.pick(f"{title} again", f"恢复{title}"), look.pick(f"{why}: {ground}", f"{why}：{ground}")
    return title, look.pick(f"version {other[:12]} took its place", f"由版本 {other[:12]} 接替")


def _folder(known: OnePolicy, look: Look, *, drafted: bool) -> Markup:
    files, settings = known.files, known.files.settings
    if not files.version:
        stands = mark(look.pick("it cannot be loaded: see the findings", "无法加载，见检查发现"), "decline", "✕")
    elif drafted:
        stands = mark(look.pick("as drafted", "与已登记版本一致"), "approve", "✓")
    else:
        stands = mark(look.pick("not drafted yet", "尚未登记"), "review", "✎")
    base = known.rollout.live
    difference = None
    if base is not None and files.version and base.hash != files.version:
        difference = link(
            path_to("policies", known.name, "difference", known.name, against=base.hash),
            look.pick("against the live version", "与生效版本比较"),
        )
    tables = link(
        path_to("policies", known.name, "versions", "folder"), look.pick("tables, rules, lists, thresholds", "决策表、规则、名单、阈值")
    )
    return facts(
        (look.pick("Version", "版本"), markup(short(files.version) if files.version else None, " ", stands)),
        (look.pick("Content", "内容"), tables),
        (look.pick("Difference", "差异"), difference),
        (look.pick("Decides", "决策对象"), settings.decides if known.decides is None else look.text(known.decides)),
        (look.pick("Owner", "负责人"), by_name(settings.owner, look)),
        (
            look.pick("Rests on", "合规依据"),
            typed(look.pick("; ", "；").join(own_label(one, look) for one in settings.obligations)) if settings.obligations else None,
        ),
    )


def _findings(findings: Sequence[Finding], look: Look) -> Part:
    if not findings:
        return None
    rows: list[list[Part]] = [[one.place(look.language), look.text(one.text), look.text(one.remedy)] for one in findings]
    heads = [look.pick("Where", "位置"), look.pick("What", "问题"), look.pick("What to do", "处理方法")]
    return section(look.pick("Findings", "检查发现"), table(look.pick("Findings", "检查发现"), heads, rows))


def _jobs(known: OnePolicy, look: Look, inline: list[Form]) -> Markup:
    if known.jobs:
        return jobs_table(known.jobs, look, inline, {known.name: known.files.settings.title}, {known.name: known.rollout})
    return nothing(
        look.pick("No replay since the service started", "服务启动后尚未回放"),
        look.pick(
            "A replay decides the past again with this policy and says whom it would have stopped, rightly and wrongly.",
            "回放以本策略重新决策历史支付，给出其正确与错误拦截的对象。",
        ),
    )
