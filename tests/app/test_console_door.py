"""The console's door: who comes in, who is sent to sign in, and what a form from elsewhere comes to."""

import base64
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from huitong.app import Bank
from huitong.app.consoling import ConsoleBank
from huitong.app.demo_users import DEMO_PASSWORD, make_demo_users
from huitong.app.people import People
from huitong.app.serving import BankService
from huitong.console.acting import VISIT, Done, act_route, bound
from huitong.console.door import RENEWED_PATH, Door
from huitong.console.forms import Given
from huitong.console.pages import DOCUMENTS, PAGES
from huitong.console.pages.log import LOG_ACTS
from huitong.console.work.acts import ACTS, ASKS
from huitong.contracts import Actor, Command, Event
from huitong.identity import SCOPES
from huitong.identity import Scope as KeyScope
from huitong.identity.totp import code_at, step_of
from tests.app.asgi import Asked, ask
from tests.app.small_world import clock
from tests.app.test_access_over_http import key
from tests.identity import test_openid_tokens as openid

HOST = "bank.example"


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    """A page that says who looks at it."""
    visit = Request(scope).scope[VISIT]
    said = f"{visit.signed.actor.id} {visit.language} {visit.clearance.grade}"
    await PlainTextResponse(said)(scope, receive, send)


@pytest.fixture(scope="module")
def staffed(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bank with the users of the demonstration, whose passwords take a while to hash; copied for each test."""
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("staffed") / "bank")
    with Bank(root, clock=clock(), threads=2) as bank:
        make_demo_users(bank)
    return root


@pytest.fixture
def root(staffed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(staffed, tmp_path / "bank")


@pytest.fixture
def door(bank: Bank) -> Door:
    return Door(ConsoleBank(bank, BankService(bank, "small")), inside)


def signed_in(door: Door, user: str = "wang.fang") -> str:
    form = urlencode({"user": user, "password": DEMO_PASSWORD, "code": ""})
    answer = ask(door, "POST", "/sign-in", body=form.encode(), host=HOST)
    assert answer.status == 303, answer.text
    return answer.headers["set-cookie"].partition(";")[0]


def test_whoever_is_not_in_is_sent_to_sign_in_and_back_to_the_page_they_wanted(door: Door) -> None:
    answer = ask(door, "GET", "/decisions", query="outcome=held", host=HOST)
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in?to=%2Fdecisions%3Foutcome%3Dheld")
    form = urlencode({"user": "wang.fang", "password": DEMO_PASSWORD, "code": ""})
    back = ask(door, "POST", "/sign-in", query="to=%2Fdecisions%3Foutcome%3Dheld", body=form.encode(), host=HOST)
    assert back.headers["location"] == "/decisions?outcome=held"


@pytest.mark.parametrize(("kept", "to"), [(True, "/decisions?outcome=held"), (False, "/")])
def test_a_sign_in_that_is_cancelled_at_the_provider_is_begun_again_for_the_page_first_wanted(
    door: Door, monkeypatch: pytest.MonkeyPatch, kept: bool, to: str
) -> None:
    monkeypatch.setattr(People, "provider", openid.provider(openid.DOCUMENT, openid.GOOD))
    wanted = quote("/decisions?outcome=held", safe="")
    away = ask(door, "GET", "/openid/start", query=f"to={wanted}", host=HOST)
    cookie = {"cookie": away.headers["set-cookie"].partition(";")[0]} if kept else {}
    back = ask(door, "GET", "/openid/back", query=f"error=access_denied&state={openid.STATE}", host=HOST, headers=cookie)
    assert (back.status, "access_denied" in back.text) == (403 if kept else 401, kept)
    after = "" if to == "/" else f"?to={quote(to, safe='')}"
    assert f'href="/openid/start{after}"' in back.text
    assert f'action="/sign-in{after}"' in back.text


@pytest.mark.parametrize("to", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"])
def test_signing_in_leads_to_no_other_site(door: Door, to: str) -> None:
    form = urlencode({"user": "wang.fang", "password": DEMO_PASSWORD, "code": ""})
    answer = ask(door, "POST", "/sign-in", query=urlencode({"to": to}), body=form.encode(), host=HOST)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(("accepted", "cause"), [("zh-CN", "用户名、口令或动态口令有误"), ("en", "user, password or code is wrong")])
def test_a_wrong_password_is_said_in_the_readers_language(door: Door, accepted: str, cause: str) -> None:
    form = urlencode({"user": "<b>", "password": "not the password at all"})
    answer = ask(door, "POST", "/sign-in", body=form.encode(), host=HOST, headers={"accept-language": accepted})
    assert answer.status == 401
    assert cause in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (urlencode({"user": "wang.fang", "password": "x" * 17_000}), "application/x-www-form-urlencoded"),
        ('{"user": "wang.fang"}', "application/json"),
        ("--x--", "multipart/form-data; boundary=x"),
    ],
)
def test_a_form_that_cannot_be_read_is_no_wrong_password(door: Door, body: str, form: str) -> None:
    for _ in range(12):
        answer = ask(door, "POST", "/sign-in", body=body.encode(), host=HOST, headers={"content-type": form, "accept-language": "en"})
        assert answer.status == 400
        assert "nothing was done" in answer.text
    assert signed_in(door), "none of them counts against the address"


@pytest.mark.parametrize("path", ["/sign-in", "/", "/account"])
def test_other_methods_are_refused_to_anybody(door: Door, path: str) -> None:
    for method in ("PUT", "DELETE"):
        answer = ask(door, method, path, host=HOST)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("path", ["/", "/v1/policies", "/nowhere", "/console/x"])
def test_a_websocket_anywhere_but_at_the_pages_own_address_is_closed(door: Door, path: str) -> None:
    assert ask(door, "WEBSOCKET", path, host=HOST).closed == 1008


def test_who_is_in_comes_in_with_language_and_purpose(door: Door) -> None:
    cookie = signed_in(door)
    plain = ask(door, "GET", "/", host=HOST, headers={"cookie": f"{cookie}; huitong_language=en"})
    assert plain.text == "wang.fang en 2"
    stated = ask(door, "GET", "/decisions", query="q=x&purpose=case&reference=C+7", host=HOST, headers={"cookie": cookie})
    assert (stated.status, stated.headers["location"]) == (303, "/decisions?q=x")
    purpose = stated.headers["set-cookie"].partition(";")[0]
    assert ask(door, "GET", "/", host=HOST, headers={"cookie": f"{cookie}; {purpose}"}).text == "wang.fang zh 4"
    other = signed_in(door, "zhao.min")
    assert ask(door, "GET", "/", host=HOST, headers={"cookie": f"{other}; {purpose}"}).text == "zhao.min zh 2", "who comes next stated none"
    ended = ask(door, "GET", "/", query="purpose=none", host=HOST, headers={"cookie": f"{cookie}; {purpose}"})
    assert 'huitong_purpose=""' in ended.headers["set-cookie"]


def test_a_name_of_odd_signs_in_an_address_stays_that_name(door: Door) -> None:
    cookie = signed_in(door)
    for name, written in (("T#1", "T%231"), ("a%41", "a%2541"), ("x?y", "x%3Fy"), ("名", "%E5%90%8D")):
        path = f"/measures/of/terminal/{name}"
        answer = ask(door, "GET", path, query="purpose=case&reference=C-7", host=HOST, headers={"cookie": cookie})
        assert answer.headers["location"] == f"/measures/of/terminal/{written}"


def test_who_signed_in_again_gets_the_token_of_the_new_session_and_nobody_else_does(door: Door) -> None:
    cookie = signed_in(door)
    renewed = ask(door, "GET", RENEWED_PATH, host=HOST, headers={"cookie": cookie})
    assert (renewed.status, renewed.headers["cache-control"], "wang.fang" in renewed.text) == (200, "no-store", True)
    assert ask(door, "GET", RENEWED_PATH, host=HOST).status == 303, "to sign in"
    act = ask(door, "POST", "/act/alert.close", body=b"{}", host=HOST, headers={"sec-fetch-site": "same-origin"})
    assert "what you typed is still here" in act.text or "已填写的内容仍在" in act.text


@pytest.mark.parametrize("path", ["//elsewhere.example/sign-in", "/\\elsewhere.example/", "///elsewhere.example"])
def test_a_purpose_leads_to_no_other_site(door: Door, path: str) -> None:
    answer = ask(door, "GET", path, query="purpose=case&reference=C-7", host=HOST, headers={"cookie": signed_in(door)})
    assert answer.status == 303
    assert not answer.headers["location"].startswith(("//", "/\\", "http"))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_of_another_site_states_no_purpose_for_who_follows_it(door: Door, site: str) -> None:
    cookie = signed_in(door)
    query = "q=x&purpose=case&reference=evil"
    foreign = ask(door, "GET", "/decisions", query=query, host=HOST, headers={"cookie": cookie, "sec-fetch-site": site})
    assert (foreign.status, foreign.headers["location"]) == (303, "/decisions?q=x"), "the page itself opens"
    assert "set-cookie" not in foreign.headers
    kept = ask(door, "GET", "/", query="purpose=none", host=HOST, headers={"cookie": cookie, "sec-fetch-site": site})
    assert "set-cookie" not in kept.headers, "nor does it end one"
    to = urlencode({"to": "/decisions?q=x&purpose=case&reference=evil"})
    form = urlencode({"user": "wang.fang", "password": DEMO_PASSWORD, "code": ""}).encode()
    assert ask(door, "POST", "/sign-in", query=to, body=form, host=HOST).headers["location"] == "/decisions?q=x", "nor by signing in first"
    for own in ("same-origin", "none"):  # a form of the page, and an address that the reader typed or kept
        stated = ask(door, "GET", "/decisions", query=query, host=HOST, headers={"cookie": cookie, "sec-fetch-site": own})
        assert "huitong_purpose" in stated.headers["set-cookie"]


def test_a_form_of_another_site_does_nothing(door: Door) -> None:
    cookie = signed_in(door)
    form = urlencode({"user": "wang.fang", "password": DEMO_PASSWORD, "code": ""}).encode()
    elsewhere = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    assert ask(door, "POST", "/sign-in", body=form, host=HOST, headers=elsewhere).status == 403
    assert ask(door, "POST", "/sign-out", host=HOST, headers={"cookie": cookie}).status == 403  # without the page's token
    assert ask(door, "GET", "/", host=HOST, headers={"cookie": cookie}).status == 200


def test_a_sign_in_that_fails_says_so_as_the_service_does_and_one_too_many_when_to_come_again(door: Door) -> None:
    form = urlencode({"user": "nobody", "password": "wrong", "code": ""}).encode()
    answer = ask(door, "POST", "/sign-in", body=form, host=HOST)
    assert (answer.status, "retry-after" in answer.headers) == (401, False)
    assert 'action="/sign-in"' in answer.text
    answers = [ask(door, "POST", "/sign-in", body=form, host=HOST) for _ in range(40)]
    last = answers[-1]
    assert {one.status for one in answers} == {401, 429}
    assert (last.status, int(last.headers["retry-after"]) > 0) == (429, True)
    assert 'action="/sign-in"' in last.text, "with what was refused on the page, as before"
    assert "过于频繁" in last.text or "too many attempts" in last.text


def test_behind_tls_cookies_are_bound_to_the_host_and_pages_are_known_by_the_address(root: Path) -> None:
    settings = '[access]\naddress = "https://huitong.bank.example"\ntrusted_proxies = ["192.0.2.0/24"]\n'
    (root / "bank.toml").write_text(settings, "utf-8")
    form = urlencode({"user": "wang.fang", "password": DEMO_PASSWORD, "code": ""}).encode()
    own, proxied = {"origin": "https://huitong.bank.example"}, {"x-forwarded-for": "198.51.100.4, 203.0.113.9"}
    with Bank(root, clock=clock(), threads=2) as bank:
        door = Door(ConsoleBank(bank, BankService(bank, "small")), inside)
        assert ask(door, "POST", "/sign-in", body=form, host=HOST, headers={"origin": f"http://{HOST}"}).status == 403
        answer = ask(door, "POST", "/sign-in", body=form, host=HOST, headers=own | proxied)
        assert answer.status == 303
        assert re.fullmatch("__Host-huitong_session=.*; HttpOnly; Path=/; SameSite=lax; Secure", answer.headers["set-cookie"])
        assert "max-age=" in answer.headers["strict-transport-security"]
        (*_, opened) = (one.content for one in bank.log.read(0, ["session.opened"]))
        assert isinstance(opened, Event)
        assert opened.data["address"] == "203.0.113.9"


def test_signing_out_takes_the_pages_token_and_ends_the_session(door: Door) -> None:
    cookie = signed_in(door)
    page = ask(door, "GET", "/account", host=HOST, headers={"cookie": cookie})
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    out = ask(door, "POST", "/sign-out", body=urlencode({"csrf_token": token[1]}).encode(), host=HOST, headers={"cookie": cookie})
    assert out.headers["location"] == "/sign-in"
    assert 'huitong_purpose=""' in out.headers["set-cookie"]
    assert ask(door, "GET", "/", host=HOST, headers={"cookie": cookie}).status == 303


def form_sent(door: Door, cookie: str, path: str, **fields: str) -> Asked:
    """The answer to a form of one's own page."""
    page = ask(door, "GET", "/account", host=HOST, headers={"cookie": cookie})
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    return ask(door, "POST", path, body=urlencode({"csrf_token": token[1], **fields}).encode(), host=HOST, headers={"cookie": cookie})


def test_a_device_comes_with_codes_that_are_shown_once_sign_in_once_and_can_be_made_anew(door: Door, bank: Bank) -> None:
    cookie, secret = signed_in(door), "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    code = code_at(base64.b32decode(secret), step_of(bank.clock.now_us()))
    made = form_sent(door, cookie, "/account/totp", password=DEMO_PASSWORD, secret=secret, code=code)
    codes = re.findall(r"<code>([A-Z2-7-]{19})</code>", made.text)
    assert (made.status, len(codes), "仅在此时显示" in made.text) == (200, 10, True)

    form = urlencode({"user": "wang.fang", "password": DEMO_PASSWORD, "code": codes[2].lower()}).encode()
    back = ask(door, "POST", "/sign-in", query="to=%2Fdecisions", body=form, host=HOST)
    assert (back.status, back.headers["location"]) == (303, "/account"), "where one sees how many are left"
    assert ask(door, "POST", "/sign-in", body=form, host=HOST).status == 401
    cookie = back.headers["set-cookie"].partition(";")[0]
    page = ask(door, "GET", "/account", host=HOST, headers={"cookie": f"{cookie}; huitong_language=en"})
    assert "9 of your recovery codes are left." in page.text
    assert not any(one in page.text for one in codes)

    wrong = DEMO_PASSWORD + " "
    assert form_sent(door, cookie, "/account/codes", password=wrong).status == 401
    anew = form_sent(door, cookie, "/account/codes", password=DEMO_PASSWORD)
    fresh = re.findall(r"<code>([A-Z2-7-]{19})</code>", anew.text)
    assert (len(fresh), set(fresh) & set(codes)) == (10, set())
    assert ask(door, "GET", "/", host=HOST, headers={"cookie": cookie}).status == 200, "the session stays"


def test_without_a_device_there_are_no_codes_to_be_made(door: Door) -> None:
    cookie = signed_in(door)
    assert "/account/codes" not in ask(door, "GET", "/account", host=HOST, headers={"cookie": cookie}).text
    refused = form_sent(door, cookie, "/account/codes", password=DEMO_PASSWORD)
    assert (refused.status, "尚未绑定动态口令设备" in refused.text) == (422, True)


def test_every_answer_carries_the_security_headers(door: Door) -> None:
    answer: Asked = ask(door, "GET", "/sign-in", host=HOST)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_what_pages_send_while_open_is_taken_from_own_pages_of_who_is_in(door: Door) -> None:
    cookie = signed_in(door)
    path = "/_nicegui_ws/socket.io/"
    assert ask(door, "GET", path, host=HOST).status == 403
    assert ask(door, "GET", path, host=HOST, headers={"cookie": cookie, "origin": "https://elsewhere.example"}).status == 403
    assert ask(door, "WEBSOCKET", path, host=HOST, headers={"cookie": cookie, "origin": "https://elsewhere.example"}).closed == 1008


@pytest.mark.parametrize("scope", SCOPES)
def test_no_page_act_or_file_opens_to_a_key_whatever_it_is_for(door: Door, bank: Bank, scope: KeyScope) -> None:
    given = key(bank, scope) | {"accept-language": "en"}
    pages = [re.sub(r"\{[^}]*\}", "x", one) for one in (*(page.route for page in PAGES), *DOCUMENTS, "/", "/account", "/sign-out")]
    acts = [f"/act/{name}" for name in (*ACTS, *LOG_ACTS)] + [f"/ask/{name}" for name in ASKS] + ["/account/password", "/sign-out"]
    for method, path in [*(("GET", page) for page in pages), *(("POST", act) for act in acts)]:
        answer = ask(door, method, path, host=HOST, headers=given)
        assert answer.status == 403, (method, path)
        assert "An API key opens no page of the console" in answer.text
    for method in ("GET", "POST"):
        assert ask(door, method, "/_nicegui_ws/socket.io/", host=HOST, headers=given).status == 403
    assert ask(door, "WEBSOCKET", "/_nicegui_ws/socket.io/", host=HOST, headers=given).closed == 1008


def test_a_key_beside_a_session_opens_no_page_either(door: Door, bank: Bank) -> None:
    cookie = signed_in(door)
    assert ask(door, "GET", "/", host=HOST, headers={"cookie": cookie}).status == 200
    assert ask(door, "GET", "/", host=HOST, headers={"cookie": cookie} | key(bank, "read")).status == 403


def test_the_name_of_a_command_is_no_id_of_the_log(bank: Bank) -> None:
    """Whoever may act could else take the id of a payment that is to come, which could then never be decided."""
    kept: list[str] = []

    def noted(_bank: object, command: Command, _given: Given) -> Done:
        kept.append(command.id)
        return Done({"en": "done", "zh": "完成"})

    route = act_route(bound({"any": noted}, ConsoleBank(bank, BankService(bank, "small"))))

    async def sent(scope: Scope, receive: Receive, send: Send) -> None:
        by = Actor(scope["path"].rpartition("/")[2], frozenset({"investigator"}))
        visit = SimpleNamespace(bank=ConsoleBank(bank, BankService(bank, "small")), signed=SimpleNamespace(actor=by), language="en")
        scope.update({"path_params": {"name": "any"}, VISIT: visit})
        await (await route(Request(scope, receive)))(scope, receive, send)

    form = {"content-type": "application/x-www-form-urlencoded", "content-length": "13"}
    for who in ("li", "li", "wang"):
        assert ask(sent, "POST", f"/act/{who}", body=b"command=PAY-1", host=HOST, headers=form).status == 200
    assert kept[0] == kept[1] != kept[2]
    other = b"command=PAY-1&ground=it+harms"
    ask(sent, "POST", "/act/li", body=other, host=HOST, headers=form | {"content-length": str(len(other))})
    assert kept[3] not in kept[:3], "what else is asked under the name is not done already"
    assert all(one.startswith("act:") for one in kept)


@pytest.mark.parametrize(("language", "says"), [("en", "Something in Huitong itself went wrong"), ("zh", "系统自身发生错误")])
def test_what_nobody_foresaw_is_said_in_the_form_and_not_by_a_closed_connection(bank: Bank, language: str, says: str) -> None:
    def broken(_bank: object, _command: Command, _given: Given) -> Done:
        raise ZeroDivisionError

    port = ConsoleBank(bank, BankService(bank, "small"))
    route = act_route(bound({"any": broken}, port))

    async def sent(scope: Scope, receive: Receive, send: Send) -> None:
        visit = SimpleNamespace(bank=port, signed=SimpleNamespace(actor=Actor("li", frozenset())), language=language)
        scope.update({"path_params": {"name": "any"}, VISIT: visit})
        await (await route(Request(scope, receive)))(scope, receive, send)

    form = {"content-type": "application/x-www-form-urlencoded", "content-length": "9"}
    answer = ask(sent, "POST", "/act/any", body=b"command=1", host=HOST, headers=form)
    assert (answer.status, answer.headers["content-type"]) == (500, "application/json")
    assert says in answer.text
