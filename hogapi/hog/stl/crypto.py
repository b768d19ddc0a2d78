"""Digests and IP ranges (spec hog_language.md 5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from typing import Any

from hogapi.hog import values
from hogapi.hog.errors import HogVMError
from hogapi.hog.meter import Run
from hogapi.hog.stl.registry import native
from hogapi.hog.stl.text import element_text, text_of


def _encoded(digest: bytes, encoding: Any) -> str:
    if encoding is None or encoding == "hex":
        return digest.hex()
    if encoding == "base64":
        return base64.b64encode(digest).decode()
    if encoding == "base64url":
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if encoding == "binary":
        return digest.decode("latin-1")
    raise HogVMError(f"Invalid encoding: {values.js_text(encoding)[:100]}")


def _digest(run: Run, name: str, data: Any, encoding: Any) -> str | None:
    if data is None:
        return None
    text = text_of(name, data)
    run.work(len(text), 5.0)
    run.charge(len(text))
    return _encoded(hashlib.new(name, text.encode("utf-8", "replace"), usedforsecurity=False).digest(), encoding)


@native("md5", least=1, most=2)
@native("md5Hex", least=1, most=1)
def md5(run: Run, data: Any, encoding: Any = "hex") -> str | None:
    """MD5 of the UTF-8 text; null for null."""
    return _digest(run, "md5", data, encoding)


@native("sha1", least=1, most=2)
@native("sha1Hex", least=1, most=1)
def sha1(run: Run, data: Any, encoding: Any = "hex") -> str | None:
    """SHA-1 of the UTF-8 text; null for null."""
    return _digest(run, "sha1", data, encoding)


@native("sha256", least=1, most=2)
@native("sha256Hex", least=1, most=1)
def sha256(run: Run, data: Any, encoding: Any = "hex") -> str | None:
    """SHA-256 of the UTF-8 text; null for null."""
    return _digest(run, "sha256", data, encoding)


def _chain(run: Run, name: str, data: Any, encoding: Any) -> str:
    if not isinstance(data, list) or len(data) < 2:
        raise HogVMError("Data array must contain at least two elements.")
    parts = [element_text(run, item).encode("utf-8", "replace") for item in data]
    run.work(sum(map(len, parts)) + 200 * len(parts), 10.0)
    digest = parts[0]
    for part in parts[1:]:
        digest = hmac.digest(digest, part, name)
    return _encoded(digest, encoding)


@native("sha1HmacChain", least=1, most=2)
@native("sha1HmacChainHex", least=1, most=1)
def sha1_hmac_chain(run: Run, data: Any, encoding: Any = "hex") -> str:
    """HMAC-SHA-1 of the second element keyed by the first, then of each next one keyed by the digest before."""
    return _chain(run, "sha1", data, encoding)


@native("sha256HmacChain", least=1, most=2)
@native("sha256HmacChainHex", least=1, most=1)
def sha256_hmac_chain(run: Run, data: Any, encoding: Any = "hex") -> str:
    """HMAC-SHA-256 chained as in ``sha1HmacChain``."""
    return _chain(run, "sha256", data, encoding)


@native("isIPAddressInRange", least=2, most=2)
def is_ip_address_in_range(run: Run, address: Any, network: Any) -> bool:
    """Whether an IPv4 or IPv6 address lies in a network in CIDR notation; false for malformed text."""
    if address.__class__ is not str or network.__class__ is not str or "/" not in network or "%" in address + network:
        return False
    _, _, bits = network.partition("/")
    if not (bits.isascii() and bits.isdigit()):
        return False
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
