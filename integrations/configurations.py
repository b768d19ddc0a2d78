"""Telling secrets in a configuration by their names, and finding a name for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SECRET = re.compile(
    r"(?:^|[_-])(?:tokens?|secrets?|passwords?|passphrase|credentials?|keys?|key_info|signature)$", re.I
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAMED_BY = ("display_name", "name", "title", "email", "domain", "account_name")


def divided(config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what may be shown of a configuration, and the values under names such as `access_token`, at any depth."""
    public: dict[str, Any] = {}
    private: dict[str, Any] = {}
    for key, value in config.items():
        if _SECRET.search(_CAMEL.sub("_", key)):
            private[key] = value
        elif isinstance(value, Mapping):
            public[key], inner = divided(value)
            if inner:
                private[key] = inner
        else:
            public[key] = value
    return public, private


def name_of(config: Mapping[str, Any], *, default: str) -> str:
    """Return what a configuration calls itself, such as the name of a Slack team."""
    team = config.get("team")
    for source in (team if isinstance(team, Mapping) else {}, config):
        for key in _NAMED_BY:
            if isinstance(source.get(key), str) and source[key].strip():
                return str(source[key]).strip()[:400]
    return default
