"""Who acts: a person or a machine with its roles, and the rule of four eyes. They are rules of the core, which no page can leave out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from huitong.kernel import PolicyError, Text

Role = Literal["analyst", "investigator", "approver", "steward", "auditor", "operator", "admin", "machine"]
"""What somebody may be: writes policies, works alerts and cases, gives the second signature, keeps data and lists, reads everything, runs
the system, gives rights; or a system that asks for decisions."""

ROLES: tuple[Role, ...] = get_args(Role)
ROLE_TITLES: dict[Role, Text] = {
    "analyst": {"en": "analyst", "zh": "策略分析员"},
    "investigator": {"en": "investigator", "zh": "调查员"},
    "approver": {"en": "approver", "zh": "审批人"},
    "steward": {"en": "data steward", "zh": "数据管理员"},
    "auditor": {"en": "auditor", "zh": "审计员"},
    "operator": {"en": "operator", "zh": "运维人员"},
    "admin": {"en": "administrator", "zh": "系统管理员"},
    "machine": {"en": "system", "zh": "业务系统"},
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts.

    Attributes:
        id: Stable name: ``"li.wei"`` of a person, ``"policy:card_payments@3fa9…"`` or ``"key:core-banking"`` of a machine.
        roles: What they may do.
        person: Whether it is a natural person; only a person can be one of four eyes.
        systems: Ids of systems whose API keys they made, ended ones too: a key is nobody's, and whoever made it may hold it.
    """

    id: str
    roles: frozenset[Role]
    person: bool = True
    systems: frozenset[str] = frozenset()

    def stands_behind(self, signer: str) -> bool:
        """Whether a signature is their own: by themself, or by a system whose API key they made.

        >>> Actor("li.wei", frozenset(), systems=frozenset({"key:core-banking"})).stands_behind("key:core-banking")
        True
        """
        return signer == self.id or signer in self.systems


def require_role(actor: Actor, *roles: Role) -> None:
    """Refuses who has none of these roles.

    Raises:
        PolicyError: Naming the roles that would do.
    """
    if actor.roles.isdisjoint(roles):
        raise PolicyError(
            "access.role",
            {
                "en": f"{actor.id} has none of these roles: {', '.join(ROLE_TITLES[role]['en'] for role in roles)}",
                "zh": f"{actor.id} 不具备以下任一角色：{'、'.join(ROLE_TITLES[role]['zh'] for role in roles)}",
            },
            {
                "en": "ask somebody who has one, or an administrator for the role",
                "zh": "请由具备该角色的人员操作，或向系统管理员申请该角色",
            },
        )


def can_be_second(first: str, actor: Actor, *roles: Role) -> bool:
    """Whether somebody may give the second signature; ``require_second_person`` says why not.

    Args:
        first: Id of who gave the first.
        actor: Who would give the second.
        roles: Of which the second must have one.
    """
    return actor.person and not actor.stands_behind(first) and not actor.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Signers:
    """Who can sign in, as far as that is known.

    Attributes:
        known: Each with the roles that are known of them.
        beyond: Whether others may have roles too: those whom an OpenID provider lets in.
    """

    known: Sequence[Actor] = ()
    beyond: bool = True

    def seconds(self, first: str, *roles: Role) -> list[str]:
        """Ids of those who may give the second signature to what another signed first."""
        return [one.id for one in self.known if can_be_second(first, one, *roles)]


def require_second_person(first: str, actor: Actor, *roles: Role) -> None:
    """Refuses a second signature by who gave the first or made the API key that gave it, by a machine, or by who has none of the roles.

    Args:
        first: Id of who gave the first.
        actor: Who gives the second.
        roles: Of which the second must have one.

    Raises:
        PolicyError: Saying what is missing.
    """
    require_role(actor, *roles)
    if actor.stands_behind(first) or not actor.person:
        made = first in actor.systems
        raise PolicyError(
            "access.four_eyes",
            {
                "en": f"{actor.id} cannot be the second of four eyes: the first signature is {first}'s"
                + (", whose API key they made" if made else ""),
                "zh": f"{actor.id} 不能作为第二人复核：首次签署人为 {first}" + ("，其接口密钥由本人生成" if made else ""),
            },
            {"en": "have another person sign", "zh": "请由另一位人员复核"},
        )
