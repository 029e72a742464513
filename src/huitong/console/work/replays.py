"""The replay page: drop a table, say which column is which, run, compare; and all runs of this process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from huitong.console.forms import Field, Form, button_of, dialog_of
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.ports_replay import Uploaded
from huitong.console.words import word
from huitong.console.work.look import Look, View, filters, nothing, section, typed
from huitong.console.work.replay_jobs import jobs_table
from huitong.contracts import ReplayJob
from huitong.decisions.rollout import PolicyRollout
from huitong.evaluation.words import plural
from huitong.identity import ROLES_WHO_REPLAY
from huitong.kernel import Text


@dataclass(frozen=True, slots=True)
class Replays:
    """What the page knows.

    Attributes:
        jobs: All runs of this process, newest first.
        versions: What may be replayed or compared with: policy, or policy and version, each with its name for people.
        uploaded: The table that was dropped.
        mapping: By which mapping it is to be read.
        titles: What people call the policies, by name.
        rollouts: Where their versions stand, by name.
    """

    jobs: Sequence[ReplayJob]
    versions: Sequence[tuple[str, Text]]
    uploaded: Uploaded | None = None
    mapping: str = ""
    titles: Mapping[str, Text] = field(default_factory=dict)
    rollouts: Mapping[str, PolicyRollout] = field(default_factory=dict)


def replays_view(known: Replays, look: Look) -> View:
    """The page."""
    running = sum(job.state == "runs" for job in known.jobs)
    answer = look.pick(
        f"{plural(len(known.jobs), 'replay', 'replays')} since the service started, {running:,} of them running.",
        f"服务启动以来共 {len(known.jobs):,} 次回放，其中 {running:,} 次正在运行。",
    )
    inline: list[Form] = []
    may = look.is_a(*ROLES_WHO_REPLAY)
    drop = Form(
        "replay.upload",
        {"en": "Choose a table", "zh": "选择数据表"},
        [Field("table", {"en": "Table (CSV or Parquet, up to 64 MiB)", "zh": "数据表（CSV 或 Parquet，不超过 64 MiB）"}, "file")],
        tone="primary",
        submit={"en": "Upload", "zh": "上传"},
    )
    body = markup(
        _columns(known, known.uploaded, look) if known.uploaded is not None and may else None,
        section(
            look.pick("Replays", "回放"),
            jobs_table(known.jobs, look, inline, known.titles, known.rollouts) if known.jobs else _none(look),
        ),
    )
    return View(look.pick("Replay", "回放"), answer, body, [drop] if may else (), inline)


def _none(look: Look) -> Markup:
    why = look.pick(
        "Choose a table of past payments: the chosen version decides each of them as it would have been decided live. "
        "The log itself is replayed on the policy's page.",
        "选择一份历史支付数据表：所选版本将逐笔按实时方式重新决策。回放日志请前往策略页面。",
    )
    return nothing(
        look.pick("No replay yet", "尚无回放"), why, link("/policies", look.pick("To the policies", "查看策略"), class_="button")
    )


def _columns(known: Replays, table: Uploaded, look: Look) -> Markup:
    mapping = known.mapping if known.mapping in table.wanted else table.best
    options: list[tuple[str, Text]] = [(one, {"en": one, "zh": one}) for one in table.columns]
    wanted = table.wanted[mapping]
    titles = table.fields.get(mapping, {})
    fields = [Field(f"column.{name}", _column(name, titles.get(name)), "choice", options, near or "") for name, near in wanted.items()]
    fields.append(Field("version", {"en": "What to replay", "zh": "回放对象"}, "choice", known.versions, initial=known.versions[0][0]))
    none: Text = {"en": "nothing", "zh": "不对比"}
    fields.append(Field("against", {"en": "Compare with", "zh": "对比版本"}, "choice", [("", none), *known.versions], required=False))
    note: Text = {
        "en": "Which column of the file is which; those most alike are chosen already.",
        "zh": "确认文件的列与所需列的对应关系，已按相似度预选。",
    }
    title: Text = {"en": "Replay the table", "zh": "回放此表"}
    form = Form("replay.table", title, fields, {"file": table.id, "mapping": mapping}, note, "primary")
    missing = sum(near is None for near in wanted.values())
    said = look.pick(
        f"The file has {plural(len(table.columns), 'column', 'columns')}; "
        f"for {missing:,} of the {len(wanted):,} that are needed none with a like name was found.",
        f"文件共 {len(table.columns):,} 列；所需 {len(wanted):,} 列中有 {missing:,} 列未找到名称相近的列。",
    )
    called = [(name, look.text(word(table.titles, name))) for name in table.wanted]
    choose = filters(
        look,
        "/replay",
        {"mapping": (look.pick("Read as", "读取方式"), mapping, called)},
    ).replace("<button", f'<input type="hidden" name="file" value="{table.id}"><button', 1)
    heading: Part = look.pick("Table ", "数据表 ")
    return tag(
        "section",
        tag("h2", heading, typed(table.name)),
        tag("p", said, class_="lead"),
        Markup(choose),
        tag("p", button_of(form, look.language, first=True)),
        dialog_of(form, look.language),
        class_="section",
    )


def _column(name: str, title: Text | None) -> Text:
    """What a column is, with its name."""
    if title is None:
        return {"en": name, "zh": name}
    return {"en": f"{title['en']} ({name})", "zh": f"{title['zh']}（{name}）"}
