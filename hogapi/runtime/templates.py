"""The library of templates: folders under ``catalogue`` brought into PostgreSQL, and templates as answers show them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
import yaml
from django.db import transaction

from hogapi.runtime import input_schema
from hogapi.runtime.models import HogFunctionTemplate
from hogapi.runtime.source import compile_hog

CATALOGUE = Path(__file__).parent / "catalogue"
_SHOWN = (
    "name",
    "description",
    "code",
    "code_language",
    "inputs_schema",
    "type",
    "status",
    "category",
    "free",
    "icon_url",
    "filters",
    "masking",
    "mapping_templates",
)
_DEFAULTS: dict[str, Any] = {
    "description": "",
    "code_language": "hog",
    "status": "alpha",
    "category": [],
    "free": False,
    "icon_url": None,
    "filters": None,
    "masking": None,
    "mapping_templates": None,
}


def read(folder: Path) -> dict[str, Any]:
    """Return the columns of the template in `folder` (``template.yaml`` and ``template.hog``).

    Raises InvalidInput if its schema is wrong or its program does not compile, OSError and KeyError if parts miss.
    """
    described = yaml.safe_load((folder / "template.yaml").read_text())
    columns: dict[str, Any] = {**_DEFAULTS, **described}
    columns["template_id"] = columns.pop("id")
    columns["code"] = (folder / "template.hog").read_text().strip()
    columns["inputs_schema"] = input_schema.validate(columns["inputs_schema"])
    shown = [columns["template_id"], *(columns[key] for key in _SHOWN)]
    columns["sha"] = hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()[:8]
    columns["bytecode"] = compile_hog(columns["code"], type=columns["type"])
    return columns


@transaction.atomic
def sync(catalogue: Path = CATALOGUE) -> list[str]:
    """Bring the templates of `catalogue` into the database; return the ids of those that are new or have changed.

    Rows of templates that left the catalogue stay, since functions may show them. Raises as `read`.
    """
    known = dict(HogFunctionTemplate.objects.values_list("template_id", "sha"))
    changed = []
    for folder in sorted(one for one in catalogue.iterdir() if one.is_dir()):
        columns = read(folder)
        template_id = columns.pop("template_id")
        if known.get(template_id) != columns["sha"]:
            HogFunctionTemplate.objects.update_or_create(template_id=template_id, defaults=columns)
            changed.append(template_id)
    return changed


def find(template_id: str) -> HogFunctionTemplate | None:
    """Return the template with this id, with what a function copies from it."""
    copied = ("name", "description", "icon_url", "inputs_schema", "code")
    return HogFunctionTemplate.objects.filter(template_id=template_id).only(*copied).first()


def present(template: HogFunctionTemplate) -> dict[str, Any]:
    """Return the template in the shape of `fields.HogFunctionTemplateSerializer`."""
    return {"id": template.template_id, **{key: getattr(template, key) for key in _SHOWN}}


class PresentedTemplates:
    """JSON of templates as answers show it, made once per version; bounded, safe between threads.

    Hundreds of functions share a template whose code is long, so lists neither join nor encode it per row.
    """

    LARGEST = 1000

    def __init__(self) -> None:
        self._texts: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock = Lock()

    def fragments(self, versions: Iterable[tuple[str, str]]) -> dict[str, orjson.Fragment]:
        """Return the JSON of templates by primary key, given (primary key as text, sha).

        Costs one SQL query if one of them was never seen.
        """
        wanted = set(versions)
        with self._lock:
            found = {version: self._texts[version] for version in wanted if version in self._texts}
        missing = {pk for pk, sha in wanted if (pk, sha) not in found}
        if missing:
            for template in HogFunctionTemplate.objects.filter(pk__in=missing):
                found[str(template.pk), template.sha] = orjson.dumps(present(template))
            with self._lock:
                self._texts.update(found)
                while len(self._texts) > self.LARGEST:
                    self._texts.popitem(last=False)
        return {pk: orjson.Fragment(text) for (pk, _), text in found.items()}


presented = PresentedTemplates()
