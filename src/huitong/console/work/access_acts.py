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


def _role(given: Given) -> Role:
    return cast("Role", given.one_of("role", PERSON_ROLES))


def _add(bank: WorkPort, command: Command, given: Given) -> Done:
    user = given.text("user")
    return _done(bank.office.add(command, user, given.text("title")), {"en": f"One-time password of {user}", "zh": f"{user} 的一次性口令"})


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
    if ordered.waits:
        said: Text = {
            "en": f"One-time password of {user}: it works once a second person confirmed",
            "zh": f"{user} 的一次性口令：第二人复核后生效",
        }
        return Done(said, shown_once=ordered.shown_once)
    return _done(ordered, {"en": f"One-time password of {user}", "zh": f"{user} 的一次性口令"})


def _confirm(bank: WorkPort, command: Command, given: Given) -> Done:
    return _done(bank.office.confirm(command, given.text("request")), {"en": "Confirmed.", "zh": "已复核同意。"})


def _decline(bank: WorkPort, command: Command, given: Given) -> Done:
    ordered = bank.office.decline(command, given.text("request"), given.text("ground"))
    return _done(ordered, {"en": "It is off the table.", "zh": "该申请已终止。"})


def _make_key(bank: WorkPort, command: Command, given: Given) -> Done:
    scopes = [scope for scope in SCOPES if scope in given.several("scopes")]
    grade = int(given.one_of("grade", ("1", "2", "3", "4")))
    ordered = bank.office.make_api_key(command, given.text("name"), scopes, grade, given.moment_us("until"))
    return _done(ordered, {"en": f"API key of {given.text('name')}", "zh": f"{given.text('name')} 的接口密钥"})


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
