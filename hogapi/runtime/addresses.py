"""Which network addresses the programs of users may reach.

Outgoing calls name their destination, so whoever writes a function could aim the server at itself, at its neighbours
or at a cloud's metadata service. Everything that is not plainly the public internet is refused, unless the operator
allows its network (``settings.OUTBOUND_ALLOW``). IPv6 addresses that carry an IPv4 address are judged by both.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The IANA special-purpose registries, and Azure's metadata service, whose address is otherwise public.
_REFUSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
# Prefixes whose addresses hold an IPv4 address, with the number of bits behind it: NAT64, 6to4, and the IPv4-mapped,
# IPv4-translated and IPv4-compatible forms (the last one also holds :: and ::1).
_CARRIERS: tuple[tuple[ipaddress.IPv6Network, int], ...] = (
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),
    (ipaddress.IPv6Network("::/96"), 0),
)


def carried_address(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that the IPv6 `address` stands for, or None."""
    if isinstance(address, ipaddress.IPv6Address):
        for network, shift in _CARRIERS:
            if address in network:
                return ipaddress.IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None


def is_reachable(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Whether an outgoing call may connect to `address`: a public one, or one within the `allowed` networks."""
    carried = carried_address(address)
    judged: tuple[Address, ...] = (address,) if carried is None else (address, carried)
    if any(one in network for network in allowed for one in judged):
        return True
    return not any(one in network for network in _REFUSED for one in judged)


def parse_address(text: str) -> Address:
    """Return the address that `text` (as getaddrinfo prints it, perhaps with a %zone) spells. Raises ValueError."""
    return ipaddress.ip_address(text.partition("%")[0])
