"""The replay page."""

from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.look import look_of
from huitong.console.work.replays import Replays, replays_view
from huitong.console.work.showing import show, work_of
from huitong.decisions.rollout import STAGE_TITLES
from huitong.kernel import Text

LOOK_AGAIN_SECONDS = 3


async def build(visit: Visit) -> None:
    """Builds the page."""
    bank, look = work_of(visit), look_of(visit, "policy", "replay")
    known = await visit.ask(_known, bank, visit.query.get("file", ""), visit.query.get("mapping", ""))
    runs = any(job.state == "runs" for job in known.jobs)
    show(visit, replays_view(known, look), again_seconds=LOOK_AGAIN_SECONDS if runs else None)


def _known(bank: WorkPort, file: str, mapping: str) -> Replays:
    versions: list[tuple[str, Text]] = []
    for name in bank.policy_names:
        folder: Text = {"en": f"{name}: what stands in the folder", "zh": f"{name}：文件夹中的内容"}
        versions.append((name, folder))
        for one in reversed(bank.rollout(name).versions.values()):
            title = STAGE_TITLES[one.stage]
            said: Text = {"en": f"{name}: {one.hash[:12]}, {title['en']}", "zh": f"{name}：{one.hash[:12]}（{title['zh']}）"}
            versions.append((f"{name}@{one.hash}", said))
    return Replays(bank.jobs(), versions, bank.uploads.look(file) if file else None, mapping)
