"""Random identifiers and credentials, and the hash under which keys are kept (groups_auth_platform.md B.3)."""

import hashlib
import secrets

BASE57 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
PERSONAL_KEY_BYTES = 35
PROJECT_TOKEN_BYTES = 32
IDENTIFIER_BYTES = 16


def random_base57(entropy_bytes: int) -> str:
    """Return random text of `entropy_bytes` bytes of entropy, in letters that cannot be mistaken for another."""
    # The leading bit is set so that every text of one size has the same length or one letter more.
    number = secrets.randbits(entropy_bytes * 8) | 1 << entropy_bytes * 8 - 1
    letters = []
    while number:
        number, index = divmod(number, 57)
        letters.append(BASE57[index])
    return "".join(reversed(letters))


def personal_key_value() -> str:
    """Return a new personal API key: `phx_` and 48 or 49 letters."""
    return "phx_" + random_base57(PERSONAL_KEY_BYTES)


def project_token() -> str:
    """Return a new project token: `phc_` and about 44 letters."""
    return "phc_" + random_base57(PROJECT_TOKEN_BYTES)


def key_id() -> str:
    """Return the identifier of a new personal API key."""
    return random_base57(IDENTIFIER_BYTES)


def unique_text() -> str:
    """Return a distinct id for a new user."""
    return random_base57(PROJECT_TOKEN_BYTES)


def secure_value(value: str) -> str:
    """Return what is stored of a key: unsalted sha256, since the value itself is random enough."""
    return "sha256$" + hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


def mask(value: str) -> str:
    """Return what people may see of a key: its first and last four letters."""
    return f"{value[:4]}...{value[-4:]}" if len(value) >= 16 else "********"
