"""The acts on subscriptions. Each is pure, and refuses what may not be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from huitong.contracts import Command, Event, Value, require_role
from huitong.kernel import InputError
from huitong.operations.webhooks import state as s
from huitong.operations.webhooks.sending import Reach, require_reachable

SUBSCRIPTIONS_MAX = 50
GRADE_MAX = 4
NAME_MAX, URL_MAX, GROUND_MAX = 64, 2_000, 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription that somebody wants.

    Attributes:
        name: Name for people.
        url: Where it is told.
        occurrences: Of what.
        outcome: Of decisions, only those at least as severe; ``None`` for all.
        policy: Only those of this policy; ``None`` for all.
        grade: Highest data grade that it is told, 1 to 4.
    """

    name: str
    url: str
    occurrences: Sequence[s.Occurrence]
    outcome: str | None = None
    policy: str | None = None
    grade: int = 2


def subscription_of(state: s.Webhooks, subscription: str) -> s.Subscription:
    """The subscription of that id.

    Raises:
        InputError: If there is none.
    """
    found = state.subscriptions.get(subscription)
    if found is None:
        raise InputError(
            "webhook.unknown",
            {"en": f"there is no subscription {subscription!r}", "zh": f"没有编号为 {subscription!r} 的回调订阅"},
            {"en": "`huitong webhooks list` shows them with their ids", "zh": "`huitong webhooks list` 会列出各项订阅及其编号"},
        )
    return found


def subscribe(state: s.Webhooks, command: Command, wanted: Wanted, offset: int, reach: Reach) -> list[Event]:
    """Begins to tell somebody, of what happens from an offset of the log on.

    Raises:
        InputError: If something is missing in what is wanted, or another one has the name.
        PolicyError: If whoever commands may not, or no message may go to the address.
    """
    require_role(command.by, "admin")
    _require_sound(wanted, reach)
    _require_own_name(state, wanted)
    if len(state.subscriptions) >= SUBSCRIPTIONS_MAX:
        raise InputError(
            "webhook.many",
            {"en": f"there are {SUBSCRIPTIONS_MAX} subscriptions already", "zh": f"已有 {SUBSCRIPTIONS_MAX} 项订阅"},
            {"en": "have one receiver pass things on", "zh": "请由同一接收方转发"},
        )
    return [_about(command, s.MADE, command.id, {**_settings(wanted), "offset": offset})]


def change(state: s.Webhooks, command: Command, subscription: str, wanted: Wanted, reach: Reach) -> list[Event]:
    """Gives a subscription other settings, all of them at once; it goes on where it is, with the same secret.

    Raises:
        InputError: If it has these already, or as ``subscribe``.
        PolicyError: As ``subscribe``.
    """
    require_role(command.by, "admin")
    known = subscription_of(state, subscription)
    _require_sound(wanted, reach)
    _require_own_name(state, wanted, subscription)
    has = Wanted(known.name, known.url, known.occurrences, known.outcome, known.policy, known.grade)
    in_order = [one for one in s.OCCURRENCES if one in wanted.occurrences]
    if _settings(replace(wanted, occurrences=in_order)) == _settings(has):
        raise _already({"en": f"{subscription} is set so already", "zh": f"{subscription} 的设置未变"})
    return [_about(command, s.CHANGED, subscription, _settings(wanted))]


def remove(state: s.Webhooks, command: Command, subscription: str, ground: str) -> list[Event]:
    """Ends a subscription for good, with what was set aside of it; another one to the same address has another secret."""
    require_role(command.by, "admin")
    subscription_of(state, subscription)
    return [_about(command, s.REMOVED, subscription, {"ground": (ground.strip() or "-")[:GROUND_MAX]})]


def _settings(wanted: Wanted) -> dict[str, Value]:
    data: dict[str, Value] = {
        "name": wanted.name.strip(),
        "url": wanted.url,
        "occurrences": " ".join(dict.fromkeys(wanted.occurrences)),
        "grade": wanted.grade,
    }
    return data | {name: value for name, value in (("outcome", wanted.outcome), ("policy", wanted.policy)) if value is not None}


def _require_sound(wanted: Wanted, reach: Reach) -> None:
    try:
        address = urlsplit(wanted.url)
        plain = address.scheme in ("https", "http") and bool(address.hostname) and address.username is None and address.port != 0
    except ValueError:
        plain = False
    if not plain or len(wanted.url) > URL_MAX or not wanted.url.isascii() or not wanted.url.isprintable() or " " in wanted.url:
        raise InputError(
            "webhook.url",
            {"en": f"{wanted.url[:80]!r} is no address that can be told", "zh": f"{wanted.url[:80]!r} 不是可用的回调地址"},
            {"en": "give https://HOST/PATH, without a user in it", "zh": "请给出 https://主机/路径，不得含用户名"},
        )
    require_reachable(wanted.url, reach)
    if not 0 < len(wanted.name.strip()) <= NAME_MAX:
        raise InputError(
            "webhook.what.name",
            {"en": "the system that is told has no name, or too long a one", "zh": "被通知系统的名称为空或过长"},
            {"en": f"give a name of at most {NAME_MAX} characters", "zh": f"请填写不超过 {NAME_MAX} 个字符的名称"},
        )
    if not wanted.occurrences:
        raise InputError(
            "webhook.what.occurrences",
            {"en": "nothing is chosen that it is told of", "zh": "未选择告知事项"},
            {"en": f"choose at least one of {', '.join(s.OCCURRENCES)}", "zh": f"请至少选择一项：{'、'.join(s.OCCURRENCES)}"},
        )
    if not 1 <= wanted.grade <= GRADE_MAX:
        raise InputError(
            "webhook.what.grade",
            {"en": f"grade {wanted.grade} is not 1 to {GRADE_MAX}", "zh": f"分级 {wanted.grade} 不在 1 到 {GRADE_MAX} 之间"},
            {"en": "give the highest data grade that the system may be told", "zh": "请给出可告知该系统的最高数据分级"},
        )


def _require_own_name(state: s.Webhooks, wanted: Wanted, subscription: str = "") -> None:
    """People, health and metrics tell subscriptions apart by their names."""
    name = wanted.name.strip()
    other = next((one for one in state.subscriptions.values() if one.name == name and one.id != subscription), None)
    if other is not None:
        raise InputError(
            "webhook.name.taken",
            {"en": f"another subscription is called {name} ({other.id})", "zh": f"名称“{name}”已由另一项订阅使用（{other.id}）"},
            {"en": "give it another name, or change or remove the other one", "zh": "请另取名称，或修改、删除该项订阅"},
        )


def turn(state: s.Webhooks, command: Command, subscription: str) -> list[Event]:
    """Gives a subscription another secret; for a day both sign."""
    require_role(command.by, "admin")
    known = subscription_of(state, subscription)
    return [_about(command, s.TURNED, subscription, {"generation": known.generation + 1})]


def show(state: s.Webhooks, command: Command, subscription: str) -> list[Event]:
    """Lets an administrator see the secret again, and writes that down."""
    require_role(command.by, "admin")
    return [_about(command, s.SHOWN, subscription, {"generation": subscription_of(state, subscription).generation})]


def show_again(state: s.Webhooks, command: Command, subscription: str, generation: int) -> list[Event]:
    """Lets an administrator see once more what an act gave them, and writes that down; nothing where that is the secret no more."""
    require_role(command.by, "admin")
    known = state.subscriptions.get(subscription)
    return [] if known is None or known.generation != generation else show(state, command, subscription)


def stop(state: s.Webhooks, command: Command, subscription: str, ground: str) -> list[Event]:
    """Ends telling for now; what happens meanwhile can be told later."""
    require_role(command.by, "admin", "operator", "machine")
    known = subscription_of(state, subscription)
    if known.stopped is not None and not known.given_up:
        raise _already({"en": f"{subscription} is stopped already", "zh": f"{subscription} 已停止"})
    return [_about(command, s.STOPPED, subscription, {"ground": (ground.strip() or "-")[:GROUND_MAX]})]


def give_up(state: s.Webhooks, command: Command, subscription: str, ground: str) -> list[Event]:
    """Stops whoever cannot be told any more; nothing where somebody stopped or removed it meanwhile."""
    known = state.subscriptions.get(subscription)
    return [] if known is None or known.stopped is not None else stop(state, command, subscription, ground)


def resume(state: s.Webhooks, command: Command, subscription: str, offset: int | None = None) -> list[Event]:
    """Goes on where it stopped; or from an offset of the log, from which everything is told (again)."""
    require_role(command.by, "admin", "operator")
    known = subscription_of(state, subscription)
    if known.stopped is None and offset is None:
        raise _already({"en": f"{subscription} is not stopped", "zh": f"{subscription} 并未停止"})
    return [_about(command, s.RESUMED, subscription, {"offset": known.offset if offset is None else offset})]


def again(state: s.Webhooks, command: Command, subscription: str, record: str | None = None) -> list[Event]:
    """Has a message that was set aside sent again, or all of them.

    Raises:
        InputError: If there is none such.
    """
    require_role(command.by, "admin", "operator")
    _require_aside(subscription_of(state, subscription), record)
    return [_about(command, s.AGAIN, subscription, {} if record is None else {"record": record})]


def drop(state: s.Webhooks, command: Command, subscription: str, record: str, ground: str) -> list[Event]:
    """Leaves a message that was set aside untold, for a reason.

    Raises:
        InputError: If there is none such.
    """
    require_role(command.by, "admin", "operator")
    _require_aside(subscription_of(state, subscription), record)
    return [_about(command, s.DROPPED, subscription, {"record": record, "ground": (ground.strip() or "-")[:GROUND_MAX]})]


def _require_aside(known: s.Subscription, record: str | None) -> None:
    if not any(record in (None, one.record) for one in known.aside):
        raise InputError(
            "webhook.aside.unknown",
            {"en": f"no such message of {known.id} was set aside", "zh": f"订阅 {known.id} 没有这样的搁置消息"},
            {"en": "`huitong webhooks list` shows which were", "zh": "`huitong webhooks list` 会列出搁置的消息"},
        )


def set_aside(command: Command, subscription: str, one: s.Aside, delivered: int) -> list[Event]:
    """Notes that a receiver refuses a message for good, after so many that it took, and that those behind it go on."""
    data: dict[str, Value] = {"record": one.record, "at": one.at, "status": one.status, "delivered": delivered}
    return [_about(command, s.SET_ASIDE, subscription, data)]


def taken(command: Command, subscription: str, record: str) -> list[Event]:
    """Notes that a message that was set aside was taken after all."""
    return [_about(command, s.TAKEN, subscription, {"record": record})]


def progress(command: Command, subscription: str, offset: int, delivered: int) -> list[Event]:
    """Notes how far somebody was told."""
    return [_about(command, s.PROGRESSED, subscription, {"offset": offset, "delivered": delivered})]


def trouble(command: Command, subscription: str, ground: str, remedy: str) -> list[Event]:
    """Notes that somebody cannot be told now, and what to do about it."""
    return [_about(command, s.TROUBLED, subscription, {"ground": ground[:GROUND_MAX], "remedy": remedy[:GROUND_MAX]})]


def _about(command: Command, kind: str, subscription: str, data: dict[str, Value]) -> Event:
    return Event(command.id, kind, command.now_us, {"subscription": subscription}, {**data, "by": command.by.id})


def _already(text: dict[str, str]) -> InputError:
    return InputError(
        "webhook.already",
        {"en": text["en"], "zh": text["zh"]},
        {"en": "`huitong webhooks list` shows how each stands", "zh": "`huitong webhooks list` 会列出各项订阅的状态"},
    )
