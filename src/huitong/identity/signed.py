"""Who calls, and what they may."""

from dataclasses import dataclass
from typing import Literal

from huitong.contracts import Actor
from huitong.identity.purposes import Clearance, Purpose, clearance_of
from huitong.identity.state import Scope
from huitong.kernel import PolicyError, Text

How = Literal["session", "api_key", "this_machine"]
Due = Literal["password", "totp"]


@dataclass(frozen=True, slots=True)
class Signed:
    """Who calls, and what they may.

    Attributes:
        actor: Who, with their roles.
        how: By a session, by an API key, or because nobody has users here and the caller is on the bank's own machine.
        through: Id of the session or API key; empty on the bank's own machine.
        scopes: What an API key is for; ``None`` for persons, whom their roles bind.
        grade_max: Highest grade that an API key sees; ``None`` for persons, for whom role and purpose decide.
        csrf: What each of the session's pages must send with a change; empty without a session.
        due: What a person has to do before they have roles (again): set a password of their own, set up a code device.
        note: What the reader should know about how they came in.
    """

    actor: Actor
    how: How
    through: str = ""
    scopes: frozenset[Scope] | None = None
    grade_max: int | None = None
    csrf: str = ""
    due: tuple[Due, ...] = ()
    note: Text | None = None

    def clearance(self, purpose: Purpose | None = None) -> Clearance:
        """Up to which grade they see for a purpose."""
        return clearance_of(self.actor, purpose, self.grade_max)

    def require_scope(self, *scopes: Scope) -> None:
        """Refuses an API key that is for none of these; persons pass, for their roles are asked by the act itself.

        Raises:
            PolicyError: If the key has none of the scopes.
        """
        if self.scopes is not None and self.scopes.isdisjoint(scopes):
            en, zh = " or ".join(map(repr, scopes)), "或".join(map(repr, scopes))
            raise PolicyError(
                "access.scope",
                {"en": f"this API key is not for {en}", "zh": f"该接口密钥不含权限范围 {zh}"},
                {"en": "use a key with that scope: huitong api-keys make", "zh": "请使用具有该权限范围的密钥：huitong api-keys make"},
            )
