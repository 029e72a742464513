"""Webhooks: who is told what happens, how each stands, and the acts on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from huitong.api.callers import allowed
from huitong.api.work.acts import ActRoute, Carried, NoBody, Told
from huitong.api.work.port import WorkService
from huitong.api.work.reading import TAGGED, answer, tagged
from huitong.api.work.showing import moment
from huitong.contracts import Command, Role
from huitong.kernel import Text, time_text
from huitong.operations import webhooks as wh
from huitong.operations.webhooks import Occurrence, Subscription, Wanted, Webhooks

ROLES: tuple[Role, ...] = ("admin", "operator", "auditor")
MANAGED_BY: tuple[Role, ...] = ("admin",)
WATCHED_BY: tuple[Role, ...] = ("admin", "operator")
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Id = Annotated[str, Path(max_length=128)]
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000, pattern=r"\S")]


@dataclass(frozen=True, slots=True)
class AsideItem:
    """A message that the receiver refuses for good.

    Attributes:
        record: Its id: that of its record.
        status: What the receiver answered.
        since: Since when it is set aside.
        due: Whether it is to be sent again.
    """

    record: str
    status: int
    since: str
    due: bool


@dataclass(frozen=True, slots=True)
class WebhookItem:
    """A subscription and how it stands.

    Attributes:
        id: Its id.
        name: Name for people.
        url: Where it is told.
        occurrences: Of what.
        outcome: Of decisions, only those at least as severe.
        policy: Only those of this policy.
        grade: Highest data grade that it is told.
        made: Since when.
        made_by: By whom.
        delivered: How many messages it took.
        behind: Records of the log after the last one that is known to be told.
        failing_since: Since when no try succeeds; ``null`` where the last one did.
        failing: Why, in each language.
        stopped_since: Since when nothing is told; ``null`` where it is.
        stopped: Why, in each language; what a person wrote is the same in both.
        aside: Messages that were set aside, oldest first.
    """

    id: str
    name: str
    url: str
    occurrences: list[Occurrence]
    outcome: str | None
    policy: str | None
    grade: int
    made: str
    made_by: str
    delivered: int
    behind: int
    failing_since: str | None
    failing: Text | None
    stopped_since: str | None
    stopped: Text | None
    aside: list[AsideItem]


@dataclass(frozen=True, slots=True)
class WebhookItems:
    """All subscriptions."""

    items: list[WebhookItem]


@dataclass(frozen=True, slots=True)
class ActedWithSecret:
    """What an act led to, and the secret with which the subscription is signed.

    Attributes:
        id: Id of the act's event; of a new subscription also its own.
        kind: Kind of that event.
        secret: ``whsec_…``: what the receiver checks signatures with; ``null`` where the act was carried out before, and another secret
            was made since, or the subscription removed.
    """

    id: str
    kind: str
    secret: str | None


class Subscribe(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A subscription; see docs/webhooks.md."""

    name: Name
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    occurrences: Annotated[list[Occurrence], msgspec.Meta(min_length=1, max_length=8)]
    outcome: Name | None = None
    policy: Name | None = None
    grade: Annotated[int, msgspec.Meta(ge=1, le=4)] = 2


class Change(Subscribe, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """What a subscription is to be from now on, all of it."""


class Ground(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why."""

    ground: Why


class Resume(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """From which record on everything is told again, or after which one it goes on; by default where it stopped."""

    since: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None
    after: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None


class Again(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """Which message that was set aside; all of them by default."""

    record: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None


class Drop(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which message that was set aside, and why it is left untold."""

    record: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    ground: Why


def item_of(one: Subscription, end: int) -> WebhookItem:
    """A subscription for whoever watches it."""
    return WebhookItem(
        one.id,
        one.name,
        one.url,
        list(one.occurrences),
        one.outcome,
        one.policy,
        one.grade,
        time_text(one.made_us),
        one.made_by,
        one.delivered,
        max(end - one.offset, 0),
        moment(one.troubled_us) if one.troubled is not None else None,
        one.why_troubled,
        moment(one.stopped_us) if one.stopped is not None else None,
        one.why_stopped,
        [AsideItem(found.record, found.status, time_text(found.since_us), found.due) for found in one.aside],
    )


def add_webhooks(router: APIRouter, service: WorkService) -> None:
    """Adds the look-ups of subscriptions."""

    @router.get("/webhooks", response_model=WebhookItems, tags=["webhooks"], operation_id="webhooks")
    def all_webhooks(request: Request) -> Response:
        """Who is told what happens, and how each stands."""
        allowed(request, ["metrics"], ROLES)
        end = service.log_end()
        return answer(service.ask_webhooks(lambda state: WebhookItems([item_of(one, end) for one in state.subscriptions.values()])))

    @router.get("/webhooks/{subscription_id:path}", response_model=WebhookItem, tags=["webhooks"], operation_id="webhook", responses=TAGGED)
    def webhook(request: Request, subscription_id: Id) -> Response:
        """One of them."""
        allowed(request, ["metrics"], ROLES)
        end = service.log_end()

        def asked(state: Webhooks) -> tuple[WebhookItem, str]:
            known = wh.subscription_of(state, subscription_id)
            return item_of(known, end), tagged(_terms(known), str)[1]

        return answer(*service.ask_webhooks(asked))


def _terms(one: Subscription) -> list[object]:
    """What people edit of a subscription; how far it was told is nobody's edit."""
    settings = [one.name, one.url, list(one.occurrences), one.outcome, one.policy, one.grade]
    return [one.id, one.generation, one.stopped, settings]


def _seen(place: Mapping[str, str]) -> Callable[[Webhooks], list[object] | None]:
    def seen(state: Webhooks) -> list[object] | None:
        known = state.subscriptions.get(place["subscription_id"])
        return None if known is None else _terms(known)

    return seen


def _subscribe(service: WorkService, command: Command, _place: Mapping[str, str], body: Subscribe) -> None:
    wanted, offset = _wanted(body), service.log_end()
    service.act_on_webhooks(command, lambda state: wh.subscribe(state, command, wanted, offset, service.webhook_reach))


def _wanted(body: Subscribe) -> Wanted:
    return Wanted(body.name, body.url, body.occurrences, body.outcome, body.policy, body.grade)


def _subscribed(_service: WorkService, _place: Mapping[str, str], body: Subscribe) -> Told:
    return {
        "name": body.name,
        "url": body.url,
        "occurrences": " ".join(dict.fromkeys(body.occurrences)),
        "grade": body.grade,
        "outcome": body.outcome,
        "policy": body.policy,
    }


def _resume(service: WorkService, command: Command, place: Mapping[str, str], body: Resume) -> None:
    offset = _offset(service, body)
    service.act_on_webhooks(command, lambda state: wh.resume(state, command, place["subscription_id"], offset))


def _offset(service: WorkService, body: Resume) -> int | None:
    if body.after is not None:
        return service.offset_of(body.after) + 1
    return None if body.since is None else service.offset_of(body.since)


def _resumed(service: WorkService, place: Mapping[str, str], body: Resume) -> Told:
    offset = _offset(service, body)
    return {"subscription": place["subscription_id"]} | ({} if offset is None else {"offset": offset})


def _with_secret(service: WorkService, done: Carried) -> ActedWithSecret:
    return ActedWithSecret(done.event.id, done.event.kind, service.webhook_secret(done.command.by, done.event, again=done.before))


def _same(_service: WorkService, place: Mapping[str, str], _body: object) -> Told:
    return {"subscription": place["subscription_id"]}


WEBHOOK_ACTS: Sequence[ActRoute[Any]] = (
    ActRoute(
        "/webhooks",
        "subscribe_webhook",
        "webhooks",
        "Have a system told what happens; the answer holds the secret of its signatures",
        "metrics",
        MANAGED_BY,
        Subscribe,
        Subscribe("core banking", "https://core.bank.example/huitong", ["decision", "measure"], "decline", grade=3),
        _subscribe,
        _subscribed,
        gives=_with_secret,
        given=ActedWithSecret,
    ),
    ActRoute(
        "/webhooks/{subscription_id:path}/change",
        "change_webhook",
        "webhooks",
        "Give it other settings, all of them at once; it goes on where it is, with the same secret",
        "metrics",
        MANAGED_BY,
        Change,
        Change("core banking", "https://core.bank.example/huitong", ["decision", "measure", "case"], "decline", grade=3),
        lambda s, c, p, b: s.act_on_webhooks(c, lambda state: wh.change(state, c, p["subscription_id"], _wanted(b), s.webhook_reach)),
        lambda s, p, b: {"subscription": p["subscription_id"], **_subscribed(s, p, b)},
        _seen,
    ),
    ActRoute(
        "/webhooks/{subscription_id:path}/remove",
        "remove_webhook",
        "webhooks",
        "End it for good, with what was set aside of it",
        "metrics",
        MANAGED_BY,
        Ground,
        Ground("the receiver is gone"),
        lambda s, c, p, b: s.act_on_webhooks(c, lambda state: wh.remove(state, c, p["subscription_id"], b.ground)),
        lambda _s, p, b: {"subscription": p["subscription_id"], "ground": b.ground},
        _seen,
    ),
    ActRoute(
        "/webhooks/{subscription_id:path}/stop",
        "stop_webhook",
        "webhooks",
        "Tell it nothing more for now",
        "metrics",
        WATCHED_BY,
        Ground,
        Ground("the receiver moves"),
        lambda s, c, p, b: s.act_on_webhooks(c, lambda state: wh.stop(state, c, p["subscription_id"], b.ground)),
        lambda _s, p, b: {"subscription": p["subscription_id"], "ground": b.ground},
        _seen,
    ),
    ActRoute(
        "/webhooks/{subscription_id:path}/resume",
        "resume_webhook",
        "webhooks",
        "Go on where it stopped; or tell it everything again from a record on; or go on after one that it does not take",
        "metrics",
        WATCHED_BY,
        Resume,
        Resume(after="P-1"),
        _resume,
        _resumed,
        _seen,
    ),
    ActRoute(
        "/webhooks/{subscription_id:path}/again",
        "send_webhook_again",
        "webhooks",
        "Send a message again that the receiver refused and that was set aside, or all of them",
        "metrics",
        WATCHED_BY,
        Again,
        Again("9b1c7a0e4d52f836"),
        lambda s, c, p, b: s.act_on_webhooks(c, lambda state: wh.again(state, c, p["subscription_id"], b.record)),
        lambda _s, p, b: {"subscription": p["subscription_id"], "record": b.record},
        _seen,
    ),
    ActRoute(
        "/webhooks/{subscription_id:path}/drop",
        "drop_webhook_message",
        "webhooks",
        "Leave a message untold that was set aside",
        "metrics",
        WATCHED_BY,
        Drop,
        Drop("9b1c7a0e4d52f836", "the receiver knows of it from elsewhere"),
        lambda s, c, p, b: s.act_on_webhooks(c, lambda state: wh.drop(state, c, p["subscription_id"], b.record, b.ground)),
        lambda _s, p, b: {"subscription": p["subscription_id"], "record": b.record, "ground": b.ground},
        _seen,
    ),
    ActRoute(
        "/webhooks/{subscription_id:path}/turn",
        "turn_webhook_secret",
        "webhooks",
        "Make a new secret; for a day both sign",
        "metrics",
        MANAGED_BY,
        NoBody,
        NoBody(),
        lambda s, c, p, _b: s.act_on_webhooks(c, lambda state: wh.turn(state, c, p["subscription_id"])),
        _same,
        _seen,
        gives=_with_secret,
        given=ActedWithSecret,
    ),
    ActRoute(
        "/webhooks/{subscription_id:path}/secret",
        "show_webhook_secret",
        "webhooks",
        "See the secret again, which is written down",
        "metrics",
        MANAGED_BY,
        NoBody,
        NoBody(),
        lambda s, c, p, _b: s.act_on_webhooks(c, lambda state: wh.show(state, c, p["subscription_id"])),
        _same,
        _seen,
        gives=_with_secret,
        given=ActedWithSecret,
    ),
)
"""Every act on subscriptions."""
