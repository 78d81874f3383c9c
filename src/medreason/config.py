"""The run file: what ``medreason run`` needs, checked before anything starts.

A key that is not known is an error with a suggestion. Paths in a YAML file are relative to that file; options of
the command line override it. What identifies a run (and goes into its manifest) is :meth:`RunConfig.identity`:
never a path, a worker count or a time.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medreason.errors import InputError, UsageError

# Lead in bits from which the offline teacher decides: the smallest on a half-bit grid at which 90 % (macro over
# diseases) of the decided development cases of the calibration half were right; python -m benchmarks.margin.
DEFAULT_MARGIN = 10.0


# Values of the linking section by profile; compat has the published ones (see medreason.linking.choose.Thresholds).
LINKING_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"k": 10, "keep": 0.35, "accept": 0.9, "alone": True, "similar_only": False},
    "compat": {"k": 10, "keep": 0.70, "accept": 0.85, "alone": False, "similar_only": True},
}


class LinkingConfig(BaseModel):
    """Section ``linking``: when a candidate concept is considered and when it is taken.

    Keys that are not given have the value of ``profile``. ``medreason link-eval`` reads it; ``run`` links by names
    alone and does not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: Literal["default", "compat"] = "default"
    k: int = Field(ge=1, le=1000)
    keep: float = Field(ge=0, le=1)
    accept: float = Field(ge=0, le=1)
    alone: bool
    similar_only: bool

    @model_validator(mode="before")
    @classmethod
    def _from_profile(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        name = values.get("profile", "default")
        return {**LINKING_PROFILES.get(name if isinstance(name, str) else "", LINKING_PROFILES["default"]), **values}


class RunConfig(BaseModel):
    """Everything a run is made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: Path
    source: Literal["phenopackets", "jsonl"]
    kg: Path
    out: Path
    teacher: Literal["offline"] = "offline"
    limit: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0)
    margin: float = Field(default=DEFAULT_MARGIN, ge=0, allow_inf_nan=False)
    exclude_own_paper: bool = True
    workers: int = Field(default=1, ge=1, le=256)
    linking: LinkingConfig = Field(default_factory=lambda: LinkingConfig.model_validate({}))

    def identity(self) -> dict[str, Any]:
        """What must be equal for two runs to be one: no path, no worker count."""
        return self.model_dump(include={"source", "teacher", "limit", "seed", "margin", "exclude_own_paper"})


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = ".".join(map(str, problem["loc"]))
        if problem["type"] == "extra_forbidden":
            known = [*RunConfig.model_fields, *(f"linking.{key}" for key in LinkingConfig.model_fields)]
            near = difflib.get_close_matches(name, known, n=1)
            hint = f", did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            lines.append(f"unknown key {name}{hint}")
        elif problem["type"] == "missing":
            lines.append(f"{name} is missing (option --{name.replace('_', '-')})")
        else:
            lines.append(f"{name}: {problem['msg']}")
    return "; ".join(lines)


def _read(file: Path) -> dict[str, Any]:
    """The mapping of a run file, its paths relative to the file."""
    try:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        cause = " ".join(str(error).split())
        raise InputError(f"cannot read the run file: {cause}", fix="give a YAML file", item=file.name) from error
    if not isinstance(loaded, dict):
        raise InputError("a run file is a YAML mapping of keys to values", item=file.name)
    values = dict(loaded)
    for key in ("questions", "kg", "out"):
        if isinstance(values.get(key), str):
            values[key] = file.parent / Path(values[key]).expanduser()
    return values


def load_linking(file: Path | None, profile: str = "") -> LinkingConfig:
    """The section ``linking`` of a run file (the rest is not looked at); a profile named here wins over its own.

    Raises:
        InputError: the file cannot be read or is not a YAML mapping.
        UsageError: a profile or keys unknown or of wrong value, all named at once.
    """
    section = _read(file).get("linking", {}) if file is not None else {}
    if profile and isinstance(section, dict):
        section = {**section, "profile": profile}
    try:
        return LinkingConfig.model_validate(section)
    except ValidationError as error:
        wrong = "; ".join(f"linking.{'.'.join(map(str, e['loc'])) or 'section'}: {e['msg']}" for e in error.errors())
        raise UsageError(wrong, fix=f"known are {', '.join(LinkingConfig.model_fields)}") from error


def load_config(file: Path | None, options: dict[str, Any]) -> RunConfig:
    """Reads a run file and lays the given options over it.

    Raises:
        InputError: the file cannot be read or is not a YAML mapping.
        UsageError: keys unknown, missing or of wrong value, all named at once.
    """
    values = _read(file) if file is not None else {}
    values.update({k: v for k, v in options.items() if v is not None})
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise UsageError(_explain(error), fix="see medreason run --help") from error
