"""Signing in at an OpenID provider: authorization code with PKCE, nonce and state; discovery, keys and their rotation, and the id token.

For whom: institutions whose people sign in at one place. How: ``OpenIdProvider`` makes the address to go to and reads what comes back.
Where it fails: without the extra ``openid``; with a provider that signs by a shared secret or not at all.
"""

from huitong.identity.openid.provider import OpenIdProvider, Started, sealing_key
from huitong.identity.openid.settings import OpenIdSettings

__all__ = ["OpenIdProvider", "OpenIdSettings", "Started", "sealing_key"]
