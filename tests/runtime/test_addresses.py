"""Outgoing calls reach public addresses only, however an address is written."""

from __future__ import annotations

import ipaddress

import pytest

from hogapi.runtime.addresses import carried_address, is_reachable, parse_address

PUBLIC = ["1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255", "2606:4700:4700::1111"]
REFUSED = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_reachable(text: str) -> None:
    assert is_reachable(parse_address(text))


@pytest.mark.parametrize("text", REFUSED)
def test_everything_that_is_not_plainly_public_is_refused(text: str) -> None:
    assert not is_reachable(parse_address(text))


def test_the_operator_may_allow_a_network_also_when_it_is_written_as_ipv6() -> None:
    allowed = [ipaddress.ip_network("10.1.0.0/16")]
    assert is_reachable(parse_address("10.1.2.3"), allowed)
    assert is_reachable(parse_address("::ffff:10.1.2.3"), allowed)
    assert not is_reachable(parse_address("10.2.0.1"), allowed)


@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("64:ff9b::8.8.8.8", "8.8.8.8"),
        ("2002:0808:0808::1", "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2606:4700::1", None),
        ("8.8.8.8", None),
    ],
)
def test_an_ipv6_address_may_stand_for_an_ipv4_address(text: str, carried: str | None) -> None:
    found = carried_address(parse_address(text))
    assert (None if found is None else str(found)) == carried
