"""The pages of webhooks: how each stands in each language, what is offered to whom, and whose act is answered with a secret."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar, cast

import pytest

from huitong.console.forms import Given
from huitong.console.ports_webhooks import Waiting
from huitong.console.ports_work import WorkPort
from huitong.console.work.webhook_acts import WEBHOOK_ACTS
from huitong.console.work.webhook_forms import Choices, seen_of
from huitong.console.work.webhooks import OneWebhook, webhook_view, webhooks_view
from huitong.contracts import Act, Actor, Command, Event, Role
from huitong.kernel import InputError, Language, PolicyError
from huitong.operations.webhooks import Aside, Reach, Subscription, WebhookBook, Webhooks
from huitong.operations.webhooks.acts import give_up
from huitong.operations.webhooks.state import SENDER_ID
from tests.console.test_work_views import CHINESE, LANGUAGES, look, offered

T = TypeVar("T")
CHOICES = Choices(["approve", "review", "decline"], {"small": {"en": "Small policy", "zh": "小策略"}})
NONE_WAITS = Waiting(0, True, None)
WELL = Subscription("w-1", "core", "https://core.example/", ["decision"], "decline", "small", 2, 0, 1, "li", delivered=7)
FAILING = replace(WELL, troubled="接收方返回 500 · the receiver answered 500", troubled_us=1, remedy="请检查 · look at it")
ASIDE = replace(WELL, aside=[Aside("d-<1>", 3, 422, 5), Aside("d-2", 4, 400, 6)])
STOPPED = replace(WELL, stopped="moves", stopped_us=4, stopped_by="li")
GIVEN_UP = replace(WELL, stopped="已失败 3 天 · failing for 3 days", stopped_us=4, stopped_by=SENDER_ID)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_says_how_each_stands_in_the_readers_language(language: Language) -> None:
    found = [(one, NONE_WAITS) for one in (WELL, FAILING, ASIDE, STOPPED, GIVEN_UP)]
    view = webhooks_view(found, CHOICES, look(language, "auditor"))
    said = {
        "en": ("delivering", "not taken", "messages set aside", "stopped", "given up", "The receiver answered 500", "Look at it"),
        "zh": ("正常", "未被接收", "有消息搁置", "已停止", "已放弃", "接收方返回 500", "请检查"),
    }[language]
    assert [one for one in said if one not in view.body] == []
    assert bool(CHINESE.search(view.body + str(view.answer))) is (language == "zh")
    assert "/webhooks/w-1" in view.body
    assert offered(view) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_that_was_told_nothing_yet_is_not_said_to_take_it(language: Language) -> None:
    new = replace(WELL, delivered=0)
    view = webhooks_view([(new, NONE_WAITS)], CHOICES, look(language, "admin"))
    untold, well = {"en": ("nothing told yet", "delivering"), "zh": ("尚未发送", "正常")}[language]
    assert untold in view.body
    assert well not in view.body + str(view.answer)
    assert {"en": "1 has been told nothing yet", "zh": "1 个尚未发送"}[language] in str(view.answer)
    one = webhook_view(OneWebhook(new, NONE_WAITS), CHOICES, look(language, "admin"))
    assert {"en": "Nothing has happened yet", "zh": "尚无需告知的事项"}[language] in str(one.answer)


@pytest.mark.parametrize(
    ("language", "whole", "least", "none"),
    [
        ("en", "200 messages wait.", "200 or more messages wait.", "It is behind"),
        ("zh", "待告知 200 条。", "待告知 200 条以上。", "告知落后"),
    ],
)
def test_the_headline_counts_what_waits_as_the_figures_do(language: Language, whole: str, least: str, none: str) -> None:
    for waiting, said in ((Waiting(200, True, 0), whole), (Waiting(200, False, 0), least), (Waiting(0, False, None), none)):
        view = webhook_view(OneWebhook(WELL, waiting), CHOICES, look(language, "admin"))
        assert str(view.answer).startswith(said)


def test_what_waits_is_counted_as_far_as_somebody_looked_and_the_oldest_has_its_age() -> None:
    view = webhooks_view([(WELL, Waiting(200, False, 0))], CHOICES, look("en", "admin"))
    assert "200 or more" in view.body
    assert "2 h 0 min ago" in view.body
    just = look("en", "admin").now_us - 1
    assert "less than a minute ago" in webhooks_view([(WELL, Waiting(1, True, just))], CHOICES, look("en", "admin")).body
    assert offered(view) == ["webhook.add"]


def test_nothing_is_a_designed_state() -> None:
    view = webhooks_view([], CHOICES, look("en", "operator"))
    assert "An administrator makes one" in view.body
    assert offered(view) == []


@pytest.mark.parametrize(
    ("role", "offers"),
    [
        ("admin", {"stop", "resume", "change", "turn", "show", "remove", "again", "drop"}),
        ("operator", {"stop", "resume", "again", "drop"}),
        ("auditor", set[str]()),
    ],
)
def test_each_is_offered_what_the_book_lets_them_do(role: Role, offers: set[str]) -> None:
    view = webhook_view(OneWebhook(ASIDE, NONE_WAITS), CHOICES, look("en", role))
    assert set(offered(view)) == {f"webhook.{one}" for one in offers}
    assert "d-&lt;1&gt;" in view.body, "text of others stays text"


def test_one_that_is_stopped_goes_on_first_and_a_decision_that_was_set_aside_is_a_door() -> None:
    assert offered(webhook_view(OneWebhook(STOPPED, NONE_WAITS), CHOICES, look("en", "operator"))) == ["webhook.resume"]
    view = webhook_view(OneWebhook(ASIDE, NONE_WAITS, frozenset({"d-2"})), CHOICES, look("en", "auditor"))
    assert 'href="/decisions/d-2"' in view.body
    assert view.body.count('href="/decisions/') == 1


def test_what_a_webhook_was_narrowed_to_can_be_chosen_away() -> None:
    view = webhook_view(OneWebhook(WELL, NONE_WAITS), CHOICES, look("en", "admin"))
    (form,) = (one for one in view.forms if one.act == "webhook.change")
    narrowed = {one.name: one for one in form.fields if one.name in ("outcome", "policy")}
    assert [(one.initial, one.options[0][0]) for one in narrowed.values()] == [("decline", ""), ("small", "")]


class Kept:
    """Subscriptions in memory, with what the book's keeper does for a command that comes again."""

    def __init__(self) -> None:
        self.book, self.state, self.written = WebhookBook(), Webhooks(), dict[str, Event]()
        self.given = list[tuple[str, bool]]()
        self.webhooks = self

    def act(self, command: Command, act: Act[Webhooks]) -> Sequence[Event]:
        if command.id in self.written:
            return (self.written[command.id],)
        events = act(self.state)
        for event in events:
            self.written[event.id] = event
            self.book.enter(self.state, event)
        return events

    reach = Reach()

    def ask(self, question: Callable[[Webhooks], T]) -> T:
        return question(self.state)

    def end(self) -> int:
        return 9

    def offset_of(self, record_id: str) -> int:
        return int(record_id)

    def secret(self, by: Actor, event: Event, *, again: bool) -> str | None:
        subscription = event.keys["subscription"]
        if subscription not in self.state.subscriptions:
            return None
        self.given.append((by.id, again))
        return f"whsec_{subscription}"


def done(kept: Kept, act: str, given: Mapping[str, str], who: tuple[str, Role] = ("li", "admin"), id_: str = "") -> tuple[str, str]:
    """What an act said, and the secret that it showed."""
    command = Command(id_ or f"c-{len(kept.written)}", Actor(who[0], frozenset({who[1]})), 10)
    said = WEBHOOK_ACTS[act](cast("WorkPort", kept), command, Given({name: (value,) for name, value in given.items()}, "UTC", "CNY"))
    return said.said["en"], said.shown_once


MADE = {"name": "core", "url": "https://core.example/", "occurrences": "decision", "grade": "2"}


def test_a_secret_is_shown_to_whose_act_it_was_and_to_nobody_who_knows_its_id() -> None:
    kept = Kept()
    assert done(kept, "webhook.add", MADE, id_="w") == ("Secret of core", "whsec_w")
    assert done(kept, "webhook.add", MADE, id_="w") == ("Secret of core", "whsec_w"), "the same form, sent twice"
    assert kept.given == [("li", False), ("li", True)]
    with pytest.raises(PolicyError):
        done(kept, "webhook.add", MADE, ("wang", "analyst"), "w")
    with pytest.raises(PolicyError):
        done(kept, "webhook.show", {"webhook": "w"}, ("wang", "operator"))
    with pytest.raises(InputError) as other:
        done(kept, "webhook.add", MADE, ("zhao", "admin"), "w")
    assert other.value.code == "webhook.command"


def test_one_is_changed_stopped_told_from_elsewhere_and_removed_by_its_name() -> None:
    kept = Kept()
    done(kept, "webhook.add", MADE, id_="w")
    known = kept.state.subscriptions["w"]
    wanted = MADE | {"webhook": "w", "url": "https://other.example/", "outcome": "decline"}
    opened = seen_of(known)
    done(kept, "webhook.change", wanted | {"seen": opened})
    known = kept.state.subscriptions["w"]
    assert (known.url, known.outcome, known.offset) == ("https://other.example/", "decline", 9)
    with pytest.raises(InputError) as same:
        done(kept, "webhook.change", wanted | {"seen": seen_of(known)})
    assert same.value.code == "webhook.already"
    with pytest.raises(InputError, match="somebody else changed core") as late:
        done(kept, "webhook.change", wanted | {"seen": opened, "outcome": "review"})
    assert late.value.code == "webhook.changed"
    assert known.outcome == "decline"
    done(kept, "webhook.stop", {"webhook": "w", "ground": "moves"})
    done(kept, "webhook.resume", {"webhook": "w", "place": "after", "record": "3"})
    assert (known.offset, known.stopped) == (4, None)
    with pytest.raises(InputError) as name:
        done(kept, "webhook.remove", {"webhook": "w", "name": "cor", "ground": "gone"})
    assert name.value.code == "webhook.name"
    with pytest.raises(PolicyError):
        done(kept, "webhook.remove", {"webhook": "w", "name": "core", "ground": "gone"}, ("wang", "operator"))
    done(kept, "webhook.remove", {"webhook": "w", "name": "core", "ground": "gone"})
    assert kept.state.subscriptions == {}
    said, shown = done(kept, "webhook.add", MADE, id_="w")
    assert ("was done before" in said, shown) == (True, "")
    with pytest.raises(InputError) as unknown:
        done(kept, "webhook.stop", {"webhook": "w", "ground": "moves"})
    assert unknown.value.code == "webhook.unknown"


def test_who_is_removed_or_stopped_in_a_round_is_not_given_up_besides() -> None:
    kept = Kept()
    done(kept, "webhook.add", MADE, id_="w")
    sender = Command("s", Actor(SENDER_ID, frozenset({"machine"}), person=False), 11)
    done(kept, "webhook.stop", {"webhook": "w", "ground": "moves"})
    assert give_up(kept.state, sender, "w", "fails") == []
    done(kept, "webhook.remove", {"webhook": "w", "name": "core", "ground": "gone"})
    assert give_up(kept.state, sender, "w", "fails") == []
