"""How a bank is reached from outside: the address that browsers know it by, and the proxies before it whose word is taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_ADDRESSES_REMEMBERED = 1_024
_HOPS_MAX = 32


@dataclass(frozen=True, slots=True)
class Outside:
    """How a bank is reached from outside.

    Attributes:
        address: ``https://HOST`` or ``https://HOST:PORT``, as browsers name it; ``None`` where pages go without TLS.
        trusted_proxies: Networks of the proxies that say in ``X-Forwarded-For`` for whom they ask.
    """

    address: str | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether pages go over TLS, which ends at a proxy before the bank."""
        return self.address is not None

    def caller(self, headers: Mapping[str, str], address: str) -> str:
        """Address of who calls: that of the connection; where a trusted proxy's, the right-most hop that is none.

        Whatever stands left of that hop anybody may have written.

        Args:
            headers: The request's headers, names in lower case.
            address: Address of the other end of the connection.
        """
        if not self.trusted_proxies or not self._trusts(address):
            return address
        for hop in reversed(headers.get("x-forwarded-for", "").split(",")[-_HOPS_MAX:]):
            found = _parsed(hop.strip())
            if found is None:
                break
            address = str(found)
            if not self._trusts(address):
                break
        return address

    def _trusts(self, address: str) -> bool:
        found = _parsed(address)
        return found is not None and any(found in network for network in self.trusted_proxies)


OPEN_HOUSE = Outside()
"""Where an institution says nothing of it: no TLS before the bank, no proxy that is trusted."""


@lru_cache(_ADDRESSES_REMEMBERED)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, also with the port that some proxies write behind it."""
    plain = text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0] if text.count(":") == 1 else text
    try:
        found = ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
