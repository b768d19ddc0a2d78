"""The OpenAPI document: scopes, names and error answers that clients and documentation rely on (H).

`ApiSchema` describes one operation, the two hooks work on the whole document. All are named in SPECTACULAR_SETTINGS.
"""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from hogapi.api.permissions import scopes_of

SECURITY_SCHEME = "PersonalAPIKeyAuth"
_PARENTS = ("projects", "environments", "organizations")
_PARAMETERS = {
    "project_id": "Id of the project, or @current.",
    "organization_id": "Id of the organization, or @current.",
}

# Which failures a document reader is told of; `attr` names the field at fault where there is one.
_FAILURES = {
    "400": ("BadRequest", "The request is malformed or breaks a rule."),
    "401": ("Unauthorized", "No key, or one that is not valid."),
    "403": ("Forbidden", "The key lacks a scope, or its owner is no member."),
    "404": ("NotFound", "No such project or object."),
    "429": ("TooManyRequests", "Over the rate that the RateLimit-Policy header tells."),
}


class ApiSchema(AutoSchema):
    """Describes an operation as upstream's document does: its id, tags and the scopes that a key needs."""

    def get_operation_id(self) -> str:
        """Return the path's segments and the action; routes of a project drop the word projects."""
        operation_id = str(super().get_operation_id())
        action = getattr(self.view, "action", None)
        if self.method == "GET" and action not in ("list", *getattr(self.view, "listing_actions", ())):
            operation_id = operation_id.removesuffix("_list").removesuffix("_retrieve") + "_retrieve"
        operation_id += str(getattr(self.view, "operation_suffixes", {}).get(action, ""))
        if _is_below_parent(self.path):
            return operation_id.removeprefix("projects_")
        return operation_id

    def get_tags(self) -> list[str]:
        """Return the first segment after the parent."""
        segments = [segment for segment in self.path.split("/") if segment and not segment.startswith("{")][1:]
        return segments[1:2] if _is_below_parent(self.path) else segments[:1]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return the scopes that a key needs; nothing for operations closed to keys."""
        scopes = scopes_of(self.view, getattr(self.view, "action", None) or "")
        return [] if scopes is None else [{SECURITY_SCHEME: list(scopes)}]

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """Do not require fields marked `style={"may_be_absent": True}`; other read-only ones are always there."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if "required" in schema:
            absent = {name for name, field in serializer.fields.items() if field.style.get("may_be_absent")}
            schema["required"] = [name for name in schema["required"] if name not in absent]
        return schema

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "in": "path",
                "name": name,
                "schema": {"type": "string"},
                "required": True,
                "description": _PARAMETERS.get(name, "Id of the object."),
            }
            for name in variables
        ]


def public_endpoints(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Keep the operations of resources and spell their paths with the slash: preprocessing hook."""
    kept = []
    for path, regex, method, view in endpoints:
        plain = path.rstrip("/") + "/"
        documented = getattr(view.cls, "scope_object", None) is not None or getattr(view.cls, "documented", False)
        if plain.startswith("/api/") and documented:
            kept.append((plain, regex, method, view))
    return kept


def name_mixed_choices(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Give choices of which some are text and some are boolean a component: postprocessing hook.

    Comes before the hook that names the other enumerations, which can only name those of one type.
    """
    for owner, schema in result["components"]["schemas"].items():
        for field, prop in schema.get("properties", {}).items():
            choices = prop.get("enum", [])
            text = [choice for choice in choices if isinstance(choice, str)]
            if text and any(isinstance(choice, bool) for choice in choices):
                name = f"{owner}{field.title().replace('_', '')}Enum"
                kinds = {"oneOf": [{"type": "boolean"}, {"type": "string", "enum": text}]}
                component = ResolvedComponent(name, ResolvedComponent.SCHEMA, kinds, name)  # type: ignore[no-untyped-call]
                generator.registry.register_on_missing(component)
                for replaced in ("enum", "type", "x-spec-enum-id"):
                    prop.pop(replaced, None)
                prop["allOf"] = [component.ref]
    return result


def add_failures(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the error envelope to every operation: postprocessing hook."""
    components = result["components"]
    components["schemas"]["ErrorResponse"] = {
        "type": "object",
        "description": "The body of every failure.",
        "properties": {
            "type": {
                "type": "string",
                "enum": [
                    "authentication_error",
                    "invalid_request",
                    "server_error",
                    "throttled_error",
                    "validation_error",
                ],
            },
            "code": {"type": "string", "description": "Machine-readable reason."},
            "detail": {"type": "string", "description": "One sentence for people."},
            "attr": {"type": "string", "nullable": True, "description": "Path of the field at fault, joined by __."},
            "extra": {"type": "object", "additionalProperties": {}},
        },
        "required": ["type", "code", "detail", "attr"],
    }
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}}
    components["responses"] = {name: {"description": text, "content": body} for name, text in _FAILURES.values()}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status, (name, _) in _FAILURES.items():
                if status != "404" or "{" in path:
                    operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{name}"})
    return result


def _is_below_parent(path: str) -> bool:
    segments = path.strip("/").split("/")
    return len(segments) > 3 and segments[1] in _PARENTS and segments[2].startswith("{")
