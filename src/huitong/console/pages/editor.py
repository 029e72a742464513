"""The editor of policies: a decision table as a table, rules as FEEL."""

from huitong.console.pages.policies import require_policy
from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.editor import Edited, rules_view, table_view
from huitong.console.work.look import look_of
from huitong.console.work.showing import show, work_of
from huitong.kernel import InputError


async def build_table(visit: Visit) -> None:
    """Builds the page on which a decision table is edited."""
    bank, name, table = work_of(visit), visit.parts["policy"], visit.parts["table"]
    known = await visit.ask(_known, bank, name)
    one = next((one for one in known.files.tables if one.name == table), None)
    if one is None:
        raise InputError(
            "table.unknown",
            {"en": f"there is no decision table {table!r}", "zh": f"没有决策表“{table}”"},
            {"en": "choose one on the policy's page", "zh": "请在策略页面选择"},
        )
    show(visit, table_view(one, known, look_of(visit, "policy", name[:128])), scripts=("grid",))


async def build_rules(visit: Visit) -> None:
    """Builds the page on which the conditions of rules are edited."""
    bank, name = work_of(visit), visit.parts["policy"]
    known = await visit.ask(_known, bank, name)
    show(visit, rules_view(known, look_of(visit, "policy", name[:128])), scripts=("grid",))


def _known(bank: WorkPort, name: str) -> Edited:
    require_policy(bank, name)
    return Edited(name, bank.policy_files(name), bank.drafts.names(name), bank.rollout(name).live is not None)
