"""Files of settings: a YAML mapping read into a Pydantic model, every wrong key named at once, with a suggestion."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from medreason.errors import InputError


def read_mapping(file: Path, what: str) -> dict[str, Any]:
    """The mapping in a YAML file.

    Args:
        file: The file.
        what: What it is called in errors: ``run file``, ``recipe``.

    Raises:
        InputError: it cannot be read, or is no mapping.
    """
    try:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        cause = " ".join(str(error).split())
        raise InputError(f"cannot read the {what}: {cause}", fix="give a YAML file", item=file.name) from error
    if not isinstance(loaded, dict) or not all(isinstance(key, str) for key in loaded):
        raise InputError(f"a {what} is a YAML mapping of keys to values", item=file.name)
    return dict(loaded)


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """All keys of a model, those of its sections as ``section.key``."""
    for name, field in model.model_fields.items():
        yield prefix + name
        for part in _parts(field.annotation):
            yield from keys_of(part, f"{prefix}{name}.")


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, types.UnionType}:
        for one in get_args(annotation):
            yield from _parts(one)


def explain(error: ValidationError, model: type[BaseModel], *, missing: str = "", told: dict[str, str]) -> str:
    """What is wrong with the values, in one line.

    Args:
        error: What Pydantic found.
        model: The model; its keys are what a misspelt one may have meant.
        missing: Added to a key that is missing, with ``{option}`` for the key as an option of the command line.
        told: Key → what to give there, instead of Pydantic's words.
    """
    known = list(keys_of(model))
    lines = []
    for problem in error.errors():
        name = ".".join(map(str, problem["loc"]))
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, known, n=1)
            hint = f", did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            lines.append(f"unknown key {name}{hint}")
        elif problem["type"] == "missing":
            lines.append(f"{name} is missing" + missing.format(option=name.replace("_", "-")))
        elif name in told:
            lines.append(f"{name}: {told[name]}")
        else:
            lines.append(f"{name}: {problem['msg']}" if name else problem["msg"].removeprefix("Value error, "))
    return "; ".join(lines)
