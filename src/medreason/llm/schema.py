"""The shape a reply must have: a JSON schema that is sent, and the check that is made here whoever answered.

Two ways to say it: a Pydantic model, or a JSON schema of the keywords in ``KEYWORDS``. Another keyword is an error
when the shape is made, so nothing in a schema goes unchecked. What it is not: a full JSON Schema validator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from medreason.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

KEYWORDS = frozenset(
    "type properties required additionalProperties items enum const anyOf allOf minLength maxLength pattern minimum "
    "maximum exclusiveMinimum exclusiveMaximum minItems maxItems uniqueItems $ref $defs title description".split()
)
_SUBSCHEMAS = ("properties", "$defs")
_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
}
# More than this says nothing new to a model that is asked again.
MAX_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """A name, a JSON schema, and ``read(text, value)``: the checked value, or ``ValueError`` with the problems."""

    name: str
    schema: Mapping[str, Any]
    read: Callable[[str, Any], Any] = field(compare=False, repr=False)


def shape_of_schema(name: str, schema: Mapping[str, Any]) -> Shape:
    """A shape from a JSON schema; its value is plain dicts and lists.

    Raises:
        UsageError: a keyword that the check does not know.
    """
    _known(schema, name)

    def read(_text: str, value: Any) -> Any:
        if problems := check(schema, value):
            raise ValueError("; ".join(problems[:MAX_PROBLEMS]))
        return value

    return Shape(name, schema, read)


def shape_of_model(model: type[BaseModel]) -> Shape:
    """A shape from a Pydantic model; its value is an instance, validated strictly.

    The schema that is sent closes every object and requires every key, as servers with strict decoding demand.
    """
    from pydantic import ValidationError

    def read(text: str, _value: Any) -> Any:
        try:
            return model.model_validate_json(text, strict=True)
        except ValidationError as error:
            found = [f"{'.'.join(map(str, e['loc'])) or 'reply'}: {e['msg']}" for e in error.errors()]
            raise ValueError("; ".join(found[:MAX_PROBLEMS])) from None

    return Shape(model.__name__, _closed(model.model_json_schema()), read)


def _closed(node: Any, *, names: bool = False) -> Any:
    """The schema with every object closed, every key required, without titles and defaults."""
    if isinstance(node, list):
        return [_closed(n) for n in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {key: _closed(value) for key, value in node.items()}
    out = {k: _closed(v, names=k in _SUBSCHEMAS) for k, v in node.items() if k not in ("title", "default")}
    if "properties" in out:
        out |= {"additionalProperties": False, "required": list(out["properties"])}
    return out


def _known(schema: Any, where: str) -> None:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        raise UsageError(f"schema {where} is not an object", fix="give a JSON schema")
    if unknown := sorted(set(schema) - KEYWORDS):
        raise UsageError(f"schema {where} uses {', '.join(unknown)}", fix=f"known are {', '.join(sorted(KEYWORDS))}")
    for key in _SUBSCHEMAS:
        for name, sub in schema.get(key, {}).items():
            _known(sub, f"{where}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            _known(schema[key], f"{where}.{key}")
    for key in ("anyOf", "allOf"):
        for sub in schema.get(key, []):
            _known(sub, f"{where}.{key}")


def check(schema: Mapping[str, Any], value: Any) -> list[str]:
    """The problems of a value under a schema, each with its place; empty where it obeys."""
    return _check(schema, value, "reply", schema)


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def _check(schema: Any, value: Any, at: str, root: Mapping[str, Any]) -> list[str]:
    if isinstance(schema, bool):
        return [] if schema else [f"{at} is not allowed"]
    if "$ref" in schema:
        return _check(_target(schema["$ref"], root), value, at, root)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        return [f"{at} is not of type {' or '.join(kinds)}"]
    out: list[str] = []
    if "enum" in schema and not any(_same(value, allowed) for allowed in schema["enum"]):
        out.append(f"{at} is not one of {schema['enum']}")
    if "const" in schema and not _same(value, schema["const"]):
        out.append(f"{at} is not {schema['const']!r}")
    for sub in schema.get("allOf", []):
        out += _check(sub, value, at, root)
    if "anyOf" in schema:
        tried = [_check(sub, value, at, root) for sub in schema["anyOf"]]
        shortest = min(len(problems) for problems in tried)
        out += next(problems for problems in tried if len(problems) == shortest)
    if isinstance(value, dict):
        out += _check_object(schema, value, at, root)
    elif isinstance(value, list):
        out += _check_list(schema, value, at, root)
    elif isinstance(value, str):
        out += _check_text(schema, value, at)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        out += _check_number(schema, value, at)
    return out


def _target(ref: str, root: Mapping[str, Any]) -> Any:
    name = ref.removeprefix("#/$defs/")
    if ref == "#":
        return root
    if name == ref or name not in root.get("$defs", {}):
        raise UsageError(f"schema reference {ref} is not in $defs", fix="use #/$defs/NAME")
    return root["$defs"][name]


def _check_object(schema: Mapping[str, Any], value: dict[str, Any], at: str, root: Mapping[str, Any]) -> list[str]:
    out = [f"{at}.{key} is missing" for key in schema.get("required", []) if key not in value]
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    for key, sub in value.items():
        if key in known:
            out += _check(known[key], sub, f"{at}.{key}", root)
        elif rest is not True:
            out += _check(rest, sub, f"{at}.{key}", root)
    return out


def _check_list(schema: Mapping[str, Any], value: list[Any], at: str, root: Mapping[str, Any]) -> list[str]:
    out = []
    if len(value) < schema.get("minItems", 0):
        out.append(f"{at} has fewer than {schema['minItems']} items")
    if len(value) > schema.get("maxItems", len(value)):
        out.append(f"{at} has more than {schema['maxItems']} items")
    if schema.get("uniqueItems") and any(_same(a, b) for i, a in enumerate(value) for b in value[:i]):
        out.append(f"{at} repeats an item")
    if "items" in schema:
        for i, sub in enumerate(value):
            out += _check(schema["items"], sub, f"{at}.{i}", root)
    return out


def _check_text(schema: Mapping[str, Any], value: str, at: str) -> list[str]:
    out = []
    if len(value) < schema.get("minLength", 0):
        out.append(f"{at} is shorter than {schema['minLength']} characters")
    if len(value) > schema.get("maxLength", len(value)):
        out.append(f"{at} is longer than {schema['maxLength']} characters")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        out.append(f"{at} does not match {schema['pattern']}")
    return out


def _check_number(schema: Mapping[str, Any], value: float, at: str) -> list[str]:
    rules: tuple[tuple[str, Callable[[float], bool]], ...] = (
        ("minimum", lambda bound: value >= bound),
        ("maximum", lambda bound: value <= bound),
        ("exclusiveMinimum", lambda bound: value > bound),
        ("exclusiveMaximum", lambda bound: value < bound),
    )
    return [f"{at} breaks {name} {schema[name]}" for name, holds in rules if name in schema and not holds(schema[name])]
