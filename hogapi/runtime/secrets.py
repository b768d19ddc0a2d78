"""Secrets at rest: JSON documents encrypted with Fernet under ``settings.ENCRYPTION_KEYS``, newest key first.

Any of the keys decrypts, the first one encrypts, so keys can be rotated without a pause.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from hogapi.api.errors import Conflict

_BEYOND_ORJSON = re.compile(rb"\d{19}|\\ud")  # long integers and halves of characters


class UnreadableSecrets(Conflict):
    """The stored text was encrypted under a key that is no longer configured: 409 to who wants to change it."""


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(document: Any) -> str:
    """Return the encrypted form of a JSON document; starts with ``gAAAA``."""
    try:
        text = orjson.dumps(document)
    except TypeError:  # integers beyond 64 bit, halves of characters
        text = json.dumps(document).encode()
    return _cipher(tuple(settings.ENCRYPTION_KEYS)).encrypt(text).decode()


def decrypt(text: str) -> Any:
    """Return the JSON document that `encrypt` made `text` from. Raises UnreadableSecrets."""
    try:
        document = _cipher(tuple(settings.ENCRYPTION_KEYS)).decrypt(text.encode())
    except InvalidToken:
        raise UnreadableSecrets("The secrets of this function cannot be read with the configured keys.") from None
    return json.loads(document) if _BEYOND_ORJSON.search(document) else orjson.loads(document)
