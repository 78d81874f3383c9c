"""Small run folders made by hand, with texts that would break a careless page."""

import json
from pathlib import Path
from typing import Any

from medreason.records import Evidence, Finding, GraphRef, Option, Patient, Record, Rejection, Score, Step, to_dict

HOSTILE = [
    "</script><script>document.body.dataset.broken = 1</script>",
    '<img src=x onerror="document.body.dataset.broken = 1">',
    "\"quotes\" 'and' `ticks` ${document.cookie} \\u0022 \\",
    "\u202eright to left\u202c and עברית العربية",
    "W" * 400,
    "line\u2028separator\u2029and\u0000zero",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &copy;",
]
GRAPH = GraphRef("none", "1", "0" * 64)


def record(n: int, text: str = "a cough", **changes: Any) -> dict[str, Any]:
    """A record about one finding and two options, its texts given."""
    made = Record(
        id=f"item-{n}",
        source="made",
        question=f"A patient has {text}. Which is it?",
        options=(Option("A", f"First {text}", "X:1"), Option("B", "Second", "X:2")),
        answer_key="A",
        chosen_key="A",
        margin=3.0 + n,
        patient=Patient(sex="female", age="P3Y6M"),
        findings=(Finding("X:9", text, "observed"),),
        organ_systems=("Abnormality of the eye",) if n % 2 else ("Abnormality of the ear",),
        evidence={"A": (Evidence("E1", "supports", "X:9", 3.0),), "B": ()},
        scores={"A": Score(3.0, 0.0, 0.0, 3.0), "B": Score(0.0, 0.0, 0.0, 0.0)},
        steps=(Step(1, f"The step says {text}.", ("E1",)),),
        reasoning="",
        excluded_publications=("PMID:1",),
        graph=GRAPH,
        teacher="made/1",
        flags=("name_overlap",) if n % 3 == 0 else (),
    )
    return {**to_dict(made), **changes}


def run_folder(folder: Path, records: list[dict[str, Any]], rejections: list[Rejection], **summary: Any) -> Path:
    """Writes a finished run: rows and the least that a manifest holds."""
    folder.mkdir(parents=True)
    rejected: dict[str, int] = {}
    for r in rejections:
        rejected[f"{r.stage}/{r.reason}"] = rejected.get(f"{r.stage}/{r.reason}", 0) + 1
    manifest = {
        "identity": {"program": {"name": "medreason", "version": "0"}, "config": {"source": "made", "seed": 0}},
        "graph": {"source": "none", "version": "1", "sha256": GRAPH.sha256},
        "summary": {"items": len(records) + len(rejections), "kept": len(records), "rejected": rejected, **summary},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for name, rows in (("dataset", records), ("rejected", [to_dict(r) for r in rejections])):
        text = "".join(json.dumps(row) + "\n" for row in rows)  # ASCII: half surrogates too
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def hostile_run(folder: Path) -> Path:
    """Every hostile text in every place of a record and of a rejection; ids too."""
    records = []
    for n, text in enumerate(HOSTILE):
        row = record(n, text, id=f"{n} {text}", source=text, flags=[text], organ_systems=[text], licence=text)
        records.append(row)
    half = "half a pair \ud800"
    rejections = [Rejection(f"no {text}", "reason", "margin_too_small", text) for text in (*HOSTILE, half)]
    return run_folder(folder, records, rejections)
