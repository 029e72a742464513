"""Replays in a table: of what, against what, on what, how far each is, and what it found."""

from collections.abc import Mapping, Sequence

from huitong.console.forms import Form, button_of
from huitong.console.markup import Markup, Part, markup, short, tag
from huitong.console.words import sentence, word
from huitong.console.work.look import Look, mark, path_to, table, typed
from huitong.console.work.parts import by_name
from huitong.contracts import ReplayJob
from huitong.decisions.rollout import STAGE_TITLES, PolicyRollout
from huitong.evaluation.words import MISSING, ratio, share
from huitong.identity import ROLES_WHO_READ, ROLES_WHO_REPLAY
from huitong.kernel import MICROSECONDS_PER_SECOND, Text

_MINUTE_US = 60 * MICROSECONDS_PER_SECOND
JOB_STATES: Mapping[str, tuple[str, str, str, str]] = {
    "runs": ("runs", "运行中", "review", "…"),
    "done": ("done", "已完成", "approve", "✓"),
    "cancelled": ("cancelled", "已取消", "other", "○"),
    "failed": ("failed", "失败", "decline", "✕"),
}


def jobs_table(
    jobs: Sequence[ReplayJob], look: Look, inline: list[Form], titles: Mapping[str, Text], rollouts: Mapping[str, PolicyRollout]
) -> Markup:
    """Replays, each with what is replayed and what it found or how far it is.

    Args:
        jobs: The replays.
        look: Who looks.
        inline: Takes the forms of the table.
        titles: What people call the policies, by name.
        rollouts: Where their versions stand, by name.
    """
    rows: list[list[Part]] = []
    for job in jobs:
        en, zh, kind, sign = JOB_STATES[job.state]
        act: Part = MISSING
        if job.state == "runs" and look.is_a(*ROLES_WHO_REPLAY):
            form = Form("replay.cancel", {"en": "Cancel", "zh": "取消回放"}, fixed={"job": job.id}, tone="danger", id=f"cancel-{job.id}")
            inline.append(form)
            act = button_of(form, look.language)
        elif job.report and look.is_a(*ROLES_WHO_READ):
            act = tag(
                "a",
                look.pick("Open the report", "打开报告"),
                href=path_to("replays", job.id),
                target="_blank",
                rel="noopener",
                class_="button",
            )
        what = _what(job, look, titles, rollouts)
        rows.append([look.moment(job.begun_us), what, by_name(job.by, look), mark(look.pick(en, zh), kind, sign), job_says(job, look), act])
    heads = [
        look.pick("Begun", "开始"),
        look.pick("What", "回放内容"),
        look.pick("By", "发起人"),
        look.pick("Status", "状态"),
        look.pick("What it says", "结果"),
        look.pick("Action", "操作"),
    ]
    return table(look.pick("Replays", "回放"), heads, rows)


def _what(job: ReplayJob, look: Look, titles: Mapping[str, Text], rollouts: Mapping[str, PolicyRollout]) -> Markup:
    """Of a replay the version, what it is compared with and the payments."""
    colon = look.pick(": ", "：")
    rival = None
    if job.against is not None:
        rival = markup(look.pick("against ", "对比 "), _version(job.against, job.against_version, look, titles, rollouts), " · ")
    of = typed(job.table) if job.table else look.pick("the log", "日志")
    return markup(
        _version(job.policy, job.version, look, titles, rollouts),
        tag("div", rival, look.pick("payments of", "支付来源"), colon if look.language == "zh" else " ", of, class_="meta"),
    )


def _version(of: str, hash_: str, look: Look, titles: Mapping[str, Text], rollouts: Mapping[str, PolicyRollout]) -> Markup:
    """A version by its policy's title, the digits and where it stands now; one that is no draft stood in the folder only."""
    name, _, asked = of.partition("@")
    version = hash_ or asked
    known = rollouts[name].versions.get(version) if name in rollouts else None
    stands = look.pick("in the folder, no version yet", "文件夹中，尚未登记") if known is None else look.text(STAGE_TITLES[known.stage])
    told = look.pick(f" ({stands})", f"（{stands}）")
    return markup(look.text(word(titles, name)), " ", short(version) if version else None, told)


_STAGE_WORDS: Mapping[str, tuple[str, str]] = {
    "reading": ("reading", "读取数据"),
    "log": ("reading the log", "读取日志"),
    "features": ("computing features", "计算特征"),
    "deciding": ("deciding", "决策"),
    "replaying": ("replaying", "回放决策"),
    "reproducing": ("making recorded decisions again", "重现已记录的决策"),
    "rolling": ("evaluating forward in time", "前推检验"),
    "judging": ("judging", "评估"),
    "evidence": ("writing the evidence down", "记录证据"),
}


def job_says(job: ReplayJob, look: Look) -> Part:
    """What a job found, how far it is, or why it failed."""
    if job.error is not None:
        cause, remedy = (sentence(look.text(one), look.language) for one in (job.error.cause, job.error.remedy))
        return markup(cause, " ", tag("span", remedy, class_="muted"))
    if job.headline is not None:
        return look.text(job.headline)
    if job.state != "runs":
        return MISSING
    stage = look.pick(*_STAGE_WORDS.get(job.stage, (job.stage, job.stage))) if job.stage else look.pick("starting", "正在启动")
    bar = tag("progress", value=job.done, max=max(job.total, 1), aria_label=stage) if job.total else tag("progress", aria_label=stage)
    return markup(bar, " ", stage, f" {share(ratio(job.done, job.total))}" if job.total else None, _left(job, look))


def _left(job: ReplayJob, look: Look) -> str | None:
    """How long the stage still takes at the pace so far; nothing where that says nothing yet."""
    if not job.total or not 0 < job.done <= job.total:
        return None
    left_us = (look.now_us - job.stage_us) * (job.total - job.done) // job.done
    if left_us < _MINUTE_US:
        return look.pick("; this step ends within a minute", "；本步骤不到 1 分钟")
    return look.pick(f"; about {look.span(left_us)} left in this step", f"；本步骤约剩 {look.span(left_us)}")
