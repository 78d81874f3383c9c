"""The run file: what ``medreason run`` needs, checked before anything starts.

A key that is not known is an error with a suggestion. Paths in a YAML file are relative to that file; options of
the command line override it. What identifies a run (and goes into its manifest) is :meth:`RunConfig.identity`:
never a path, a worker count or a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from medreason.errors import UsageError
from medreason.yamlfile import explain, read_mapping

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

    Keys that are not given have the value of ``profile``. ``medreason link-eval`` reads it, and ``run`` where a model
    extracts the mentions (``llm.stages.extract``); elsewhere ``run`` links by names alone.
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


class PriceConfig(BaseModel):
    """Price of a model per million tokens, in one currency for the whole run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: float = Field(ge=0, allow_inf_nan=False)
    completion: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class StagesConfig(BaseModel):
    """Which stages beside the reasoning ask the model; the offline way needs no call.

    ``answer``: after a chain is kept, whether a model reaches the answer from it without its conclusion (a flag).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    extract: Literal["offline", "llm"] = "offline"
    choose: Literal["offline", "llm"] = "offline"
    prune: Literal["offline", "llm"] = "offline"
    answer: Literal["off", "llm"] = "off"


class LlmConfig(BaseModel):
    """Section ``llm``: how a language model is asked, how fast, and for how much at most.

    What changes a reply or a record (``ASKED``) is part of a run's identity; the rest is not. ``mark`` is a flag of
    every record.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ASKED: ClassVar[frozenset[str]] = frozenset(
        "mark samples hint temperature top_p max_tokens seed reasoning_effort extra stages kept".split()
    )

    key_env: str = ""
    key_file: Path | None = None
    transport: Literal["aiohttp", "openai", "azure"] = "aiohttp"
    key_header: Literal["Authorization", "api-key"] = "Authorization"
    api_version: str = ""
    structured: Literal["auto", "json_schema", "json_object", "none"] = "auto"
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    timeout: float = Field(default=600.0, gt=0, allow_inf_nan=False)
    local_only: bool = False

    mark: str = Field(default="", pattern=r"^[a-z_]*$")
    samples: int = Field(default=3, ge=1, le=64)
    hint: bool = True
    temperature: float | None = Field(default=0.7, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=4096, ge=1)
    seed: int | None = None
    reasoning_effort: str = ""
    extra: dict[str, Any] = Field(default_factory=dict)
    stages: StagesConfig = Field(default_factory=StagesConfig)
    kept: int = Field(default=3, ge=1, le=50)

    start: int = Field(default=64, ge=1)
    most: int = Field(default=256, ge=1, le=4096)
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    gone: float = Field(default=1800.0, ge=0, allow_inf_nan=False)

    prices: dict[str, PriceConfig] = Field(default_factory=dict)
    max_cost: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    max_run_tokens: int | None = Field(default=None, ge=1)


class RunConfig(BaseModel):
    """Everything a run is made of.

    Attributes:
        questions: A file or folder, or a hub id such as ``hf:NAME[/CONFIG][:SPLIT]``.
        source: ``phenopackets``, ``jsonl``, or the name of a published question set.
        split: Its split, where the place does not tell.
        allow_evaluation_split: Read test data all the same; every record is flagged.
        first_cop: For MedMCQA: whether its answers count from 0 or from 1, where the rows do not tell.
        teacher: ``offline``; the base URL of a chat server; ``files:DIR``; or ``replay:RUN``.
        model: Name of the model at the server.
        profile: ``default``, or ``compat`` for the published method.
        retry_failed: Class of failure whose requests are asked again; not part of a run's identity.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: Path | str
    source: str
    split: str = ""
    allow_evaluation_split: bool = False
    first_cop: Literal[0, 1] | None = None
    kg: Path
    out: Path
    teacher: str = Field(default="offline", pattern=r"^(offline|https?://.+|files:.+|replay:.+)$")
    model: str = ""
    profile: Literal["default", "compat"] = "default"
    limit: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0)
    margin: float = Field(default=DEFAULT_MARGIN, ge=0, allow_inf_nan=False)
    exclude_own_paper: bool = True
    workers: int = Field(default=1, ge=1, le=256)
    linking: LinkingConfig = Field(default_factory=lambda: LinkingConfig.model_validate({}))
    llm: LlmConfig = Field(default_factory=LlmConfig)
    retry_failed: str = ""

    @property
    def offline(self) -> bool:
        """Whether no language model is asked."""
        return self.teacher == "offline"

    @field_validator("questions", mode="before")
    @classmethod
    def _place(cls, value: Any) -> Any:
        return value if str(value).startswith("hf:") else Path(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> RunConfig:
        if not self.offline and not self.model:
            raise ValueError("a teacher that is a language model needs --model NAME")
        return self

    def identity(self) -> dict[str, Any]:
        """What must be equal for two runs to be one: no path, no address, no worker count."""
        common = {"source", "split", "allow_evaluation_split", "first_cop", "limit", "seed", "exclude_own_paper"}
        if isinstance(self.questions, str):
            common.add("questions")
        if self.offline:
            return self.model_dump(include=common | {"teacher", "margin"})
        asked = self.llm.model_dump(mode="json", include=set(LlmConfig.ASKED))
        linked = self.linking.model_dump()
        return {
            "teacher": "llm",
            **self.model_dump(include=common | {"model", "profile"}),
            "llm": asked,
            **({"linking": linked} if self.llm.stages.extract == "llm" else {}),
        }


def _read(file: Path) -> dict[str, Any]:
    """The mapping of a run file, its paths relative to the file."""
    values = read_mapping(file, "run file")
    for key in ("questions", "kg", "out"):
        if isinstance(values.get(key), str) and not values[key].startswith("hf:"):
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
    """Reads a run file and lays the given options over it; ``llm.samples`` is an option of a section.

    Raises:
        InputError: the file cannot be read or is not a YAML mapping.
        UsageError: keys unknown, missing or of wrong value, all named at once.
    """
    values = _read(file) if file is not None else {}
    for key, value in options.items():
        section, _, inner = key.rpartition(".")
        if value is not None and section and isinstance(values.setdefault(section, {}), dict):
            values[section] = {**values[section], inner: value}
        elif value is not None:
            values[key] = value
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        told = {"teacher": "give offline, the base URL of a chat server, files:DIR or replay:RUN"}
        wrong = explain(error, RunConfig, missing=" (option --{option})", told=told)
        raise UsageError(wrong, fix="see medreason run --help") from error
