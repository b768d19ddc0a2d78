"""Clicked elements as one text, the form in which ``events.elements_chain`` keeps them.

An element reads ``tag.class1.class2:attribute="value"...``, attributes sorted by name, elements joined by ``;``,
innermost first. SDKs send the text ready made (``$elements_chain``) or the elements as objects (``$elements``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXT_LENGTH = 400
_LINK_LENGTH = 2048


def take_chain(properties: dict[str, Any]) -> str:
    """Remove the elements from an event's ``properties`` and return them as text, "" if it has none."""
    ready_made = properties.pop("$elements_chain", None)
    elements = properties.pop("$elements", None)
    if isinstance(ready_made, str) and ready_made:
        return ready_made
    if not isinstance(elements, list):
        return ""
    return ";".join(_describe(element) for element in elements if isinstance(element, dict))


def _describe(element: Mapping[str, Any]) -> str:
    attributes: dict[str, Any] = {
        "nth-child": element.get("nth_child") or 0,
        "nth-of-type": element.get("nth_of_type") or 0,
    }
    if text := element.get("$el_text"):
        attributes["text"] = str(text)[:_TEXT_LENGTH]
    if link := element.get("attr__href"):
        attributes["href"] = str(link)[:_LINK_LENGTH]
    if identifier := element.get("attr__id"):
        attributes["attr_id"] = identifier
    attributes.update((name, value) for name, value in element.items() if name.startswith("attr__"))
    names = "".join(f".{name}" for name in sorted(_classes(element.get("attr__class"))))
    described = "".join(f'{name}="{_escape(value)}"' for name, value in sorted(attributes.items()))
    return f"{element.get('tag_name') or ''}{names}:{described}"


def _classes(value: Any) -> list[str]:
    names = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return [str(name).replace('"', "") for name in names]


def _escape(value: Any) -> str:
    return str(value).replace('"', '\\"')
