"""Makes a run of many items out of a small one, writes its site and times it, also in a browser.

    python benchmarks/site.py RUN --kg KG --synth SYNTH --items 30000 --work FOLDER

Rows are repeated with ids of their own; one letter of the text is not changed, so words are as many as in the run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from itertools import cycle, islice
from pathlib import Path


def repeated(lines: list[str], count: int, tag: str) -> list[str]:
    """So many rows, each with an id of its own."""
    rows = []
    for n, line in enumerate(islice(cycle(lines), count)):
        row = json.loads(line)
        row["id"] = f"{row['id']}-{tag}{n}"
        rows.append(json.dumps(row, ensure_ascii=False))
    return rows


def make(run: Path, synth: Path | None, items: int, out: Path) -> None:
    """A folder like the run's with ``items`` records, half of them synthetic where a folder of those is given."""
    out.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    real = (run / "dataset.jsonl").read_text(encoding="utf-8").splitlines()
    made = (synth / "dataset.jsonl").read_text(encoding="utf-8").splitlines() if synth else []
    rows = repeated(real, items - items // 2 if made else items, "r") + repeated(made, items // 2 if made else 0, "s")
    (out / "dataset.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rejected = (run / "rejected.jsonl").read_text(encoding="utf-8")
    (out / "rejected.jsonl").write_text(rejected, encoding="utf-8")
    counts = Counter("{stage}/{reason}".format(**json.loads(line)) for line in rejected.splitlines())
    manifest["summary"] |= {"items": len(rows) + counts.total(), "kept": len(rows), "rejected": dict(counts)}
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def browse(site: Path) -> dict[str, float]:
    """Milliseconds until the first lines, the whole list, the answers of searches, and a record."""
    from playwright.sync_api import sync_playwright

    found: dict[str, float] = {}
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        begin = time.perf_counter()
        page.goto((site / "index.html").as_uri(), wait_until="commit")
        page.wait_for_selector("#list li")
        found["first lines"] = 1000 * (time.perf_counter() - begin)
        page.wait_for_function("MR.about && MR.lines.length === MR.about.items")
        found["whole list"] = 1000 * (time.perf_counter() - begin)
        script = "async q => { const t = performance.now(); await MR.search(q); return performance.now() - t; }"
        for query in ("ataxia", "neph", "a", "the patient had", "seizure optic atrophy", "PMID_11333380", "zzz"):
            first = page.evaluate(script, query)
            again = statistics.median(page.evaluate(script, query) for _ in range(9))
            found[f"search {query!r}, first"], found[f"search {query!r}, again"] = first, again
        shown = (
            "async q => { const t = performance.now(); document.getElementById('q').value = q; "
            "await LIST.show(); return performance.now() - t; }"
        )
        found["search 'ataxia' and list"] = statistics.median(page.evaluate(shown, "ataxia") for _ in range(9))
        found["all items listed"] = statistics.median(page.evaluate(shown, "") for _ in range(9))
        last = page.evaluate("MR.about.kept - 1")
        script = "async n => { const t = performance.now(); await RECORD.show(n); return performance.now() - t; }"
        found["a record"] = statistics.median(page.evaluate(script, n) for n in range(5, last, max(1, last // 9)))
        found["heap, MB"] = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--kg", type=Path)
    parser.add_argument("--synth", type=Path)
    parser.add_argument("--items", type=int, default=30_000)
    parser.add_argument("--work", type=Path, required=True)
    given = parser.parse_args()
    from medreason.cli.site import _write, run_of
    from medreason.kg.store import open_graph

    make(given.run, given.synth, given.items, given.work / "run")
    graph = open_graph(given.kg) if given.kg else None
    begin = time.perf_counter()
    done = _write(run_of(given.work / "run"), given.work / "site", graph)
    print(f"{done['items']:,} items, {done['records']:,} records: {time.perf_counter() - begin:.1f} s")
    sizes: Counter[str] = Counter()
    for file in (given.work / "site").rglob("*.js"):
        sizes[file.name.split("-")[0]] += file.stat().st_size
    print(", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sorted(sizes.items()) if size > 1e5))
    print(f"in all {done['bytes'] / 1e6:.1f} MB")
    for name, value in browse(given.work / "site").items():
        print(f"{name}: {value:.0f}")


if __name__ == "__main__":
    main()
