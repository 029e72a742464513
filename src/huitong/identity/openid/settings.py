"""What an institution says about its OpenID provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from huitong.contracts import Role


@dataclass(frozen=True, slots=True)
class OpenIdSettings:
    """An OpenID provider.

    Attributes:
        issuer: Its address, exactly as its tokens carry it.
        client_id: What it knows us by.
        client_secret: Shared with it; ``None`` for a public client, which PKCE alone protects.
        redirect: Address of ours to which it sends people back.
        name: Short name, which stands behind the ``@`` of its users' ids.
        scopes: What is asked for.
        username_claim: Claim that holds what people are called.
        roles_claim: Claim that holds the groups or roles that they have there; within another one by a dot (``"realm_access.roles"``).
        roles: Which of them is which role here; who has none of them has no role.
    """

    issuer: str
    client_id: str
    redirect: str
    client_secret: str | None = None
    name: str = "sso"
    scopes: tuple[str, ...] = ("openid", "profile")
    username_claim: str = "preferred_username"
    roles_claim: str = "roles"
    roles: Mapping[str, Role] = field(default_factory=dict)
