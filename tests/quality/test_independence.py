"""The checker shares no code with what it checks."""

import ast
from pathlib import Path

import medreason.quality

FOLDER = Path(medreason.quality.__file__).parent
CHECKER = """citations claims facts language onsets opposites order problem reading recompute rules statements verify
    whole wordings""".split()
ALLOWED = ("medreason.quality", "medreason.records", "medreason.errors", "medreason.kg.store", "medreason.kg.source")

# What reads the free prose of language models: it needs the dictionary of names, and shares nothing with who wrote.
PROSE = (
    "asserted",
    "bound",
    "conclusion",
    "counted",
    "forbidden",
    "grounding",
    "prose",
    "sheets",
    "subjects",
    "vocabulary",
)


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.startswith("medreason")}


def test_the_checker_imports_neither_teacher_nor_question_nor_view() -> None:
    for module in CHECKER:
        for name in _imports(FOLDER / f"{module}.py"):
            assert name.startswith(ALLOWED), f"{module} imports {name}"
            assert not name.startswith("medreason.quality.accept"), module


def test_the_prose_checker_imports_neither_teacher_nor_question_nor_view() -> None:
    for module in PROSE:
        for name in _imports(FOLDER / f"{module}.py"):
            assert name.startswith((*ALLOWED, "medreason.linking")), f"{module} imports {name}"
            assert not name.startswith("medreason.quality.accept"), module


def test_every_module_of_the_checker_is_listed_here() -> None:
    others = {"__init__", "accept", "drift", "judging", "labels", "near", "systems"}
    assert {p.stem for p in FOLDER.glob("*.py")} - others == {*CHECKER, *PROSE}
