"""What programs and filters see of an event (hog_functions.md 3.1, hog_language.md 8 and 9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from django.conf import settings
from django.utils.dateparse import parse_datetime

_NAME_PROPERTIES = ("email", "Email", "name", "Name", "username", "Username", "UserName")
_HREF = re.compile(r'(?::|")href="(.*?)"')
_TEXT = re.compile(r'(?::|")text="(.*?)"')
_ID = re.compile(r'(?::|")attr_id="(.*?)"')
_ELEMENT = re.compile(r"(?:^|;)(a|button|form|input|select|textarea|label)(?=\.|$|:)")


@dataclass(frozen=True, slots=True)
class Subject:
    """The project that an event belongs to."""

    id: int
    name: str

    @property
    def url(self) -> str:
        """Where a person looks at the project."""
        return f"{settings.SITE_URL}/project/{self.id}"

    def shown(self) -> dict[str, Any]:
        """The global ``project``."""
        return {"id": self.id, "name": self.name, "url": self.url}


def source_global(project: Subject, *, id: str, name: str) -> dict[str, Any]:
    """The global ``source``: the function that runs."""
    return {"name": name, "url": f"{project.url}/functions/{id}"}


def event_globals(
    project: Subject,
    *,
    uuid: str,
    event: str,
    distinct_id: str,
    properties: Mapping[str, Any],
    timestamp: datetime,
    elements_chain: str = "",
    person_id: str | None = None,
    person_properties: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The globals ``project``, ``event``, ``person`` and ``groups`` for a captured event."""
    stamp = _iso(timestamp)
    person = None
    if person_id is not None:
        owned = dict(person_properties or {})
        person = {
            "id": person_id,
            "name": next((str(owned[key]) for key in _NAME_PROPERTIES if owned.get(key)), distinct_id),
            "url": f"{project.url}/person/{quote(distinct_id, safe='')}",
            "properties": owned,
        }
    return {
        "project": project.shown(),
        "event": {
            "uuid": uuid,
            "event": event,
            "distinct_id": distinct_id,
            "properties": properties,
            "elements_chain": elements_chain,
            "timestamp": stamp,
            "url": f"{project.url}/events/{quote(uuid, safe='')}/{quote(stamp, safe='')}",
        },
        "person": person,
        "groups": {},
    }


def stored_event_globals(project: Subject, row: Mapping[str, Any]) -> dict[str, Any]:
    """The globals for an event as ClickHouse gives it (``clickhouse_event`` of a test run).

    JSON columns may come as text. Unusable parts count as empty.
    """
    timestamp = row.get("timestamp") or row.get("created_at")
    return event_globals(
        project,
        uuid=str(row.get("uuid") or ""),
        event=str(row.get("event") or ""),
        distinct_id=str(row.get("distinct_id") or ""),
        properties=_object(row.get("properties")),
        timestamp=_moment(timestamp),
        elements_chain=str(row.get("elements_chain") or ""),
        person_id=None if row.get("person_id") is None else str(row["person_id"]),
        person_properties=_object(row.get("person_properties")),
    )


def filter_globals(globals: Mapping[str, Any]) -> dict[str, Any]:
    """What filters see: the event's parts at the top level, all roots present whatever the event holds."""
    event = _mapping(globals.get("event"))
    properties = _mapping(event.get("properties"))
    person = _mapping(globals.get("person"))
    chain = event.get("elements_chain") or properties.get("$elements_chain") or ""
    known = {"id": person.get("id"), "properties": person.get("properties") or {}} if person else None
    groups = [group for group in _mapping(globals.get("groups")).values() if isinstance(group, Mapping)]
    result: dict[str, Any] = {
        "event": event.get("event"),
        "uuid": event.get("uuid"),
        "timestamp": event.get("timestamp"),
        "distinct_id": event.get("distinct_id"),
        "properties": properties,
        "person": known or {"id": None, "properties": {}},
        "pdi": {
            "distinct_id": event.get("distinct_id"),
            "person_id": known["id"] if known else None,
            "person": known or {"id": None, "properties": {}},
        },
        "variables": globals.get("variables") or {},
        **_elements(chain if isinstance(chain, str) else ""),
    }
    for index in range(5):
        group = next((one for one in groups if one.get("index") == index), {})
        result[f"$group_{index}"] = group.get("id") or properties.get(f"$group_{index}")
        result[f"group_{index}"] = {"properties": group.get("properties") or {}}
    return result


def _elements(chain: str) -> dict[str, Any]:
    if not chain:
        return {
            "elements_chain": "",
            "elements_chain_href": "",
            "elements_chain_texts": [],
            "elements_chain_ids": [],
            "elements_chain_elements": [],
        }
    href = _HREF.search(chain)
    return {
        "elements_chain": chain,
        "elements_chain_href": href.group(1) if href else "",
        "elements_chain_texts": list(dict.fromkeys(_TEXT.findall(chain))),
        "elements_chain_ids": list(dict.fromkeys(_ID.findall(chain))),
        "elements_chain_elements": list(dict.fromkeys(_ELEMENT.findall(chain))),
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return _mapping(value)


def _moment(value: Any) -> datetime:
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        return datetime.now(UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
