"""The replay page."""

from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.look import look_of
from huitong.console.work.replays import Replays, replays_view
from huitong.console.work.showing import show, work_of
from huitong.decisions.rollout import STAGE_TITLES
from huitong.kernel import HuitongError, Text

LOOK_AGAIN_SECONDS = 3


async def build(visit: Visit) -> None:
    """Builds the page."""
    bank, look = work_of(visit), look_of(visit, "policy", "replay")
    known = await visit.ask(_known, bank, visit.query.get("file", ""), visit.query.get("mapping", ""))
    runs = any(job.state == "runs" for job in known.jobs)
    await show(visit, lambda: replays_view(known, look), again_seconds=LOOK_AGAIN_SECONDS if runs else None)


def _known(bank: WorkPort, file: str, mapping: str) -> Replays:
    versions: list[tuple[str, Text]] = []
    rollouts = {name: bank.rollout(name) for name in bank.policy_names}
    titles = {name: _title(bank, name) for name in rollouts}
    for name, rollout in rollouts.items():
        called = titles[name]
        folder: Text = {"en": f"{called['en']}: what stands in the folder", "zh": f"{called['zh']}：文件夹中的内容"}
        versions.append((name, folder))
        for one in reversed(rollout.versions.values()):
            title = STAGE_TITLES[one.stage]
            said: Text = {
                "en": f"{called['en']}: {one.hash[:12]}, {title['en']}",
                "zh": f"{called['zh']}：{one.hash[:12]}（{title['zh']}）",
            }
            versions.append((f"{name}@{one.hash}", said))
    return Replays(bank.jobs(), versions, bank.uploads.look(file) if file else None, mapping, titles, rollouts)


def _title(bank: WorkPort, name: str) -> Text:
    """What people call a policy; its name where its folder cannot be read."""
    try:
        return bank.policy_files(name).settings.title
    except HuitongError:
        return {"en": name, "zh": name}
