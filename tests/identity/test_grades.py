"""No path returns a value above the caller's grade: not a field, nor anything of a decision that derives from one."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.contracts import (
    ROLE_TITLES,
    ROLES,
    Actor,
    DataContract,
    Decision,
    Event,
    Evidence,
    ListHit,
    Measure,
    PatternEdge,
    Reason,
    RuleHit,
    SmallestChange,
)
from huitong.identity import (
    PURPOSE_KINDS,
    Clearance,
    DecisionGrades,
    FieldGrades,
    Hidden,
    Purpose,
    Reading,
    access_contracts,
    clearance_of,
    searchable,
    shown_decision,
    shown_event,
)
from huitong.kernel import InputError, Language
from tests.identity.build import World

GRADES = st.integers(1, 5)
TITLE = {"en": "x", "zh": "某"}


def contract_of(keys: dict[str, int], data: dict[str, int]) -> DataContract:
    fields: dict[str, dict[str, object]] = {
        name: {"type": "string", "title": TITLE, "grade": grade, "key": name} for name, grade in keys.items()
    }
    fields |= {name: {"type": "string", "title": TITLE, "grade": grade} for name, grade in data.items()}
    return DataContract.of_table({"kind": "made", "version": 1, "title": TITLE, "currency": "CNY", "fields": fields}, "made")


def mark(name: str) -> str:
    """A text that stands for a field's value wherever it gets to."""
    return f"«{name}»"


@st.composite
def graded_fields(draw: st.DrawFn) -> tuple[dict[str, int], dict[str, int]]:
    keys = {f"key{number}": draw(GRADES) for number in range(draw(st.integers(1, 3)))}
    return keys, {f"field{number}": draw(GRADES) for number in range(draw(st.integers(1, 6)))}


@given(graded_fields(), st.integers(1, 4))
def test_of_an_event_each_field_is_shown_up_to_the_grade_and_marked_above_it(
    fields: tuple[dict[str, int], dict[str, int]], grade: int
) -> None:
    keys, data = fields
    event = Event(
        "e", "made", 1, {name: mark(name) for name in keys}, {**{name: mark(name) for name in data}, "ungraded": mark("ungraded")}
    )
    shown = shown_event(event, contract_of(keys, data), Clearance(grade))
    written = msgspec.json.encode(shown).decode()
    for name, of in {**keys, **data, "ungraded": 5}.items():
        assert (mark(name) in written) == (of <= grade)
        value = shown.keys.get(name, shown.data.get(name))
        assert isinstance(value, Hidden) == (of > grade)
        if isinstance(value, Hidden):
            assert value.grade == of
            assert all(value.why.values())
    seen = [of for of in (*keys.values(), *data.values()) if of <= grade]
    assert shown.seen == max(seen, default=1)
    assert set(shown.personal) == {name for name, of in {**keys, **data}.items() if 3 <= of <= grade}


@st.composite
def decided(draw: st.DrawFn) -> tuple[Decision, DecisionGrades, dict[str, int]]:
    """A decision whose every part carries the marks of the fields that it comes from."""
    keys, data = draw(graded_fields())
    of_field = {**keys, **data}
    sources = {
        f"feature{number}": draw(st.lists(st.sampled_from(sorted(of_field)), min_size=1, max_size=3))
        for number in range(draw(st.integers(1, 5)))
    }
    features = {name: max(of_field[source] for source in found) for name, found in sources.items()}
    said = {name: " ".join(mark(source) for source in found) for name, found in sources.items()}
    some = st.sampled_from(sorted(features))
    rule, table, modelled, key, changed = (
        draw(some),
        draw(some),
        draw(some),
        draw(st.sampled_from(sorted(keys))),
        draw(st.sampled_from(sorted(data))),
    )
    listed, end, amount = (draw(st.sampled_from(sorted(of_field))) for _ in range(3))
    other = max(*of_field.values(), *features.values())
    everything = " ".join(mark(name) for name in of_field)
    table_name, list_name = f"table of {said[table]}", f"list of {mark(listed)}"
    reasons = (
        Reason(f"rule.{said[rule]}", {"en": said[rule], "zh": said[rule]}, 2.0, "rule"),
        Reason(f"table.{table_name}.3", {"en": said[table], "zh": said[table]}, 2.0, "rule"),
        Reason(f"model.{modelled}", {"en": said[modelled], "zh": said[modelled]}, 1.0, "model"),
        Reason(f"list.{list_name}", {"en": mark(listed), "zh": mark(listed)}, 1.0, "list"),
        Reason("never.heard.of", {"en": everything, "zh": everything}, 1.0, "combine"),
    )
    evidence = Evidence(
        features={**said, "unknown": everything},
        rules=(RuleHit(table_name, 3, said[table]), RuleHit(everything, 4, everything)),
        lists=(ListHit(list_name, mark(listed), mark(listed)), ListHit(everything, everything, everything)),
        patterns={f"cycles {mark(end)} {mark(amount)}": (PatternEdge("e0", mark(end), mark(end), 1, 777_777),)},
        contributions=dict.fromkeys(said, 0.125),
        base=-2.5,
    )
    change = SmallestChange(changed, 4.0, "approve", {"en": mark(changed), "zh": mark(changed)})
    measure = Measure("hold", key, mark(key), 2, f"rule.{said[rule]}")
    decision = Decision("d", "e", "p", "v", "review", 0.5, reasons, evidence, (measure,), "full", 1, change)
    grades = DecisionGrades(
        FieldGrades(keys, data),
        features,
        tables={table_name: features[table]},
        lists={list_name: of_field[listed]},
        reasons={f"rule.{said[rule]}": features[rule]},
        ends=of_field[end],
        amount=of_field[amount],
        other=other,
    )
    return decision, grades, {**of_field, "pattern": max(of_field[end], of_field[amount])}


@given(decided(), st.integers(1, 4))
def test_nothing_of_a_decision_carries_a_field_above_the_grade(made: tuple[Decision, DecisionGrades, dict[str, int]], grade: int) -> None:
    decision, grades, of_field = made
    shown = shown_decision(decision, grades, Clearance(grade))
    written = msgspec.json.encode(shown).decode()
    for name, of in of_field.items():
        if of > grade:
            assert mark(name) not in written
    assert ("777777" in written) == ("cycles" in written) == (of_field["pattern"] <= grade)
    assert isinstance(shown.patterns, Hidden) == (of_field["pattern"] > grade)
    for hit, reason in ((shown.rules[0].table, shown.reasons[1]), (shown.lists[0].list, shown.reasons[3])):
        assert isinstance(hit, Hidden) == isinstance(reason.code, Hidden), "what hit is graded as the reason that it gave"
    hidden_share = any(isinstance(value, Hidden) for value in shown.contributions.values())
    assert isinstance(shown.base, Hidden) == hidden_share  # else the score would give the hidden share away
    assert (shown.outcome, shown.tier, shown.id) == ("review", "full", "d")
    assert shown.seen <= grade
    assert bool(shown.personal) == (shown.seen >= 3)
    assert set(shown.personal) >= {name for name, of in grades.features.items() if 3 <= of <= grade}
    for name, value in shown.features.items():
        assert isinstance(value, Hidden) == (grades.features.get(name, grades.other) > grade)


@given(decided())
def test_who_may_see_all_sees_the_decision_as_it_is(made: tuple[Decision, DecisionGrades, dict[str, int]]) -> None:
    decision, grades, _ = made
    shown = shown_decision(decision, grades, Clearance(5))
    assert shown.features == decision.evidence.features
    assert shown.contributions == decision.evidence.contributions
    assert [reason.text for reason in shown.reasons] == [reason.text for reason in decision.reasons]
    evidence = decision.evidence
    assert msgspec.to_builtins([shown.rules, shown.lists, shown.patterns]) == msgspec.to_builtins(
        [evidence.rules, evidence.lists, evidence.patterns]
    )
    assert b"hidden" not in msgspec.json.encode(shown)


def test_nobody_searches_by_what_they_may_not_see() -> None:
    contract = contract_of({"customer": 3, "terminal": 2}, {"amount": 4, "country": 1})
    assert [searchable(contract, Clearance(grade)) for grade in (1, 2, 3)] == [
        {"country"},
        {"country", "terminal"},
        {"country", "terminal", "customer"},
    ]


def test_without_a_contract_nothing_is_shown() -> None:
    shown = shown_event(Event("e", "made", 1, {"who": "Li"}, {"what": 7}), None, Clearance(4))
    assert all(isinstance(value, Hidden) for value in (*shown.keys.values(), *shown.data.values()))


@given(st.sets(st.sampled_from(ROLES)), st.sampled_from(PURPOSE_KINDS), st.integers(1, 4))
def test_nothing_about_a_person_is_seen_without_a_purpose_and_credentials_by_nobody(roles: set[str], kind: str, key_grade: int) -> None:
    actor = Actor("x", frozenset(role for role in ROLES if role in roles))
    purpose = Purpose.parse(f"{kind}:C-1")
    without, stated = clearance_of(actor, None), clearance_of(actor, purpose)
    assert without.grade <= 2
    assert without.grade <= stated.grade <= 4
    assert clearance_of(actor, purpose, key_grade).grade == key_grade


def test_of_what_is_hidden_from_a_key_it_is_said_that_its_own_grade_decides() -> None:
    event = Event("p1", "payment.requested", 1, {"customer": "C-1"}, {})
    investigator = Actor("x", frozenset({"investigator"}))
    for purpose in (None, Purpose.parse("case:C-77")):
        why = shown_event(event, None, clearance_of(investigator, purpose, 2)).keys["customer"]
        assert isinstance(why, Hidden)
        assert why.why == {"en": "of grade 5; this key's grade is 2", "zh": "分级为 5 级；该密钥的级别为 2"}
    person = shown_event(event, None, clearance_of(investigator, None)).keys["customer"]
    assert isinstance(person, Hidden)
    assert person.why["en"] == "of grade 5; you see up to grade 2: no purpose is stated"


def test_an_investigator_sees_more_of_a_case_than_of_an_alert() -> None:
    actor = Actor("x", frozenset({"investigator"}))
    assert [clearance_of(actor, Purpose.parse(text)).grade for text in ("policy:p", "alert:A-1", "case:C-1")] == [2, 3, 4]
    assert clearance_of(Actor("x", frozenset({"admin"})), Purpose.parse("case:C-1")).grade == 1


@pytest.mark.parametrize("text", ["", "case", "case:", "case:  ", "curiosity:1", "case:" + "x" * 129])
def test_a_purpose_that_refers_to_nothing_is_none(text: str) -> None:
    with pytest.raises(InputError):
        Purpose.parse(text)


def test_no_credential_in_a_record_is_shown_to_anybody(world: World) -> None:
    admin = world.first()
    world.add(admin, "wang", "approver")
    contracts = access_contracts()
    for event in world.events():
        shown = shown_event(event, contracts[event.kind], Clearance(4))
        for name in ("password", "token", "secret", "totp", "recovery"):
            assert isinstance(shown.data.get(name), Hidden | None)


def test_who_read_what_for_which_purpose_is_one_event_a_page(world: World) -> None:
    admin = world.first()
    world.add(admin, "zhao", "investigator")
    _, cookie = world.sign_in("zhao")
    signed = world.desk.authenticate(cookie, world.now_us)
    clearance = signed.clearance(Purpose("case", "C-77"))
    contract = contract_of({"customer": 3}, {"amount": 4, "country": 1})
    shown = [
        shown_event(Event(f"e{number}", "made", 1, {"customer": "Li"}, {"amount": "9", "country": "CN"}), contract, clearance)
        for number in range(3)
    ]
    shown.append(shown_event(Event("nobody", "made", 1, {}, {"country": "CN"}), contract, clearance))  # tells nothing of anybody
    before = world.log.end()
    world.desk.note_reading(signed, Reading.of("/decisions", shown), clearance, world.now_us)
    assert world.log.end() == before + 1
    event = world.events()[-1]
    assert (event.kind, event.keys) == ("access.read", {"user": "zhao"})
    told = ("purpose", "reference", "page", "records", "fields", "count", "grade", "through")
    assert [event.data[name] for name in told] == ["case", "C-77", "/decisions", "e0 e1 e2", "amount customer", 3, 4, signed.through]


def test_what_shows_nothing_about_a_person_is_not_written_down(world: World) -> None:
    admin = world.first()
    _, cookie = world.sign_in(admin.id, "the heron stands on one leg")
    signed = world.desk.authenticate(cookie, world.now_us)
    shown = [shown_event(Event("e", "made", 1, {"customer": "Li"}), contract_of({"customer": 3}, {}), signed.clearance())]
    before = world.log.end()
    world.desk.note_reading(signed, Reading.of("/", shown), signed.clearance(), world.now_us)
    assert world.log.end() == before


def test_a_long_list_names_whole_records_and_says_how_many_there_were(world: World) -> None:
    admin = world.first()
    _, cookie = world.sign_in(admin.id, "the heron stands on one leg")
    signed = world.desk.authenticate(cookie, world.now_us)
    records = tuple(f"record-{number:06d}" for number in range(5_000))
    world.desk.note_reading(signed, Reading("/x", records, ("customer",), 3, 5_000), Clearance(3), world.now_us)
    data = world.events()[-1].data
    assert data["count"] == 5_000
    assert set(str(data["records"]).split()) < set(records)
    assert len(str(data["records"])) <= 8_192


@pytest.mark.parametrize(("page", "titles"), [("docs/access.md", "en"), ("docs/zh/access.md", "zh")])
def test_the_page_s_table_of_purposes_is_that_of_the_code(root: Path, page: str, titles: Language) -> None:
    table = (root / page).read_text("utf-8").split("| `policy` |")[1]
    rows = [line.strip("| \n").split(" | ") for line in table.splitlines()[2:8]]
    told = {name.strip(): [int(cell) for cell in cells] for names, *cells in rows for name in names.replace("、", ",").split(",")}
    for role in ROLES:
        if role != "machine":
            actor = Actor("x", frozenset({role}))
            found = [clearance_of(actor, purpose).grade for purpose in (None, *(Purpose(kind, "1") for kind in PURPOSE_KINDS))]
            title = (
                {"admin": "admin", "steward": "steward"}.get(role, ROLE_TITLES[role]["en"]) if titles == "en" else ROLE_TITLES[role]["zh"]
            )
            assert told[title] == found
