"""The access log says in words what was looked at, whichever page or address it was; the address itself stands below."""

import re
from dataclasses import replace

import pytest

from huitong.console.pages import DOCUMENTS, PAGES
from huitong.console.work.look import Look
from huitong.console.work.readings import looked_at, readings_table
from huitong.contracts import Actor, DataContract, Event, FieldSpec, FieldType
from huitong.identity import Clearance
from huitong.kernel import Language, Text

CHINESE = re.compile(r"[\u4e00-\u9fff]")
IMPERSONAL = ("/log", "/system", "/policies", "/replay", "/replays", "/users", "/download/proof", "/download/keys")
"""Pages that show nobody's data."""


def look(language: Language) -> Look:
    """How an auditor looks at the log."""
    return Look(language, "Asia/Shanghai", "CNY", 0, Actor("zhao", frozenset({"auditor"})), Clearance(2))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_that_shows_personal_data_has_words(language: Language) -> None:
    routes = [*(page.route for page in PAGES), *DOCUMENTS]
    for route in (one for one in routes if not one.startswith(IMPERSONAL)):
        path = re.sub(r"\{[^}]*\}", "X1", route)
        said = looked_at(path, look(language))
        assert said is not None, path
        assert bool(CHINESE.search(str(said))) is (language == "zh"), path


@pytest.mark.parametrize(
    ("page", "en", "zh"),
    [
        ("/decisions", "search in decisions", "决策查询"),
        ("/measures/of/account/{subject}", "measures on account", "管控措施，账户"),
        ("/policies/p<1>/versions/folder", "what a version of a policy says", "策略版本内容"),
        ("/replays/act:7", "report of replay", "回放报告"),
        ("/download/proof/D1", "proof of a decision", "决策证明"),
        ("/v1/decisions/D1/proof", "proof of a decision", "决策证明"),
        ("/v1/cases/C7", "(over HTTP)", "（经 HTTP 接口）"),
        ("/ask/policy.trial", "trial of a policy", "策略修改试算"),
    ],
)
def test_an_entry_says_what_was_looked_at_and_where(page: str, en: str, zh: str) -> None:
    entry = Event("r1", "access.read", 0, {"user": "li"}, {"page": page, "count": 1, "grade": 3})
    for language, said in (("en", en), ("zh", zh)):
        table = readings_table([entry], look("zh" if language == "zh" else "en"))
        assert said in table
        assert page.replace("<", "&lt;").replace(">", "&gt;") in table
        assert "<1>" not in table


@pytest.mark.parametrize(("language", "summary"), [("zh", "7 个字段"), ("en", "7 fields")])
def test_many_fields_of_an_entry_unfold_and_few_stand_there(language: Language, summary: str) -> None:
    for number, folded in ((6, False), (7, True)):
        fields = " ".join(f"f{place}" for place in range(number))
        entry = Event("r1", "access.read", 0, {"user": "li"}, {"page": "/decisions", "fields": fields, "count": 1, "grade": 3})
        table = readings_table([entry], look(language))
        assert (f"<summary>{summary}</summary>" in table) is folded
        assert all(f"f{place}" in table for place in range(number))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_name_that_was_once_written_down_in_an_address_is_shown_to_nobody(language: Language) -> None:
    entry = Event("r1", "access.read", 0, {"user": "li"}, {"page": "/measures/of/customer/C000124", "count": 1, "grade": 3})
    table = readings_table([entry], look(language))
    assert "C000124" not in table
    assert "/measures/of/customer/{subject}" in table


def test_a_reason_that_spoke_is_named_by_nobody_s_reading_of_it() -> None:
    entry = Event("r1", "access.read", 0, {"user": "li"}, {"page": "/decisions", "fields": "amount list:known rule.huge", "grade": 3})
    table = readings_table([entry], look("en"))
    assert "rule.huge" not in table
    assert "list:known" not in table
    assert "amount, what a decision rests on" in table


def contract(kind: str, **titles: Text) -> DataContract:
    """A data contract that says what fields are called."""
    fields = tuple(FieldSpec(name, FieldType.STRING, title) for name, title in titles.items())
    return DataContract(kind, 1, {"en": kind, "zh": kind}, "CNY", None, 0, 0, fields)


@pytest.mark.parametrize(
    ("page", "said"),
    [("/decisions/{record}", "Sum, Payee"), ("/v1/decisions", "Sum, Payee"), ("/measures", "Limit, Only to")],
)
def test_fields_are_called_what_the_records_of_the_page_call_them(page: str, said: str) -> None:
    contracts = {
        "payment.requested": contract("payment.requested", amount={"en": "Sum", "zh": "金额"}, payee={"en": "Payee", "zh": "收款人"}),
        "measure.changed": contract("measure.changed", amount={"en": "Limit", "zh": "限额"}, payee={"en": "Only to", "zh": "仅限"}),
    }
    entry = Event("r1", "access.read", 0, {"user": "li"}, {"page": page, "fields": "amount payee", "count": 1, "grade": 3})
    assert f'<td data-head="Fields">{said}</td>' in readings_table([entry], replace(look("en"), contracts=contracts))


@pytest.mark.parametrize(("language", "ground"), [("zh", "依据"), ("en", "Ground")])
def test_a_ground_is_one_field_whatever_language_it_was_read_in(language: Language, ground: str) -> None:
    entry = Event("r1", "access.read", 0, {"user": "li"}, {"page": "/measures", "fields": "ground_en", "grade": 3})
    assert f">{ground}</td>" in readings_table([entry], look(language))


def test_a_decision_is_named_by_the_first_record_that_was_read() -> None:
    entry = Event("r1", "access.read", 0, {"user": "li"}, {"page": "/decisions/{record}", "records": "E-4711 E-9", "grade": 3})
    table = readings_table([entry], look("en"))
    assert "/decisions/E-4711<" in table
    assert "{record}" not in table


def test_an_address_that_nobody_knows_stands_for_itself() -> None:
    assert looked_at("/nowhere", look("en")) is None
    assert "/nowhere" in readings_table([Event("r1", "access.read", 0, {"user": "li"}, {"page": "/nowhere"})], look("en"))


@pytest.mark.parametrize(
    ("purpose", "reference", "en", "zh"),
    [
        ("alert", "queue", "work on an alert: the queue", "处理预警：预警队列"),
        ("alert", "customer:measures", "work on an alert: measures on customer", "处理预警：查看客户管控措施"),
        ("alert", "list:blocked", ">blocked</span>", "名单 "),
        ("case", "web:b79fbd0b7aa11bb3bea61bbc55cc2aa4", "web:b79fbd0b…", "案件调查："),
        ("request", "R-2026/7", "R-2026/7", "客户请求："),
    ],
)
def test_what_something_was_read_for_is_said_in_words(purpose: str, reference: str, en: str, zh: str) -> None:
    entry = Event("r1", "access.read", 0, {"user": "li"}, {"page": "/alerts", "purpose": purpose, "reference": reference})
    assert en in readings_table([entry], look("en"))
    assert zh in readings_table([entry], look("zh"))
