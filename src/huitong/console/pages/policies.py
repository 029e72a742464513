"""Policies and roll-outs: the list, one policy, what a version says, what changed between two."""

from dataclasses import replace

from huitong.console.ports_work import PolicyFiles, WorkPort
from huitong.console.visit import Visit
from huitong.console.work.look import look_of
from huitong.console.work.policies import OnePolicy, PolicyLine, policies_view, policy_view
from huitong.console.work.policy_content import Changed, Content, content_view, difference_view
from huitong.console.work.showing import show, work_of
from huitong.kernel import HuitongError, InputError, Text

LOOK_AGAIN_SECONDS = 5
"""How often the page looks again while something runs."""
FOLDER = "folder"


async def build(visit: Visit) -> None:
    """Builds the list."""
    bank, look = work_of(visit), look_of(visit, "policy", "list")
    lines = await visit.ask(lambda: [_line(bank, name) for name in bank.policy_names])
    await show(visit, lambda: policies_view(lines, look))


def _line(bank: WorkPort, name: str) -> PolicyLine:
    rollout = bank.rollout(name)
    try:
        files = bank.policy_files(name)
        return PolicyLine(name, files, rollout, decides=_decides(bank, files))
    except HuitongError as error:
        return PolicyLine(name, None, rollout, error.cause)


async def build_one(visit: Visit) -> None:
    """Builds the page of one policy."""
    bank, name = work_of(visit), visit.parts["policy"]
    look = look_of(visit, "policy", name[:128])
    known = await visit.ask(_known, bank, name)
    runs = known.rollout.challenger is not None or any(job.state == "runs" for job in known.jobs)
    await show(visit, lambda: policy_view(known, look), again_seconds=LOOK_AGAIN_SECONDS if runs else None)


def _known(bank: WorkPort, name: str) -> OnePolicy:
    require_policy(bank, name)
    jobs = [job for job in bank.jobs() if job.policy.partition("@")[0] == name]
    files = bank.policy_files(name)
    decides = _decides(bank, files)
    return OnePolicy(name, files, bank.rollout(name), bank.contest(name), bank.rollout_settings, jobs, decides=decides)


def _decides(bank: WorkPort, files: PolicyFiles) -> Text | None:
    """What a policy decides, by its name for people."""
    contract = bank.contracts.get(files.settings.decides)
    return None if contract is None else contract.title


def require_policy(bank: WorkPort, name: str) -> None:
    """Refuses what is no policy.

    Raises:
        InputError: If there is none of that name.
    """
    if name not in bank.policy_names:
        raise InputError(
            "bank.policy.unknown",
            {"en": f"there is no policy {name!r}", "zh": f"没有策略 {name!r}"},
            {"en": "take one of the list", "zh": "请从列表中选择"},
        )


async def build_version(visit: Visit) -> None:
    """Builds the page of what a version says."""
    bank, name, version = work_of(visit), visit.parts["policy"], visit.parts["version"]
    look = look_of(visit, "policy", name[:128])
    file = visit.query.get("file", "")
    known = await visit.ask(_content, bank, name, version, file)
    if known.chosen is not None:
        grade = (await visit.ask(bank.list_grades, name)).get(file, 1)
        look.require(grade, f"whom {file} lists", f"{file} 所列内容")
        look.seen.take(f"{name}/{file}", "value", grade)
    await show(visit, lambda: content_view(known, look), scripts=("unsaved",) if known.chosen else ())


def _content(bank: WorkPort, name: str, version: str, file: str) -> Content:
    require_policy(bank, name)
    if version != FOLDER:
        return Content(name, bank.policy_files(f"{name}@{version}"), folder=False, contracts=bank.contracts)
    decides, files = bank.rollout(name).live is None, bank.files_of(name)
    known = Content(name, bank.policy_files(name), folder=True, editable=files, contracts=bank.contracts, decides=decides)
    return replace(known, chosen=(file, bank.file_of(name, file))) if file else known


async def build_difference(visit: Visit) -> None:
    """Builds the page of what changed between two versions."""
    bank, name, version = work_of(visit), visit.parts["policy"], visit.parts["version"]
    look, against = look_of(visit, "policy", name[:128]), visit.query.get("against", name)
    await visit.ask(require_policy, bank, name)
    sides = [one if one == name else f"{name}@{one}" for one in (version, against)]
    found = await visit.ask(_difference, bank, sides[0], sides[1])
    title = look.text((await visit.ask(bank.policy_files, name)).settings.title)
    await show(visit, lambda: difference_view(name, title, version, against, found, look))


def _difference(bank: WorkPort, after: str, before: str) -> list[Changed]:
    grades: dict[str, int] = {}
    for side in (after, before):
        grades |= {file: max(grade, grades.get(file, 1)) for file, grade in bank.list_grades(side).items()}
    return [Changed(one, grades.get(one.file, 1)) for one in bank.difference(after, before)]


def report(visit: Visit) -> str:
    """The report of a replay: one file that needs nothing. It shows some payments in full, so that only who may see those gets it."""
    bank, job, look = work_of(visit), visit.parts["job"], look_of(visit, "policy", "replay")
    holds = bank.report_holds(job)
    look.require(holds.grade, "the report, which shows payments in full", "完整列出部分支付的报告")
    for record in holds.records:
        for name in holds.fields:
            look.seen.take(record, name, holds.grade)
    return bank.report(job, visit.language)
