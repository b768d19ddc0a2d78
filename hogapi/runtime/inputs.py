"""Values of a function's inputs: validated, compiled, put in order, secrets apart (hog_functions.md 2.5, 2.6)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hogapi.api.errors import InvalidInput
from hogapi.hog.errors import HogError
from hogapi.runtime import shapes
from hogapi.runtime.source import compile_text

Item = dict[str, Any]

SECRET: Item = {"secret": True}
MAX_TEMPLATE_CHARACTERS = 2**20
"""Of all templates of one set of inputs together: compiling them takes time in proportion."""
_TEMPLATED = frozenset({"string", "dictionary", "json", "boolean", "email", "native_email", "push_subscription"})
_EMAILS = frozenset({"email", "native_email"})


@dataclass(frozen=True)
class Inputs:
    """Validated inputs. `shown` is what is stored in clear and answered; `secrets` holds the items to encrypt."""

    shown: dict[str, Item | None]
    secrets: dict[str, Item]
    dropped: tuple[str, ...] = ()
    """Keys that were sent but that the schema does not declare."""

    def complete(self) -> dict[str, Item]:
        """The items that have a value, secrets included: what a program runs with."""
        return complete(self.shown, self.secrets)


def complete(shown: Mapping[str, Item | None], secrets: Mapping[str, Item]) -> dict[str, Item]:
    """Join what is stored in clear with the decrypted secrets; keys without a value are left out."""
    public = {key: item for key, item in shown.items() if item and "value" in item}
    return {**public, **secrets}


def validate(
    inputs: Any,
    *,
    schema: Sequence[Mapping[str, Any]],
    stored_secrets: Mapping[str, Item],
    attr: str = "inputs",
) -> Inputs:
    """Check `inputs` against a clean `schema` and compile their templates. Raises InvalidInput.

    `stored_secrets` are the decrypted items of the function as it is: they stand in for secrets that are left out.
    """
    given = shapes.dictionary(inputs, attr)
    shapes.storable(given, attr)
    if sum(len(text) for text in _texts(given) if "{" in text) > MAX_TEMPLATE_CHARACTERS:
        raise InvalidInput("The templates of all inputs together exceed 1MB.", attr=attr)
    declarations = {declaration["key"]: declaration for declaration in schema}
    checked: dict[str, Item] = {}
    references: dict[str, frozenset[str]] = {}
    for key, declaration in declarations.items():
        place = shapes.path(attr, key)
        # A null is what a key without a value is answered as, so clients send it back.
        item = {} if given.get(key) is None else shapes.mapping(given[key], place)
        if declaration["secret"] and stored_secrets and (not item or item.get("secret")):
            item = stored_secrets.get(key, {})
        clean, uses = _item(item, declaration, place)
        if "value" in clean:
            checked[key] = clean
            references[key] = uses
    ordered = _in_order(checked, references, attr)
    secret_keys = {key for key, declaration in declarations.items() if declaration["secret"]}
    shown: dict[str, Item | None] = {key: SECRET if key in secret_keys else item for key, item in ordered.items()}
    shown |= {key: None for key in declarations if key not in shown and key not in secret_keys}
    return Inputs(
        shown=shown,
        secrets={key: item for key, item in ordered.items() if key in secret_keys},
        dropped=tuple(key for key in given if key not in declarations),
    )


def _item(item: Mapping[str, Any], declaration: Mapping[str, Any], place: str) -> tuple[Item, frozenset[str]]:
    clean: Item = {}
    if "value" in item:
        clean["value"] = item["value"]
    templating = declaration.get("templating")
    if templating is True or templating == "hog":
        clean["templating"] = "hog"
    elif templating == "liquid":
        clean["templating"] = "liquid"
    elif item.get("templating") is not None:
        clean["templating"] = shapes.choice(item["templating"], shapes.path(place, "templating"), ("hog", "liquid"))
    value = clean.get("value")
    if declaration["required"] and (value is None or value == ""):
        raise InvalidInput("This field is required.", attr=place)
    if not value:
        return clean, frozenset()
    liquid = clean.get("templating") == "liquid"
    _check_type(value, declaration, liquid, place)
    if templating is False or liquid or declaration["type"] not in _TEMPLATED:
        return clean, frozenset()
    source = value
    if declaration["type"] in _EMAILS:
        source = {key: part for key, part in value.items() if key != "design"}
    references: set[str] = set()
    try:
        clean["bytecode"] = _compile(source, references)
    except HogError as error:
        raise InvalidInput(f"Invalid template: {error.message}", attr=place) from None
    return clean, frozenset(references)


def _check_type(value: Any, declaration: Mapping[str, Any], liquid: bool, place: str) -> None:
    kind = declaration["type"]
    templated = declaration.get("templating") is not False
    problem: str | None = None
    if kind in ("string", "push_subscription"):
        problem = None if isinstance(value, str) else "Value must be a string."
    elif kind == "number":
        problem = None if isinstance(value, int | float) else "Value must be a number."
    elif kind == "boolean":
        if isinstance(value, str) and templated:
            if liquid:
                problem = "Liquid templating is not supported for boolean fields. Use Hog templating instead."
        elif not isinstance(value, bool):
            problem = "Value must be a boolean or a template string." if templated else "Value must be a boolean."
    elif kind == "dictionary":
        problem = None if isinstance(value, Mapping) else "Value must be a dictionary."
    elif kind == "integration":
        number = isinstance(value, int) and not isinstance(value, bool)
        problem = None if number else "Value must be an Integration ID."
    elif kind in _EMAILS:
        problem = _email_problem(value)
    if problem:
        raise InvalidInput(problem, attr=place)


def _email_problem(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return "Value must be an email object."
    for part in ("from", "to", "subject"):
        if not value.get(part):
            return f"Missing value for '{part}'."
    return None if value.get("text") or value.get("html") else "Either 'text' or 'html' is required."


def _compile(value: Any, references: set[str]) -> Any:
    """Mirror `value` with bytecode in place of every string; adds the inputs it refers to to `references`."""
    if isinstance(value, str):
        bytecode, uses = compile_text(value)
        references |= uses
        return bytecode
    if isinstance(value, Mapping):
        return {key: _compile(part, references) for key, part in value.items()}
    if isinstance(value, list):
        return [_compile(part, references) for part in value]
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(part)


def _in_order(items: dict[str, Item], references: Mapping[str, frozenset[str]], attr: str) -> dict[str, Item]:
    """Sort items so that each comes after those it refers to, number them. First declared, first served."""
    waiting_for = {key: {one for one in references[key] if one in items} for key in items}
    ready = deque(key for key, others in waiting_for.items() if not others)
    ordered: dict[str, Item] = {}
    while ready:
        key = ready.popleft()
        ordered[key] = {**items[key], "order": len(ordered)}
        for other, others in waiting_for.items():
            if key in others:
                others.discard(key)
                if not others:
                    ready.append(other)
    if len(ordered) < len(items):
        raise InvalidInput("Circular dependency detected in input_deps.", attr=attr)
    return ordered
