"""Acts on users, rights and API keys, from forms."""

from collections.abc import Mapping
from typing import cast

from huitong.console.acting import Act, Done
from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.contracts import Command, Role
from huitong.identity import PERSON_ROLES, SCOPES, Ordered
from huitong.kernel import InputError, Text


def _done(ordered: Ordered, said: Text) -> Done:
    if ordered.waits:
        waits: Text = {"en": "It waits for a second person.", "zh": "已提交，待第二人复核。"}
        return Done(waits, shown_once=ordered.shown_once)
    return Done(said, shown_once=ordered.shown_once)


def _shown(ordered: Ordered, said: Text, already: Text) -> Done:
    """What was made is shown now; of an order that was carried out before, when the page got no answer, nothing can be shown any more."""
    return _done(ordered, said) if ordered.shown_once else Done(already)


def _no_more(user: str, *, waits: bool) -> Text:
    """What is said of a one-time password that was made already."""
    if waits:
        return {
            "en": f"New password for {user}: it was asked for already, and its one-time password cannot be shown again. "
            "Take back what waits, then ask anew.",
            "zh": f"重置 {user} 的口令：此前已提交，其一次性口令无法再次显示。请先撤回待复核的申请，再重新提交。",
        }
    return {
        "en": f"This was done already, and the one-time password of {user} cannot be shown again. Make another with “New password”.",
        "zh": f"此操作此前已完成，{user} 的一次性口令无法再次显示。请用“重置口令”另行生成。",
    }


def _role(given: Given) -> Role:
    return cast("Role", given.one_of("role", PERSON_ROLES))


def _add(bank: WorkPort, command: Command, given: Given) -> Done:
    user = given.text("user")
    ordered = bank.office.add(command, user, given.text("title"))
    return _shown(ordered, {"en": f"One-time password of {user}", "zh": f"{user} 的一次性口令"}, _no_more(user, waits=False))


def _grant(bank: WorkPort, command: Command, given: Given) -> Done:
    return _done(bank.office.grant(command, given.text("user"), _role(given)), {"en": "The role is given.", "zh": "已授予角色。"})


def _revoke(bank: WorkPort, command: Command, given: Given) -> Done:
    return _done(bank.office.revoke(command, given.text("user"), _role(given)), {"en": "The role is taken.", "zh": "已收回角色。"})


def _lock(bank: WorkPort, command: Command, given: Given) -> Done:
    ground = given.text("ground")
    if not ground:
        raise InputError(
            "access.ground",
            {"en": "no reason is given", "zh": "未填写理由"},
            {"en": "say in a sentence why", "zh": "请用一句话说明"},
        )
    return _done(
        bank.office.lock(command, given.text("user"), ground), {"en": "Locked; their sessions have ended.", "zh": "已锁定，其会话已结束。"}
    )


def _unlock(bank: WorkPort, command: Command, given: Given) -> Done:
    return _done(bank.office.unlock(command, given.text("user")), {"en": "Unlocked.", "zh": "已解锁。"})


def _recover(bank: WorkPort, command: Command, given: Given) -> Done:
    user = given.text("user")
    ordered = bank.office.recover(command, user)
    already = _no_more(user, waits=ordered.waits)
    if ordered.waits and ordered.shown_once:
        said: Text = {
            "en": f"One-time password of {user}: it works once a second person confirmed",
            "zh": f"{user} 的一次性口令：第二人复核后生效",
        }
        return Done(said, shown_once=ordered.shown_once)
    return _shown(ordered, {"en": f"One-time password of {user}", "zh": f"{user} 的一次性口令"}, already)


def _confirm(bank: WorkPort, command: Command, given: Given) -> Done:
    return _done(bank.office.confirm(command, given.text("request")), {"en": "Confirmed.", "zh": "已复核同意。"})


def _decline(bank: WorkPort, command: Command, given: Given) -> Done:
    ordered = bank.office.decline(command, given.text("request"), given.text("ground"))
    return _done(ordered, {"en": "It is off the table.", "zh": "该申请已终止。"})


def _make_key(bank: WorkPort, command: Command, given: Given) -> Done:
    scopes = [scope for scope in SCOPES if scope in given.several("scopes")]
    grade = int(given.one_of("grade", ("1", "2", "3", "4")))
    ordered = bank.office.make_api_key(command, given.text("name"), scopes, grade, given.moment_us("until"))
    name = given.text("name")
    already: Text = {
        "en": f"The API key of {name} was made already and cannot be shown again. Revoke the newest key of that name and make another.",
        "zh": f"{name} 的接口密钥此前已生成，无法再次显示。请吊销该名称下最新的密钥，再另行生成。",
    }
    return _shown(ordered, {"en": f"API key of {name}", "zh": f"{name} 的接口密钥"}, already)


def _revoke_key(bank: WorkPort, command: Command, given: Given) -> Done:
    return _done(bank.office.revoke_api_key(command, given.text("key")), {"en": "The key opens nothing any more.", "zh": "密钥已吊销。"})


ACCESS_ACTS: Mapping[str, Act[WorkPort]] = {
    "access.add": _add,
    "access.grant": _grant,
    "access.revoke": _revoke,
    "access.lock": _lock,
    "access.unlock": _unlock,
    "access.recover": _recover,
    "access.confirm": _confirm,
    "access.decline": _decline,
    "access.make_key": _make_key,
    "access.revoke_key": _revoke_key,
}
