"""Acts on webhooks, from forms. A secret is shown to whoever's own act it follows from, and to nobody who only knows that act's id."""

from collections.abc import Mapping, Sequence

from huitong.console.acting import Act, Done
from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.work.look import path_to
from huitong.console.work.webhook_forms import URL_LENGTH_MAX, seen_of
from huitong.contracts import Act as BookAct
from huitong.contracts import Command, Event, require_role
from huitong.kernel import InputError, Text
from huitong.operations import webhooks as wh
from huitong.operations.webhooks import OCCURRENCES, Wanted, Webhooks

GRADES = ("1", "2", "3", "4")
_SEEN_AGAIN: Text = {
    "en": "The receiver checks signatures with it. An administrator can see it again, which is written down.",
    "zh": "接收方以此验证签名。系统管理员可再次查看，查看将被记录。",
}

_NO_LONGER: Text = {
    "en": "That was done before; since then another secret was made, or the webhook was removed.",
    "zh": "该操作此前已完成；此后密钥已更换，或该回调已删除。",
}


def _wanted(given: Given) -> Wanted:
    kinds = [kind for kind in OCCURRENCES if kind in given.several("occurrences")]
    grade = int(given.one_of("grade", GRADES))
    return Wanted(given.text("name"), given.text("url", URL_LENGTH_MAX), kinds, given.optional("outcome"), given.optional("policy"), grade)


def _add(bank: WorkPort, command: Command, given: Given) -> Done:
    wanted, end = _wanted(given), bank.webhooks.end()
    return _with_secret(
        bank,
        command,
        lambda state: wh.subscribe(state, command, wanted, end, bank.webhooks.reach),
        {"en": f"Secret of {wanted.name}", "zh": f"{wanted.name} 的密钥"},
    )


def _change(bank: WorkPort, command: Command, given: Given) -> Done:
    wanted = _wanted(given)

    def changed(state: Webhooks) -> list[Event]:
        known = wh.subscription_of(state, given.text("webhook"))
        if given.text("seen") != seen_of(known):
            raise _changed_meanwhile(known.name)
        return wh.change(state, command, known.id, wanted, bank.webhooks.reach)

    bank.webhooks.act(command, changed)
    return Done({"en": "Changed: it counts from the next message on.", "zh": "已修改，自下一条消息起生效。"})


def _changed_meanwhile(name: str) -> InputError:
    return InputError(
        "webhook.changed",
        {"en": f"somebody else changed {name} since you opened this page", "zh": f"{name} 在您打开本页之后已被他人修改"},
        {"en": "open the page anew in another tab, and bring your change over", "zh": "请在新标签页重新打开，再作修改"},
    )


def _remove(bank: WorkPort, command: Command, given: Given) -> Done:
    name, ground = given.text("name"), given.text("ground")

    def removed(state: Webhooks) -> list[Event]:
        known = wh.subscription_of(state, given.text("webhook"))
        if known.name != name:
            raise _other_name(known.name)
        return wh.remove(state, command, known.id, ground)

    bank.webhooks.act(command, removed)
    return Done({"en": f"{name} is told nothing any more.", "zh": f"已删除对 {name} 的回调。"}, path_to("webhooks"))


def _other_name(name: str) -> InputError:
    return InputError(
        "webhook.name",
        {"en": "this is not its name", "zh": "名称不符"},
        {"en": f"it is called {name}", "zh": f"其名称为 {name}"},
    )


def _stop(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.webhooks.act(command, lambda state: wh.stop(state, command, given.text("webhook"), given.text("ground")))
    return Done({"en": "Stopped. What happens meanwhile is told once it goes on.", "zh": "已停止。其间发生的事项将在恢复后告知。"})


def _resume(bank: WorkPort, command: Command, given: Given) -> Done:
    offset = _offset(bank, given)
    bank.webhooks.act(command, lambda state: wh.resume(state, command, given.text("webhook"), offset))
    return Done({"en": "It goes on.", "zh": "已恢复。"})


def _offset(bank: WorkPort, given: Given) -> int | None:
    """Where telling goes on: on the record, behind it, or where it stopped."""
    place, record = given.one_of("place", ("here", "since", "after")), given.text("record")
    if place == "here":
        return None
    return bank.webhooks.offset_of(record) + (place == "after")


def _again(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.webhooks.act(command, lambda state: wh.again(state, command, given.text("webhook"), given.optional("record")))
    return Done({"en": "It is sent again in the next round.", "zh": "将在下一轮重发。"})


def _drop(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.webhooks.act(command, lambda state: wh.drop(state, command, given.text("webhook"), given.text("record"), given.text("ground")))
    return Done({"en": "It is left untold.", "zh": "该消息不再发送。"})


def _turn(bank: WorkPort, command: Command, given: Given) -> Done:
    said: Text = {"en": "The new secret; for a day the old one signs too", "zh": "新密钥；一天之内旧密钥同时签名"}
    return _with_secret(bank, command, lambda state: wh.turn(state, command, given.text("webhook")), said)


def _show(bank: WorkPort, command: Command, given: Given) -> Done:
    return _with_secret(bank, command, lambda state: wh.show(state, command, given.text("webhook")), {"en": "Its secret", "zh": "密钥"})


def _with_secret(bank: WorkPort, command: Command, act: BookAct[Webhooks], said: Text) -> Done:
    """Carries an act out and shows the secret that it led to.

    A command that was carried out before answers with its event and asks nobody's role, and ids of events are no secrets: so its role and
    whose it was are asked here, and that its secret is shown again is written down.
    """
    require_role(command.by, "admin")
    again = True

    def first(state: Webhooks) -> Sequence[Event]:
        nonlocal again
        again = False
        return act(state)

    event = bank.webhooks.act(command, first)[0]
    if event.data.get("by") != command.by.id or event.kind not in wh.SECRET_KINDS:
        raise InputError(
            "webhook.command",
            {"en": f"{command.id} names another act", "zh": f"{command.id} 已用于另一操作"},
            {"en": "reload the page and do it again", "zh": "请刷新页面后重试"},
        )
    subscription = event.keys["subscription"]
    goto = path_to("webhooks", subscription)
    secret = bank.webhooks.secret(command.by, event, again=again)
    return Done(_NO_LONGER, path_to("webhooks")) if secret is None else Done(said, goto, secret, _SEEN_AGAIN)


WEBHOOK_ACTS: Mapping[str, Act[WorkPort]] = {
    "webhook.add": _add,
    "webhook.change": _change,
    "webhook.remove": _remove,
    "webhook.stop": _stop,
    "webhook.resume": _resume,
    "webhook.again": _again,
    "webhook.drop": _drop,
    "webhook.turn": _turn,
    "webhook.show": _show,
}
