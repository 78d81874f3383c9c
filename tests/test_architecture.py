"""The house rules that a machine can check: who may import whom, what an import may cost, what stays out."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from medreason.records import Record, json_schema

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "medreason"
# Room → rooms it may import (besides itself). Modules at the top of the package are rooms of their own.
ALLOWED = {
    "errors": set(),
    "records": set(),
    "statistics": set(),
    "ledger": {"statistics"},
    "kg": {"records", "errors"},
    "linking": {"kg", "records", "errors"},
    "questions": {"linking", "kg", "records", "errors"},
    "teachers": {"linking", "llm", "kg", "records", "errors"},
    "quality": {"statistics", "linking", "kg", "records", "errors"},
    "report": {"kg", "ledger", "statistics", "records", "errors"},
    "training": {
        "synth", "questions", "report", "yamlfile", "quality", "dataset", "kg", "statistics", "records", "errors",
    },
    "review": {"yamlfile", "report", "dataset", "quality", "kg", "statistics", "records", "errors"},
    "evaluation": {"dataset", "quality", "questions", "llm", "kg", "statistics", "records", "errors"},
    "dataset": {"report", "quality", "kg", "ledger", "statistics", "records", "errors"},
    "llm": {"records", "errors"},
    "site": {"report", "dataset", "kg", "ledger", "statistics", "records", "errors"},
    "synth": {"questions", "kg", "statistics", "records", "errors"},
    "yamlfile": {"errors"},
    "config": {"yamlfile", "errors"},
    "pipeline": {"questions", "linking", "kg", "teachers", "quality", "dataset", "records", "errors"},
    "pipeline_llm": {"questions", "linking", "kg", "teachers", "quality", "llm", "pipeline", "records", "errors"},
    "pipeline_compat": {"questions", "kg", "teachers", "llm", "pipeline", "records", "errors"},
}  # fmt: skip
FREE = {"engine", "engine_ray", "sharding", "engine_llm", "answering", "intake", "api", "cli", "__init__"}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("medreason"):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(a.name for a in node.names if a.name.startswith("medreason"))
    return found


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_import_only_downwards(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    own = parts[0]
    if own in FREE:
        return
    wrong = {m for m in imports(path) if room(m) not in {own, *ALLOWED[own]}}
    assert not wrong, f"{path.name} of {own} imports {wrong}"


CHECKER = (
    "verify recompute statements language claims citations rules facts reading whole wordings onsets opposites order "
    "problem"
).split()


def test_the_checker_shares_no_code_with_the_teacher() -> None:
    allowed = {"medreason.kg.store", "medreason.kg.source", "medreason.records", "medreason.errors"}
    for name in CHECKER:
        path = PACKAGE / "quality" / f"{name}.py"
        foreign = {m for m in imports(path) if m not in allowed and not m.startswith("medreason.quality")}
        assert not foreign, f"{name} imports {foreign}"
        own = {m.rsplit(".", 1)[1] for m in imports(path) if m.startswith("medreason.quality.")}
        assert not own & {"accept"}, name


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = (
        "import medreason, sys; print([m for m in ('numpy','polars','numba','pydantic','typer') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_nothing_heavy() -> None:
    script = "import medreason.cli, sys; print([m for m in ('numpy','polars','numba') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_core_dependencies_stay_light() -> None:
    seen: set[str] = set()
    queue = ["medreason"]
    while queue:
        for requirement in importlib.metadata.requires(queue.pop()) or []:
            name, _, marker = requirement.partition(";")
            bare = re.split(r"[<>=!~\[ (]", name.strip(), maxsplit=1)[0].lower().replace("_", "-")
            if "extra" in marker or bare in seen or ("platform_system" in marker and "Windows" in marker):
                continue
            try:
                importlib.metadata.distribution(bare)
            except importlib.metadata.PackageNotFoundError:
                continue
            seen.add(bare)
            queue.append(bare)
    assert 9 <= len(seen) <= 40, sorted(seen)


def test_files_stay_small() -> None:
    long = {p.name: n for p in modules() if (n := len(p.read_text(encoding="utf-8").splitlines())) > 500}
    assert not long


def test_the_published_schema_is_the_records() -> None:
    published = json.loads((ROOT / "docs" / "schema" / "record.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema(Record)


def test_constraints_are_plain() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", line) for line in lines)
