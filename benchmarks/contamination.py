"""The contamination check: speed, planted copies of real questions, and how public question files overlap.

    python -m benchmarks.contamination speed [--datasketch PYTHON]
    python -m benchmarks.contamination planted FOLDER
    python -m benchmarks.contamination overlaps FOLDER

``speed`` generates 100,000 questions of some 120 words (Zipf's law over 30,000 words, with common phrases and panels
of values) and checks them against 10,000, of which 2,000 stand in them with a word changed. With ``--datasketch``, a
Python that has the package datasketch, the MinHash part runs there too on the same texts. ``planted`` changes each
question of the files of FOLDER in seven ways and looks whether it is still found, and how many questions of one half of
a file are found in the other half. ``overlaps`` checks each file against each other one. Only ids and numbers are
printed.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import string
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from medreason.cli._contamination_read import read
from medreason.quality.contamination import REFUSE, REVIEW, Firewall, Item, make_set
from medreason.quality.near import banding, candidates, pairs, shingled, signatures

ITEMS, SET, COPIES, LENGTH, VOCABULARY = 100_000, 10_000, 2_000, 120, 30_000
PEER_TEXTS = 10_000
COMMON = ("Which of the following is the most likely diagnosis in this patient at this time",)
PEER = """
import json, sys, time
from datasketch import MinHash, MinHashLSH
texts = json.load(open(sys.argv[1]))
start = time.perf_counter()
made = [MinHash(num_perm=128, seed=1) for _ in texts]
for one, text in zip(made, texts):
    words = text.lower().split()
    one.update_batch([" ".join(words[i:i + 5]).encode() for i in range(len(words) - 4)])
signed = time.perf_counter() - start
index = MinHashLSH(threshold=0.8, num_perm=128)
for i, one in enumerate(made):
    index.insert(i, one)
found = {tuple(sorted((i, j))) for i, one in enumerate(made) for j in index.query(one) if i != j}
print(json.dumps([signed, time.perf_counter() - start, sorted(found)]))
"""


# -- speed ---------------------------------------------------------------------------------------------------


def generated(count: int, rng: np.random.Generator) -> list[str]:
    """Texts of some 120 words with the word frequencies of language."""
    weights = 1 / np.arange(1, VOCABULARY + 1)
    lengths = rng.integers(LENGTH - 40, LENGTH + 16, count)
    drawn = rng.choice(VOCABULARY, lengths.sum(), p=weights / weights.sum())
    out, first = [], 0
    for i, length in enumerate(lengths):
        words = " ".join(f"w{w}" for w in drawn[first : first + length])
        first += length
        values = f"temperature is 37.{i % 10} C pulse is {60 + i % 50}/min blood pressure is {100 + i % 60}/80 mm Hg."
        out.append(f"{words}. {values} {COMMON[0]}?")
    return out


def changed_word(text: str, rng: random.Random) -> str:
    words = text.split()
    words[rng.randrange(len(words) // 2)] = f"x{rng.randrange(VOCABULARY)}"
    return " ".join(words)


def speed(peer: str) -> None:
    draw, rng = np.random.default_rng(0), random.Random(0)
    evaluation = generated(SET, draw)
    texts = [*(changed_word(t, rng) for t in evaluation[:COPIES]), *generated(ITEMS - COPIES, draw)]
    items = [Item(str(i), t) for i, t in enumerate(texts)]
    pairs(["a b", "a b"])  # compiles, or loads what is compiled
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, worked = time.perf_counter(), time.process_time()
    firewall = Firewall([make_set("made up", [Item(str(i), t) for i, t in enumerate(evaluation)])])
    built = time.perf_counter() - start
    verdicts = firewall.check(items)
    took, worked = time.perf_counter() - start, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = [i for i, v in enumerate(verdicts) if v.verdict == REFUSE]
    others = sum(v.verdict != "clean" for v in verdicts[COPIES:])
    words = sum(len(t.split()) for t in texts) / len(texts)
    print(f"{ITEMS:,} questions of {words:.0f} words against {SET:,}: {took:.1f} s ({worked:.1f} s of processor)")
    print(f"of it the set {built:.1f} s")
    print(f"memory at most {peak / 1024:,.0f} MB, of it the generated texts {before / 1024:,.0f} MB")
    print(f"copies found {sum(i < COPIES for i in refused):,} of {COPIES:,}; others told {others:,}")
    if peer:
        beside(peer, [*texts[:COPIES], *evaluation[: PEER_TEXTS - COPIES]])


def beside(peer: str, texts: list[str]) -> None:
    """The MinHash part here and in datasketch: signatures of 128 values, then the candidates at 0.8."""
    start = time.perf_counter()
    rows = shingled(texts)
    signed = signatures(rows)
    ours = time.perf_counter() - start
    met = candidates(signed, None, banding(0.8))
    whole = time.perf_counter() - start
    truth = {(p.a, p.b) for p in pairs(texts)}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(texts, file)
        file.flush()
        done = subprocess.run([peer, "-c", PEER, file.name], check=True, capture_output=True, text=True)
    theirs, their_whole, found = json.loads(done.stdout)
    told = {(a, b) for a, b in found}
    mine = {(int(a), int(b)) for a, b in met}
    print(
        f"{len(texts):,} texts, signatures: {ours:.2f} s, datasketch {theirs:.2f} s: {theirs / ours:.1f} times as fast"
    )
    print(f"with candidates: {whole:.2f} s, datasketch {their_whole:.2f} s: {their_whole / whole:.1f} times as fast")
    print(
        f"pairs of 0.8 and more among the candidates: {len(truth & mine):,} and {len(truth & told):,} of {len(truth):,}"
    )


# -- planted copies ------------------------------------------------------------------------------------------


def cased(item: Item, rng: random.Random) -> Item:
    return item._replace(text=rng.choice((str.upper, str.lower, str.title))(item.text))


def punctuated(item: Item, rng: random.Random) -> Item:
    """Marks between words are taken out or put in; those inside numbers stay."""
    words = [w.strip(string.punctuation) or w for w in item.text.split()]
    return item._replace(text=" ".join(w + rng.choice(("", "", "", ",", " -", ";", "!")) for w in words))


def shuffled(item: Item, rng: random.Random) -> Item:
    options = list(item.options)
    rng.shuffle(options)
    return item._replace(options=tuple(options))


def two_words(item: Item, rng: random.Random) -> Item:
    words = item.text.split()
    for place in rng.sample(range(len(words)), min(2, len(words))):
        words[place] = rng.choice(("certain", "recent", "small", "often", "noted", "further", "given", "common"))
    return item._replace(text=" ".join(words))


WAYS: dict[str, tuple[Callable[[Item, random.Random], Item], ...]] = {
    "case": (cased,),
    "punctuation": (punctuated,),
    "option order": (shuffled,),
    "two words": (two_words,),
    "case, punctuation": (cased, punctuated),
    "case, punctuation, option order": (cased, punctuated, shuffled),
    "all four": (two_words, cased, punctuated, shuffled),
}


def planted(folder: Path) -> None:
    found: dict[str, Counter[str]] = {way: Counter() for way in WAYS}
    for path in sorted(folder.glob("*.jsonl")):
        items = read(path).items
        firewall = Firewall([make_set(path.name, items)])
        for way, steps in WAYS.items():
            rng = random.Random(f"{path.name} {way}")
            copies = items
            for step in steps:
                copies = [step(item, rng) for item in copies]
            for item, verdict in zip(items, firewall.check(copies), strict=True):
                met = any(p.evaluation == item.id for m in verdict.matches for p in m.pairs if p.verdict == REFUSE)
                size = "short" if verdict.short else "long"
                found[way].update({"all": 1, "refused": met, size: 1, f"{size} refused": met})
                found[way][f"{path.name} missed"] += not met
        halves(path.name, items)
    for way, counts in found.items():
        parts = ", ".join(
            f"{name} {counts[f'{name} refused']:,} of {counts[name]:,}" for name in ("short", "long") if counts[name]
        )
        missed = {k.removesuffix(" missed"): n for k, n in counts.items() if k.endswith(" missed") and n}
        share = 100 * counts["refused"] / counts["all"]
        print(f"{way}: {counts['refused']:,} of {counts['all']:,} ({share:.2f} %); {parts}; missed {missed or 'none'}")


def halves(name: str, items: list[Item]) -> None:
    """How many questions of one half of a file are told when checked against the other half."""
    verdicts = Firewall([make_set("other half", items[1::2])]).check(items[::2])
    told = Counter(v.verdict for v in verdicts)
    kinds = Counter(", ".join(m.reasons) for v in verdicts for m in v.matches if m.reasons)
    print(
        f"halves of {name}: {len(verdicts):,} checked, {told[REFUSE]} refused, {told[REVIEW]} to review {dict(kinds)}"
    )
    for v in verdicts:
        for p in (p for m in v.matches for p in m.pairs if p.verdict == REFUSE):
            print(f"  {v.item} and {p.evaluation}: {p.kind}, overlap {p.overlap:.2f}, couples {p.couples:.2f}")


# -- overlaps ------------------------------------------------------------------------------------------------


def overlaps(folder: Path) -> None:
    questions = {path.name.removesuffix(".jsonl"): read(path).items for path in sorted(folder.glob("*.jsonl"))}
    for name, items in questions.items():
        for other, theirs in questions.items():
            if other == name:
                continue
            verdicts = Firewall([make_set(other, theirs)]).check(items)
            told = Counter(v.verdict for v in verdicts)
            matches = [m for v in verdicts for m in v.matches]
            kinds = Counter(f"{m.verdict} {', '.join(m.reasons)}" for m in matches if m.reasons)
            runs = sum(m.runs + m.panels > 0 for m in matches)
            print(
                f"{name} ({len(items):,}) in {other}: {told[REFUSE]} refused, {told[REVIEW]} to review; "
                f"share a run of 13 words {runs}, only panels {sum(m.runs == 0 and m.panels > 0 for m in matches)}; "
                f"{dict(kinds)}"
            )
            listed = [(v.item, m) for v in verdicts for m in v.matches if m.reasons]
            for item, m in listed if len(listed) <= 20 else []:
                told = f"{m.verdict} {', '.join(m.reasons)}, overlap {m.overlap:.3f}, panels {m.panels}"
                for best in m.pairs[:1]:
                    told += f", with {best.evaluation}: couples {best.couples:.3f}, options {best.options}"
                print(f"  {item}: {told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "planted", "overlaps"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--datasketch", default="", help="a Python that has the package datasketch")
    given = parser.parse_args()
    if given.what == "speed":
        speed(given.datasketch)
    elif given.folder is None or not given.folder.is_dir():
        parser.error("give the folder of the question files")
    else:
        (planted if given.what == "planted" else overlaps)(given.folder)


if __name__ == "__main__":
    main()
