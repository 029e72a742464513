"""An id token that is not right in every respect opens nothing: forged, altered, old, of another client, of another sign-in."""

import base64
import hmac
import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from huitong.identity.openid import OpenIdProvider, OpenIdSettings
from huitong.identity.openid.tokens import UnknownKeyError, claims_of, key_set
from huitong.kernel import HuitongError, PolicyError

KEY = RSAKey.generate_key(2048, {"kid": "k1"})
OTHER = RSAKey.generate_key(2048, {"kid": "k1"})
KEYS = key_set({"keys": [KEY.as_dict(private=False)]})
ISSUER, CLIENT, NONCE = "https://sso.example", "huitong", "n"
NOW = 1_795_000_000
GOOD: dict[str, object] = {"iss": ISSUER, "sub": "s", "aud": CLIENT, "exp": NOW + 300, "iat": NOW, "nonce": NONCE}


def token(claims: Mapping[str, object], key: RSAKey = KEY, **header: str) -> str:
    return jwt.encode({"alg": "RS256", "kid": "k1", **header}, dict(claims), key)


def read(text: str) -> Mapping[str, object]:
    return claims_of(text, KEYS, ISSUER, CLIENT, NONCE, NOW * 1_000_000)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_right_token_is_read() -> None:
    assert read(token(GOOD))["sub"] == "s"
    assert read(token({**GOOD, "aud": [CLIENT, "other"], "azp": CLIENT}))["sub"] == "s"
    assert read(token({**GOOD, "exp": NOW - 59, "iat": NOW + 59}))["sub"] == "s"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": [CLIENT, "other"]},
        {"aud": None},
        {"azp": "other"},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "never"},
        {"iat": NOW + 61},
        {"iat": None},
        {"nbf": NOW + 61},
        {"nonce": "other"},
        {"nonce": None},
        {"sub": ""},
        {"sub": None},
        {"sub": "x" * 256},
        {"sub": 7},
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(wrong: dict[str, object]) -> None:
    claims = {name: value for name, value in {**GOOD, **wrong}.items() if value is not None}
    with pytest.raises(PolicyError) as refused:
        read(token(claims))
    assert refused.value.code == "access.openid.refused"


def test_a_forged_signature_is_refused_by_whatever_trick() -> None:
    symmetric = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(GOOD)}"
    by_public_key = hmac.digest(KEY.as_pem(private=False), symmetric.encode(), "sha256")
    whole = token(GOOD)
    head, body, signature = whole.split(".")
    for forged in (
        token(GOOD, OTHER),
        f"{part({'alg': 'none'})}.{body}.",
        f"{part({'alg': 'None', 'kid': 'k1'})}.{body}.{signature}",
        f"{head}.{part({**GOOD, 'sub': 'admin'})}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{symmetric}.{base64.urlsafe_b64encode(by_public_key).decode().rstrip('=')}",
        token(GOOD, OTHER, jku="https://evil.example/keys"),
        "",
        "x" * 70_000,
    ):
        with pytest.raises(PolicyError) as refused:
            read(forged)
        assert refused.value.code == "access.openid.refused"


def test_a_key_that_is_not_published_is_asked_for_again() -> None:
    with pytest.raises(UnknownKeyError):
        read(token(GOOD, OTHER, kid="k2"))


@given(st.one_of(st.text(), st.builds(".".join, st.lists(st.text("abcdefghijABCDEFGHIJ0123456789-_"), min_size=2, max_size=4))))
def test_any_text_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(PolicyError):
        read(text)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@settings(max_examples=50)
@given(JSON, JSON)
def test_any_header_and_any_claims_are_refused_and_break_nothing(head: object, body: object) -> None:
    with pytest.raises((PolicyError, UnknownKeyError)):
        read(f"{part(head)}.{part(body)}.AAAA")


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"keys": None}, {"keys": "x"}, {"keys": [7]}, {"keys": [{"kty": "RSA"}]}, {"keys": [{"kty": "oct", "k": "AA"}]}],
)
def test_keys_that_are_none_open_nothing(document: object) -> None:
    with pytest.raises((PolicyError, UnknownKeyError)):
        claims_of(token(GOOD), key_set(document), ISSUER, CLIENT, NONCE, NOW * 1_000_000)


def provider(document: object, claims: Mapping[str, object], about: object = None) -> OpenIdProvider:
    """A provider that answers with these documents."""
    answers = {
        f"{ISSUER}/.well-known/openid-configuration": document,
        f"{ISSUER}/keys": {"keys": [KEY.as_dict(private=False)]},
        f"{ISSUER}/about": about,
    }

    def ask(address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> object:
        assert headers is not None or form is None
        return (
            {"id_token": token({**claims, "nonce": asked["nonce"]}), "access_token": "a"}
            if address == f"{ISSUER}/token"
            else answers[address]
        )

    asked: dict[str, str] = {}
    declared = OpenIdSettings(ISSUER, CLIENT, "https://bank.example/back", roles_claim="realm.roles", roles={"fraud": "investigator"})
    made = OpenIdProvider(declared, bytes(32), ask, bytes)
    asked["nonce"] = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    return made


DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize?x=1",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "userinfo_endpoint": f"{ISSUER}/about",
}
STATE = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")


def finished(made: OpenIdProvider, to: str = "/x") -> tuple[str, tuple[str, ...], str]:
    started = made.start(to, NOW * 1_000_000)
    assert started.address.startswith(f"{ISSUER}/authorize?x=1&")
    who, path = made.finish(started.cookie, {"state": STATE, "code": "c"}, NOW * 1_000_000)
    return who.user, who.roles, path


def test_roles_come_from_a_claim_within_a_claim_and_unknown_ones_are_none() -> None:
    claims = {**GOOD, "preferred_username": "zhao", "realm": {"roles": ["fraud", "canteen", 7, "fraud"]}}
    assert finished(provider(DOCUMENT, claims)) == ("zhao@sso", ("investigator",), "/x")
    assert finished(provider(DOCUMENT, {**claims, "realm": "fraud"}))[1] == ()


def test_what_the_token_lacks_is_asked_for_and_must_be_about_the_same_person() -> None:
    about = {"sub": "s", "preferred_username": "zhao", "realm": {"roles": ["fraud"]}, "iss": "ignored"}
    assert finished(provider(DOCUMENT, GOOD, about))[:2] == ("zhao@sso", ("investigator",))
    with pytest.raises(PolicyError, match="somebody else"):
        finished(provider(DOCUMENT, GOOD, {**about, "sub": "other"}))


@pytest.mark.parametrize("name", ["a@b", "", "x" * 65, "a\nb"])
def test_a_name_that_would_be_another_s_is_not_taken(name: str) -> None:
    assert finished(provider(DOCUMENT, {**GOOD, "preferred_username": name, "realm": {}}))[0] == "s@sso"


def test_no_sign_in_leads_to_another_site() -> None:
    claims = {**GOOD, "preferred_username": "zhao", "realm": {}}
    assert finished(provider(DOCUMENT, claims), "https://evil.example")[2] == "/"


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {**DOCUMENT, "issuer": "https://evil.example"},
        {**DOCUMENT, "jwks_uri": None},
        {**DOCUMENT, "token_endpoint": "http://sso.example/t"},
    ],
)
def test_a_description_that_does_not_fit_is_not_followed(document: object) -> None:
    with pytest.raises(HuitongError) as refused:
        provider(document, GOOD).start("/", NOW * 1_000_000)
    assert refused.value.code in ("access.openid.unreachable", "access.openid.insecure")
