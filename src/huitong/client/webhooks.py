"""Subscriptions over a service: who is told what happens, and how each stands; see docs/webhooks.md."""

from collections.abc import Sequence

import msgspec

from huitong.client.acting import Acted, Group, Seen, part


class Aside(msgspec.Struct, frozen=True):
    """A message that the receiver refuses for good: its record, what was answered, since when, whether it is to be sent again."""

    record: str
    status: int
    since: str
    due: bool


class Webhook(msgspec.Struct, frozen=True):
    """A subscription and how it stands."""

    id: str
    name: str
    url: str
    occurrences: list[str]
    outcome: str | None
    policy: str | None
    grade: int
    made: str
    made_by: str
    delivered: int
    behind: int
    failing_since: str | None
    failing: dict[str, str] | None
    stopped_since: str | None
    stopped: dict[str, str] | None
    aside: list[Aside]


class _Webhooks(msgspec.Struct, frozen=True):
    items: list[Webhook]


class Subscribed(Acted, frozen=True):
    """An act on a secret, with which the receiver checks signatures; of a new subscription the act's id is also its own."""

    secret: str


class Webhooks(Group):
    """Subscriptions."""

    def all(self) -> list[Webhook]:
        """Who is told what happens, and how each stands."""
        return self._connection.ask("GET", "/v1/webhooks", _Webhooks, {}).items

    def one(self, subscription: str) -> Seen[Webhook]:
        """One subscription."""
        return self._one(f"/v1/webhooks/{part(subscription)}", Webhook)

    def subscribe(
        self,
        name: str,
        url: str,
        occurrences: Sequence[str],
        *,
        outcome: str | None = None,
        policy: str | None = None,
        grade: int = 2,
        key: str | None = None,
    ) -> Subscribed:
        """Has a system told what happens.

        Args:
            name: Name for people.
            url: Where it is told.
            occurrences: Of what: ``decision``, ``measure``, ``alert``, ``case``, …
            outcome: Of decisions, only those at least as severe.
            policy: Only those of this policy.
            grade: Highest data grade that it is told.
            key: Names the act.
        """
        return self._asked("/v1/webhooks", _wanted(name, url, occurrences, outcome, policy, grade), None, key, Subscribed)

    def change(
        self,
        subscription: str,
        name: str,
        url: str,
        occurrences: Sequence[str],
        *,
        outcome: str | None = None,
        policy: str | None = None,
        grade: int = 2,
        match: str | None = None,
        key: str | None = None,
    ) -> Acted:
        """Gives it other settings, all of them at once; see ``subscribe``."""
        body = _wanted(name, url, occurrences, outcome, policy, grade)
        return self._act(f"/v1/webhooks/{part(subscription)}/change", body, match, key)

    def remove(self, subscription: str, ground: str, *, match: str | None = None, key: str | None = None) -> Acted:
        """Ends it for good, with what was set aside of it."""
        return self._act(f"/v1/webhooks/{part(subscription)}/remove", {"ground": ground}, match, key)

    def stop(self, subscription: str, ground: str, *, match: str | None = None, key: str | None = None) -> Acted:
        """Tells it nothing more for now."""
        return self._act(f"/v1/webhooks/{part(subscription)}/stop", {"ground": ground}, match, key)

    def resume(
        self,
        subscription: str,
        *,
        since: str | None = None,
        after: str | None = None,
        match: str | None = None,
        key: str | None = None,
    ) -> Acted:
        """Goes on where it stopped; or tells everything again from the record ``since`` on; or goes on after the record ``after``."""
        return self._act(f"/v1/webhooks/{part(subscription)}/resume", {"since": since, "after": after}, match, key)

    def again(self, subscription: str, record: str | None = None, *, key: str | None = None) -> Acted:
        """Sends a message again that was set aside, or all of them."""
        return self._act(f"/v1/webhooks/{part(subscription)}/again", {"record": record}, None, key)

    def drop(self, subscription: str, record: str, ground: str, *, key: str | None = None) -> Acted:
        """Leaves a message untold that was set aside."""
        return self._act(f"/v1/webhooks/{part(subscription)}/drop", {"record": record, "ground": ground}, None, key)

    def turn(self, subscription: str, *, match: str | None = None, key: str | None = None) -> Subscribed:
        """Makes a new secret; for a day both sign."""
        return self._asked(f"/v1/webhooks/{part(subscription)}/turn", {}, match, key, Subscribed)

    def secret(self, subscription: str, *, match: str | None = None, key: str | None = None) -> Subscribed:
        """The secret again, which is written down."""
        return self._asked(f"/v1/webhooks/{part(subscription)}/secret", {}, match, key, Subscribed)


def _wanted(name: str, url: str, occurrences: Sequence[str], outcome: str | None, policy: str | None, grade: int) -> dict[str, object]:
    return {"name": name, "url": url, "occurrences": list(occurrences), "outcome": outcome, "policy": policy, "grade": grade}
