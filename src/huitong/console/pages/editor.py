"""The editor of policies: a decision table as a table, rules as FEEL, thresholds as percentages."""

from huitong.console.pages.policies import require_policy
from huitong.console.ports_work import PolicyFiles, WorkPort
from huitong.console.visit import Visit
from huitong.console.work.editor import Edited, rules_view, table_view
from huitong.console.work.look import look_of
from huitong.console.work.policy_acts import tag_of
from huitong.console.work.showing import show, work_of
from huitong.console.work.thresholds import thresholds_view
from huitong.decisions.policy import SETTINGS_FILE
from huitong.decisions.tables import DmnTable
from huitong.kernel import InputError

SCRIPTS = ("grid", "unsaved")


async def build_table(visit: Visit) -> None:
    """Builds the page on which a decision table is edited."""
    bank, name, table = work_of(visit), visit.parts["policy"], visit.parts["table"]
    file = _table_in(await visit.ask(_files, bank, name), table).place.file
    known = await visit.ask(_known, bank, name, file)
    await show(visit, lambda: table_view(_table_in(known.files, table), known, look_of(visit, "policy", name[:128])), scripts=SCRIPTS)


async def build_rules(visit: Visit) -> None:
    """Builds the page on which the conditions of rules are edited."""
    bank, name = work_of(visit), visit.parts["policy"]
    known = await visit.ask(_known, bank, name, SETTINGS_FILE)
    await show(visit, lambda: rules_view(known, look_of(visit, "policy", name[:128])), scripts=SCRIPTS)


async def build_thresholds(visit: Visit) -> None:
    """Builds the page on which the thresholds of a policy's score are changed."""
    bank, name = work_of(visit), visit.parts["policy"]
    known = await visit.ask(_known, bank, name, SETTINGS_FILE)
    setting = known.files.settings.thresholds
    if setting is None or not setting.chosen:
        raise InputError(
            "policy.thresholds.none",
            {"en": f"{name} has no thresholds of a score yet", "zh": f"{name} 尚无评分阈值"},
            {"en": "train its model, which chooses them: huitong train", "zh": "请先训练模型并由此确定阈值：huitong train"},
        )
    await show(visit, lambda: thresholds_view(setting.chosen, known, look_of(visit, "policy", name[:128])), scripts=SCRIPTS)


def _table_in(files: PolicyFiles, table: str) -> DmnTable:
    one = next((one for one in files.tables if one.name == table), None)
    if one is None:
        raise InputError(
            "table.unknown",
            {"en": f"there is no decision table {table!r}", "zh": f"没有决策表“{table}”"},
            {"en": "choose one on the policy's page", "zh": "请在策略页面选择"},
        )
    return one


def _files(bank: WorkPort, name: str) -> PolicyFiles:
    require_policy(bank, name)
    return bank.policy_files(name)


def _known(bank: WorkPort, name: str, file: str) -> Edited:
    require_policy(bank, name)
    # Before the content: of what somebody changes in between, the tag is too old, and an edit of it is refused.
    seen = tag_of(bank.file_of(name, file).encode())
    return Edited(name, _files(bank, name), bank.drafts.names(name), seen, bank.rollout(name).live is not None)
