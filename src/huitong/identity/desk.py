"""The front desk: who is it that calls, and may they come in? The one seam between the web layer and everything about access."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

from huitong.contracts import ROLES, Act, Actor, Role
from huitong.identity import api_keys, errors, signing_in, users
from huitong.identity.passwords import require_good
from huitong.identity.purposes import Clearance
from huitong.identity.rate import SIGN_INS_BY_ADDRESS, SIGN_INS_BY_USER, SIGN_INS_IN_ALL, WRONG_KEYS_BY_ADDRESS, RateLimiter
from huitong.identity.reading import Reading, read_event
from huitong.identity.recovery import hashes_of, new_codes
from huitong.identity.registry import Registry
from huitong.identity.remembering import Remembered
from huitong.identity.signed import Due, Signed
from huitong.identity.signing_in import Attempt, Vouched, refusal
from huitong.identity.state import SCOPE_ROLES, ApiKey, Directory, Session, User
from huitong.identity.tokens import API_KEY_PREFIX, csrf_token, keyed_hash, new_secret, new_token, same
from huitong.identity.totp import matching_step
from huitong.identity.users import LOCAL, NAME_LENGTH_MAX
from huitong.identity.web import Credentials
from huitong.kernel import MICROSECONDS_PER_SECOND, EventId, InputError, PolicyError, Text

_USED_EVERY_US = 3_600 * MICROSECONDS_PER_SECOND
_RENEWALS_PER_IDLE = 4
_ALL = ""
"""By which it is remembered whether anybody has access."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that was just opened.

    Attributes:
        token: Secret of the session, for its cookie; shown once.
        signed: Who it is.
        codes_left: How many recovery codes are left, where one of them was used.
    """

    token: str
    signed: Signed
    codes_left: int | None = None


class AccessDesk:
    """Lets callers in. Any number of threads may ask.

    Args:
        registry: The book of access.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._by_address = RateLimiter(SIGN_INS_BY_ADDRESS)
        self._wrong_keys = RateLimiter(WRONG_KEYS_BY_ADDRESS)
        self._by_user = RateLimiter(SIGN_INS_BY_USER)
        self._in_all = RateLimiter(SIGN_INS_IN_ALL)
        self._keys = Remembered[Signed](registry)
        self._emptiness = Remembered[bool](registry)
        self._noting = set[str]()
        self._guard = threading.Lock()

    def authenticate(self, given: Credentials, now_us: int) -> Signed:
        """Who calls. The book of access may have to be asked, and a use noted in it, which waits for the disk.

        Args:
            given: What the request brings; see ``web.credentials_of``.
            now_us: The clock's reading.

        Raises:
            PolicyError: If nobody known calls, a session has ended, an API key opens nothing, or a change comes without its page's token.
        """
        if given.api_key is not None:
            return self._by_key(given.api_key, given.address, now_us)
        if given.session_token is not None:
            return self._by_session(given.session_token, given, now_us)
        empty = self._emptiness.known(_ALL, now_us)
        return _unnamed(given, self._asked_emptiness(now_us) if empty is None else empty)

    def known(self, given: Credentials, now_us: int) -> Signed | None:
        """Who calls, where that is known without waiting; ``None`` where ``authenticate`` has to ask.

        Raises:
            PolicyError: As ``authenticate``.
        """
        if given.api_key is not None:
            return self._keys.known(given.api_key, now_us)
        if given.session_token is not None:  # each page renews it
            return None
        empty = self._emptiness.known(_ALL, now_us)
        return None if empty is None else _unnamed(given, empty)

    def ages(self, given: Credentials, now_us: int) -> bool:
        """Whether what ``known`` answers from should be asked for again before it is forgotten; says so once."""
        return self._emptiness.ages(_ALL, now_us) if given.api_key is None else self._keys.ages(given.api_key, now_us)

    def ask_again(self, given: Credentials, now_us: int) -> None:
        """Asks again for what ``known`` answers from; one that opens nothing any more is forgotten, and is refused when it comes next."""
        if given.api_key is None:
            self._asked_emptiness(now_us)
        else:
            self._asked_key(given.api_key, now_us)

    def _asked_emptiness(self, now_us: int) -> bool:
        """Whether nobody has access yet."""
        acts = self.registry.acts
        empty = self.registry.ask(lambda state: state.empty)
        self._emptiness.note(_ALL, empty, acts, now_us)
        return empty

    def _by_key(self, text: str, address: str, now_us: int) -> Signed:
        signed = self._keys.known(text, now_us) or self._asked_key(text, now_us)
        if signed is None:
            wait_us = self._wrong_keys.take(address, now_us)
            raise errors.too_often(wait_us) if wait_us else errors.key_refused()
        return signed

    def _asked_key(self, text: str, now_us: int) -> Signed | None:
        """Whose key it is; ``None`` for one that opens nothing."""
        acts = self.registry.acts
        key = self.registry.ask(lambda state: _key_of(state, text))
        if key is None or not key.valid(now_us):
            self._keys.forget(text)
            return None
        if key.used_us is None or now_us >= key.used_us + _USED_EVERY_US:
            self._note(key.id, partial(api_keys.used, key=key.id, every_us=_USED_EVERY_US, now_us=now_us), now_us)
        roles = frozenset[Role](SCOPE_ROLES[scope] for scope in key.scopes)
        actor = Actor(key.actor, roles, person=False)
        signed = Signed(actor, "api_key", key.id, frozenset(key.scopes), key.grade)
        self._keys.note(text, signed, acts, now_us, key.expires_us)
        return signed

    def _note(self, used: str, act: Callable[[EventId], Act[Directory]], now_us: int) -> None:
        """Notes that a key or a session is in use; whoever comes with it while that waits for the disk goes on."""
        with self._guard:
            if used in self._noting:
                return
            self._noting.add(used)
        try:
            self.registry.act(act, now_us)
        finally:
            with self._guard:
                self._noting.remove(used)

    def _by_session(self, token: str, given: Credentials, now_us: int) -> Signed:
        registry, settings = self.registry, self.registry.settings
        found = registry.ask(lambda state: _session_of(state, token))
        if found is None:
            raise errors.signed_out()
        session, user, secret, systems = found
        if not registry.is_open(session, user, now_us):
            raise errors.signed_out()
        csrf = csrf_token(secret, token)
        if given.changes and not (given.from_own_page and same(given.csrf_token or "", csrf)):
            raise PolicyError(
                "access.csrf",
                {"en": "the change does not come from a page of this session", "zh": "该变更请求并非来自本会话的页面"},
                {"en": "reload the page and try again", "zh": "请刷新页面后重试"},
            )
        every_us = settings.idle_us // _RENEWALS_PER_IDLE
        if now_us >= session.seen_us + every_us:
            self._note(session.id, partial(signing_in.renew, session=session.id, every_us=every_us, now_us=now_us), now_us)
        return self._person(user, session, csrf, systems)

    def _person(self, user: User, session: Session, csrf: str, systems: frozenset[str]) -> Signed:
        roles, due = frozenset([*user.roles, *session.roles]), list[Due]()
        if user.until_us is not None:
            due.append("password")
            roles = frozenset()
        wanting = roles & self.registry.settings.second_factor
        if wanting and session.how == "password" and user.totp is None:
            due.append("totp")
            roles -= wanting
        return Signed(Actor(user.id, roles, systems=systems), "session", session.id, csrf=csrf, due=tuple(due))

    def sign_in(self, user: str, password: str, code: str, address: str, now_us: int) -> SignedIn:
        """Opens a session for a user of the bank's own.

        Args:
            user: Their id.
            password: Their password.
            code: Code of their device, or a recovery code in its place; empty without a device.
            address: Where they are.
            now_us: The clock's reading.

        Raises:
            PolicyError: If anything is wrong (the same words for whatever it is), or there were too many attempts.
        """
        self._limit(address, user, now_us)
        credential, kept = self.registry.ask(lambda state: _credential_of(state, user))
        attempt = Attempt(user, credential, self.registry.matches(password, kept), code, address)
        token = new_token(self.registry.random_bytes)
        (written, *_) = self.registry.act(lambda command: signing_in.sign_in(command, attempt, token, now_us), now_us)
        left = written.data.get("codes_left")
        return replace(self._opened(token), codes_left=left if isinstance(left, int) else None)

    def sign_in_vouched(self, who: Vouched, address: str, now_us: int) -> SignedIn:
        """Opens a session for whom an OpenID provider vouches.

        Raises:
            PolicyError: If the user is locked, or the name belongs to somebody else.
        """
        random = self.registry.random_bytes
        token, secret = new_token(random), new_secret(random)
        (written, *_) = self.registry.act(lambda command: signing_in.sign_in_vouched(command, who, address, token, secret, now_us), now_us)
        if written.data.get("cause") == "conflict":
            raise errors.bound_to_another(who.user)
        return self._opened(token)

    def _opened(self, token: str) -> SignedIn:
        found = self.registry.ask(lambda state: _session_of(state, token))
        if found is None:
            raise errors.sign_in_refused()
        session, user, secret, systems = found
        return SignedIn(token, self._person(user, session, csrf_token(secret, token), systems))

    def _limit(self, address: str | None, user: str | None, now_us: int) -> None:
        wait_us = 0 if address is None else self._by_address.take(address, now_us)
        if not wait_us and user is not None:
            wait_us = self._by_user.take(user[:NAME_LENGTH_MAX], now_us) or self._in_all.take("", now_us)
        if wait_us:
            raise errors.too_often(wait_us)

    def sign_out(self, signed: Signed, now_us: int) -> None:
        """Ends the session that somebody came with."""
        if signed.how == "session":
            self.registry.act(lambda command: signing_in.close(command, signed.through, signed.actor.id, now_us), now_us)

    def set_password(self, signed: Signed, old: str, new: str, now_us: int) -> None:
        """A person's own new password; all their sessions end.

        Raises:
            InputError: If the new one is not good enough, or not new.
            PolicyError: If the old one is wrong.
        """
        user, name = signed.actor.id, self.registry.ask(lambda state: users.user_of(state, signed.actor.id).name)
        credential = self._checked(signed, old, now_us)
        if old == new:
            raise InputError(
                "access.password.same",
                {"en": "the new password is the old one", "zh": "新口令与旧口令相同"},
                {"en": "take another", "zh": "请换一个"},
            )
        require_good(new, (user, name), self.registry.settings.known_passwords)
        hashed = self.registry.hashed(new)
        self.registry.act(lambda command: users.set_password(command, user, credential, hashed, now_us), now_us)

    def set_totp(self, signed: Signed, password: str, secret: str, code: str, now_us: int) -> tuple[str, ...]:
        """A person's code device, shown to work by a code of it; all their sessions end.

        Returns:
            Recovery codes, which are shown once; those of a device before open nothing any more.

        Raises:
            InputError: If the code is not one of the device.
            PolicyError: If the password is wrong.
        """
        credential = self._checked(signed, password, now_us)
        step = matching_step(secret, code, now_us)
        if step is None:
            raise InputError(
                "access.totp.wrong",
                {"en": "the code is not one of this device", "zh": "该动态口令与此设备不符"},
                {"en": "check the clock of the device, and give its newest code", "zh": "请核对设备时钟，并输入最新的动态口令"},
            )
        codes, kept = self._new_codes(signed.actor.id, now_us)
        self.registry.act(lambda command: users.set_totp(command, signed.actor.id, credential, secret, step, kept, now_us), now_us)
        return codes

    def renew_codes(self, signed: Signed, password: str, now_us: int) -> tuple[str, ...]:
        """A person's new recovery codes, which are shown once; those before open nothing any more.

        Raises:
            InputError: If they have no code device.
            PolicyError: If the password is wrong.
        """
        credential = self._checked(signed, password, now_us)
        codes, kept = self._new_codes(signed.actor.id, now_us)
        self.registry.act(lambda command: users.set_codes(command, signed.actor.id, credential, kept, now_us), now_us)
        return codes

    def codes_left(self, signed: Signed) -> int | None:
        """How many recovery codes somebody has left; ``None`` where they have no code device here."""

        def asked(state: Directory) -> int | None:
            user = state.users.get(signed.actor.id)
            return None if user is None or user.totp is None else user.codes_left

        return self.registry.ask(asked)

    def _new_codes(self, user: str, now_us: int) -> tuple[tuple[str, ...], str]:
        codes = new_codes(self.registry.random_bytes)
        return codes, hashes_of(codes, self.registry.secret(now_us), user)

    def _checked(self, signed: Signed, password: str, now_us: int) -> int:
        """Version of the credential whose password was given; a wrong one counts as a failure to sign in, and locks out as there."""
        user = signed.actor.id
        self._limit(None, user, now_us)
        credential, kept = self.registry.ask(lambda state: _credential_of(state, user))
        matches = Attempt(user, credential, True, "", "")
        if self.registry.ask(lambda state: refusal(state.users.get(user), matches, now_us)) is not None:
            raise errors.sign_in_refused()
        if self.registry.matches(password, kept):
            return credential
        self.registry.act(lambda command: signing_in.fail(command, user, now_us), now_us)
        raise errors.sign_in_refused()

    def note_reading(self, signed: Signed, reading: Reading, clearance: Clearance, now_us: int) -> None:
        """Writes down who read which personal data for which purpose, before they see it; nothing where there was none."""
        if reading.personal:
            command = self.registry.command(now_us)
            self.registry.keeper.note([read_event(command, signed.actor.id, signed.through, reading, clearance, now_us)])


@cache
def this_machine() -> Signed:
    """Whoever works on the bank's own machine while the bank has no users: everything but a second person."""
    note: Text = {
        "en": "this bank has no users yet: whoever is on its own machine may do everything alone, and nobody else may come in; "
        "`huitong users add NAME --first` ends that",
        "zh": "尚无用户：本机上的任何人均可单独执行全部操作，其他来源一律拒绝；运行 `huitong users add 用户名 --first` 后即告结束",
    }
    return Signed(Actor(LOCAL, frozenset(ROLES)), "this_machine", note=note)


def _unnamed(given: Credentials, empty: bool) -> Signed:
    """Who calls without a name."""
    if not empty:
        raise errors.signed_out()
    if not given.from_this_machine:
        raise _no_users()
    return this_machine()


def _no_users() -> PolicyError:
    return PolicyError(
        "access.local_only",
        {"en": "this bank has no users yet and answers its own machine only", "zh": "尚无用户，仅应答本机请求"},
        {"en": "on its machine run: huitong users add NAME --first", "zh": "请在其所在机器上运行：huitong users add 用户名 --first"},
    )


def _key_of(state: Directory, text: str) -> ApiKey | None:
    token = text.removeprefix(API_KEY_PREFIX)
    if state.secret is None or token == text:
        return None
    key = state.api_keys.get(state.api_key_of.get(keyed_hash(state.secret, "api_key", token), ""))
    return None if key is None else replace(key, scopes=list(key.scopes))


def _session_of(state: Directory, token: str) -> tuple[Session, User, str, frozenset[str]] | None:
    if state.secret is None:
        return None
    session = state.sessions.get(state.session_of.get(keyed_hash(state.secret, "session", token), ""))
    if session is None:
        return None
    user = state.users[session.user]
    systems = state.systems_of(session.user)
    return replace(session, roles=list(session.roles)), replace(user, roles=list(user.roles)), state.secret, systems


def _credential_of(state: Directory, user: str) -> tuple[int, str | None]:
    found = state.users.get(user)
    return (0, None) if found is None else (found.credential, found.password)
