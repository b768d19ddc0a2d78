"""Which templates are shown, and in which order (hog_functions.md 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower

from hog_functions.models import FunctionType, HogFunction
from hogapi.runtime.models import HogFunctionTemplate
from hogapi.runtime.templates import present, presented

DEPRECATED, HIDDEN = "deprecated", "hidden"


def listed(params: Mapping[str, str], *, public: bool) -> QuerySet[HogFunctionTemplate, tuple[Any, str]]:
    """Return (primary key, sha) of the templates that a list with these query parameters shows.

    Those that most enabled functions of all projects use come first, then by name. Only destinations are shown unless
    `type`, `types` or `template_id` ask for something. `public` leaves hidden ones out.
    """
    found = HogFunctionTemplate.objects.exclude(status__in=(DEPRECATED, HIDDEN) if public else (DEPRECATED,))
    template_id = params.get("template_id")
    types = _types(params)
    if template_id:
        found = found.filter(template_id=_storable(template_id))
    if types or not template_id:
        found = found.filter(type__in=types or [FunctionType.DESTINATION])
    using = HogFunction.objects.filter(hog_function_template=OuterRef("pk"), enabled=True, deleted=False)
    count = using.order_by().values("hog_function_template").annotate(number=Count("pk")).values("number")
    order = (Coalesce(Subquery(count), 0).desc(), Lower("name"), "template_id")
    return found.order_by(*order).values_list("pk", "sha")


def shown(rows: Sequence[tuple[Any, str]]) -> list[orjson.Fragment]:
    """Return the JSON of the templates of `listed`, in the shape of ``fields.HogFunctionTemplateSerializer``."""
    fragments = presented.fragments((str(pk), sha) for pk, sha in rows)
    return [fragments[str(pk)] for pk, _ in rows]


def one(template_id: str, *, public: bool) -> dict[str, Any] | None:
    """Return a template as `shown`, deprecated or not; None if there is none, or if it is hidden from the `public`."""
    template = HogFunctionTemplate.objects.filter(template_id=_storable(template_id)).first()
    if template is None or (public and template.status == HIDDEN):
        return None
    return present(template)


def _types(params: Mapping[str, str]) -> list[str]:
    given = params.get("type") or ""
    return [_storable(name.strip()) for name in ([given] if given else params.get("types", "").split(",")) if name]


def _storable(text: str) -> str:
    # PostgreSQL refuses the character; no stored text holds it, and none holds its replacement.
    return text.replace("\0", "\ufffd")
