"""Which measure spoke: a decision leads to the one that held when its payment came."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from huitong.console.views.spoken import measures_that_spoke
from huitong.console.views.story import Told, story_view
from huitong.contracts import Standing
from huitong.identity import Hidden
from huitong.identity.grades import ShownReason, Veiled
from huitong.kernel import Language
from huitong.risk.disposition import Ledger, Scope, event_of
from tests.console.test_story_view import DECISION, STORY, look
from tests.risk.disposition.build import DAY, HOUR, NOW, change, folded

HIDDEN = Hidden(4, {"en": "above your grade", "zh": "高于您的等级"})


def ledger() -> Ledger:
    """A hold that was lifted and imposed again, beside one over a single channel."""
    online = change("online", NOW, NOW + DAY, scope=Scope("online"))
    lifted = change("lifted", NOW + HOUR, NOW + HOUR, lifts=True)
    changes = (change("first", NOW, NOW + DAY), online, lifted, change("again", NOW + 2 * HOUR, NOW + DAY))
    return folded(*(event_of(one) for one in changes))


def reason(code: Veiled[str]) -> ShownReason:
    """A reason of a measure in force."""
    return ShownReason("measure", code, {"en": "held", "zh": "已暂缓"}, 1.0, Standing.ASKED)


def found(at_us: int, *codes: Veiled[str], account: Veiled[str] = "A1", channel: Veiled[str] = "online") -> Mapping[str, str]:
    """The measures that spoke for a payment of the account."""
    event = replace(STORY.event, time_us=at_us, keys={"account": account}, data={"channel": channel})
    return measures_that_spoke(replace(DECISION, reasons=tuple(reason(code) for code in codes)), event, ledger())


def test_of_several_measures_on_a_subject_it_is_the_one_that_held_then_and_of_that_scope() -> None:
    whole, narrow = "measure.hold.account", "measure.hold.account.channel"
    assert found(NOW + 1, whole, narrow) == {whole: "first", narrow: "online"}
    assert found(NOW + 3 * HOUR, whole) == {whole: "again"}
    assert found(NOW + HOUR, whole) == {}, "it was lifted"
    assert found(NOW + 1, narrow, channel="branch") == {}


def test_who_may_not_see_whom_it_is_about_is_not_told_which_one_it_was() -> None:
    assert found(NOW + 1, "measure.hold.account", account=HIDDEN) == {}
    assert found(NOW + 1, "measure.hold.account.channel", channel=HIDDEN) == {}
    assert found(NOW + 1, HIDDEN) == {}


@pytest.mark.parametrize(("language", "said"), [("en", "Open this hold"), ("zh", "查看该暂缓措施")])
def test_the_page_leads_to_that_measure_and_where_it_is_not_known_to_all_on_that_subject(language: Language, said: str) -> None:
    event = replace(STORY.event, keys={"account": "A1"})
    story = replace(STORY, decision=replace(DECISION, reasons=(reason("measure.hold.account"),)), event=event)
    known = str(story_view(Told(story, (), 9, None, measures={"measure.hold.account": "c1/1"}), look(language), {}).body)
    assert f'<a href="/measures/c1%2F1">{said}</a>' in known
    assert "/measures/of/" not in known
    assert "/measures/of/account/A1" in str(story_view(Told(story, (), 9, None), look(language), {}).body)
