"""Answer extraction: the conformance set, real outputs with their authors' scores, MIRAGE's outputs, and speed.

    python -m benchmarks.answers conformance [--file answers.jsonl] [--out DIR]
    python -m benchmarks.answers thoughtsource thoughtsource-dev.jsonl.gz [--out DIR]
    python -m benchmarks.answers mirage mirage-gpt-35-turbo-16k-cot.jsonl.gz [--out DIR]
    python -m benchmarks.answers speed mirage-gpt-35-turbo-16k-cot.jsonl.gz (or thoughtsource-dev.jsonl.gz)

``--out`` gets one JSON line for each disagreement (ids and places, no text). The rules of other harnesses are
re-implemented here from their documentation and the descriptions in their data; they are not those projects' code.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from medreason.evaluation.reading import Reading, read_answer
from medreason.statistics import wilson

SHIPPED = Path(__file__).resolve().parents[1] / "src" / "medreason" / "data" / "evaluation" / "answers.jsonl"
Rule = Callable[[str, Mapping[str, str]], str | None]


# -- other harnesses' rules, re-implemented ------------------------------------------------------------------


def best_answer_is(output: str, options: Mapping[str, str]) -> str | None:
    """In the style of lm-evaluation-harness: the last "The best answer is X" or "the answer is (X)"."""
    found = re.findall(r"(?i)the (?:best |correct )?answer is:?\s*\(?([A-Z])\b", output)
    return found[-1].upper() if found and found[-1].upper() in options else None


def flexible_extract(output: str, options: Mapping[str, str]) -> str | None:
    """In the style of lm-evaluation-harness' flexible-extract for choices: (X), then a choice's text, then ": X"."""
    letters = [k for k in options if len(k) == 1]
    if found := re.findall(r"\(([A-Z])\)", output):
        return found[-1] if found[-1] in options else None
    plain = re.sub(r"[^\w\s]", "", output.lower())
    texts = {re.sub(r"[^\w\s]", "", t.lower()).strip(): k for k, t in options.items() if t.strip()}
    hits = [(plain.rfind(t), k) for t, k in texts.items() if t and t in plain]
    if hits:
        return max(hits)[1]
    found = re.findall(rf":\s*({'|'.join(map(re.escape, letters))})", output) if letters else []
    return found[-1] if found else None


def mirage(output: str, options: Mapping[str, str]) -> str | None:
    """MIRAGE's patterns on what follows ``"answer_choice": "``, in order; without a match its answer is "A"."""
    sentence = output.rsplit('"answer_choice": "', maxsplit=1)[-1].strip()
    if not output.strip():
        return None
    return next((m for p in MIRAGE_PATTERNS if (m := _first(p, sentence)) is not None), "A" if "A" in options else None)


MIRAGE_PATTERNS = (
    r"^\s*(A|B|C|D)$", r"^\s*(A|B|C|D) or", r"^\s*(A|B|C|D) and", r"^\s*(A|B|C|D)/", r"^\s*(A|B|C|D),",
    r"[Oo]ption (A|B|C|D)", r":\s*(A|B|C|D)", r"^\s*(A|B|C|D)\.", r'^\s*(A|B|C|D)"', r"^\s*(A|B|C|D):",
)  # fmt: skip


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found.group(1) if found else None


def simple_evals(output: str, options: Mapping[str, str]) -> str | None:
    """The pattern of OpenAI's simple-evals, its letters widened to the options at hand; the first match counts."""
    letters = "".join(k for k in options if len(k) == 1)
    if not letters:
        return None
    found = re.search(rf"(?i)Answer[ \t]*:[ \t]*\$?([{re.escape(letters)}])\$?", output)
    return found.group(1).upper() if found else None


RULES: dict[str, Rule] = {
    "medreason": lambda output, options: read_answer(output, options).key,
    "lm-evaluation-harness style, the best answer is": best_answer_is,
    "lm-evaluation-harness style, flexible extract": flexible_extract,
    "MIRAGE's patterns": mirage,
    "simple-evals' pattern": simple_evals,
}


# -- files ---------------------------------------------------------------------------------------------------


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON lines of a file, gzipped or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def write(folder: Path | None, name: str, rows: list[dict[str, Any]]) -> None:
    """Writes disagreements, one a line."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
        (folder / name).write_text(text, encoding="utf-8")


# -- parts ---------------------------------------------------------------------------------------------------


def verdict(found: str | None, label: str | None) -> str:
    """How a reading compares with a label: right, wrong, invented (the label is none) or missed (the reading is)."""
    if found == label:
        return "right"
    return "invented" if label is None else "missed" if found is None else "wrong"


def conformance(path: Path, out: Path | None) -> dict[str, Any]:
    """Every rule against the labels; disagreements of this project's own by form."""
    rows = list(rows_of(path))
    table = {}
    for name, rule in RULES.items():
        counts = Counter(verdict(rule(r["output"], r["options"]), r["label"]) for r in rows)
        table[name] = {v: counts[v] for v in ("right", "wrong", "invented", "missed")}
    off = []
    for row in rows:
        reading = read_answer(row["output"], row["options"])
        if (found := verdict(reading.key, row["label"])) != "right":
            off.append(
                {"id": row["id"], "form": row["form"], "verdict": found, "label": row["label"], **reading._asdict()}
            )
    write(out, "conformance.jsonl", off)
    labelled = sum(r["label"] is not None for r in rows)
    by_form = Counter(f"{r['form']}: {r['verdict']}" for r in off)
    return {
        "outputs": len(rows),
        "with a key": labelled,
        "none": len(rows) - labelled,
        "rules": table,
        "off by form": dict(by_form),
    }


PROMPT = "Therefore, the answer is "


def thoughtsource(path: Path, out: Path | None) -> dict[str, Any]:
    """Right and wrong against the authors' own scoring of the replies, where they scored.

    ``raw_answer`` is the reply to a second prompt that ends in "the answer is"; it is read behind these words. The
    chain of thought (``cot``) is read by itself, and compared with what the reply to it names.
    """
    agree: Counter[str] = Counter()
    chains: Counter[str] = Counter()
    off = []
    for number, row in enumerate(rows_of(path), 1):
        options = dict(zip("ABCDE", row["choices"], strict=False))
        reading = read_answer(PROMPT + (row["raw_answer"] or ""), options)
        chain = read_answer(row["cot"] or "", options)
        if (row["raw_answer"] or "").strip() and reading.key is not None:
            chains["same key" if chain.key == reading.key else "none" if chain.key is None else "another key"] += 1
        if row["correct_answer"] is None:
            continue
        right = reading.key == row["gold_letter"]
        agree["agree" if right == row["correct_answer"] else "differ"] += 1
        if right != row["correct_answer"]:
            kind = _difference(reading, right=right)
            off.append(
                {
                    "line": number,
                    "id": row["id"],
                    "dataset": row["dataset"],
                    "model": row["model"],
                    "category": kind,
                    **reading._asdict(),
                }
            )
    write(out, "thoughtsource.jsonl", off)
    n = sum(agree.values())
    share = wilson(agree["agree"], n)
    return {
        "scored": n, "agree": agree["agree"], "share": [round(v, 4) for v in share[:3]],
        "differ": dict(Counter(o["category"] for o in off)), "chains against their replies": dict(chains),
    }  # fmt: skip


def _difference(reading: Reading, *, right: bool) -> str:
    if right:
        return "the reply names the right option, the authors count it wrong"
    if reading.key is None:
        return f"no answer is read ({reading.why}), the authors count it right"
    return "the reply names another option, the authors count it right"


def mirage_outputs(path: Path, out: Path | None) -> dict[str, Any]:
    """Accuracy per task, and what differs from MIRAGE's own reading once its default to "A" is set aside."""
    tasks: dict[str, list[tuple[bool, bool, bool]]] = {}
    kinds: Counter[str] = Counter()
    off = []
    same = 0
    for row in rows_of(path):
        output = row["outputs"][0] if row["outputs"] else ""
        reading = read_answer(output, row["options"])
        default = row["mirage_pattern"] in ("default", "empty")
        theirs = None if default else row["mirage_extracted"]
        same += mirage(output, row["options"]) == (row["mirage_extracted"] or None)
        right = reading.key == row["gold"]
        tasks.setdefault(row["dataset"], []).append(
            (right, row["mirage_extracted"] == row["gold"], reading.key is None)
        )
        if reading.key != theirs:
            said = "none" if theirs is None else "a key"
            kind = f"MIRAGE {said} ({row['mirage_pattern']}), here {reading.why or 'a key'}"
            kinds[kind] += 1
            off.append(
                {
                    "dataset": row["dataset"],
                    "id": row["id"],
                    "gold": row["gold"],
                    "mirage": theirs,
                    "pattern": row["mirage_pattern"],
                    **reading._asdict(),
                }
            )
    write(out, "mirage.jsonl", off)
    table = {}
    for task, found in tasks.items():
        ours = wilson(sum(r for r, _, _ in found), len(found))
        table[task] = {
            "outputs": len(found), "right": [round(v, 4) for v in ours[:3]], "unreadable": sum(u for _, _, u in found),
            "right by MIRAGE's rule, default included": round(sum(t for _, t, _ in found) / len(found), 4),
        }  # fmt: skip
    return {
        "tasks": table,
        "differences": dict(kinds.most_common()),
        "outputs on which the rule re-implemented agrees with its results": same,
    }


def _output(row: dict[str, Any]) -> tuple[str, dict[str, str]]:
    if "cot" in row:
        return row["cot"], dict(zip("ABCDE", row["choices"], strict=False))
    return row["outputs"][0], row["options"]


def speed(path: Path) -> dict[str, Any]:
    """30,000 outputs read one after the other, and hostile texts of 200,000 characters."""
    real = [_output(r) for r in rows_of(path) if r.get("outputs") or r.get("cot")]
    many = [real[i % len(real)] for i in range(30_000)]
    start = time.process_time()
    for output, options in many:
        read_answer(output, options)
    spent = time.process_time() - start
    slow = {}
    for seed in HOSTILE:
        text = (seed * (200_000 // len(seed) + 1))[:200_000]
        begin = time.process_time()
        read_answer(text, {"A": "a a a a b", "B": "is is", "C": "x"})
        slow[repr(seed)] = round(time.process_time() - begin, 2)
    worst = max(slow, key=lambda s: slow[s])
    return {
        "outputs": len(many), "characters": sum(len(o) for o, _ in many), "processor seconds": round(spent, 1),
        "slowest of the hostile texts": {worst: slow[worst]}, "hostile texts": len(slow),
    }  # fmt: skip


HOSTILE = (
    "answer ", "The answer is ", "the answer that ", "is ", "Wait, ", "(", "A ", "A) ", "A/", "B or ", "\nB",
    "{", '{"answer": ', '"answer": "', "\\boxed{", "<answer>", "<think>", "**A", "not ", "so ", "if ", ". ",
    "\nQuestion:", "best is ", "I choose ", "答案是", "option ", "A is correct. ",
    "is the best ", "\\", "#", "_", "<b>", "a a ", "1,000",
    "'", "A.\n", "…", "\u200b",
)  # fmt: skip


def main() -> None:
    """Prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("conformance", "thoughtsource", "mirage", "speed"))
    parser.add_argument("file", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    found = speed(args.file) if args.part == "speed" else PARTS[args.part](args.file, args.out)
    print(json.dumps(found, indent=1, ensure_ascii=False))


PARTS = {"conformance": conformance, "thoughtsource": thoughtsource, "mirage": mirage_outputs}

if __name__ == "__main__":
    main()
