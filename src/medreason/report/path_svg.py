"""The paths between two concepts as one SVG file: boxes in columns by distance from the start, labelled lines.

The file stands alone (no script, no font, no address), follows light and dark, and is the same bytes for the same
paths. Every line has a place for its label between two columns, so that labels cover neither boxes nor each other.
What it is not: a drawing of a whole graph; beyond :data:`MOST_NODES` boxes nobody can read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from markupsafe import escape

from medreason.report.layered import heights, order

MOST_NODES = 60
BOX, PAD, LABEL, CHANNEL, MARGIN = 176.0, 8.0, 140.0, 42.0, 24.0
LEAST_WIDTH = 640.0
LEAST_SCALE = 0.72  # a window narrower than this scrolls: smaller letters are hard to read
NAME_SIZE, SMALL_SIZE = 13.0, 11.0
# Light and dark: fill, line. One hue a kind of thing; the kind is also written in every box.
HUES = {
    "disease": ("#dbeaf6", "#1d5f93", "#14344c", "#76b7e6"),
    "phenotype": ("#fdf0d2", "#8a5a00", "#3f300d", "#e9bd62"),
    "gene": ("#e0f2e3", "#22703a", "#15381f", "#7fd39a"),
    "drug": ("#ece4f8", "#6440a8", "#2f2150", "#bda2f0"),
    "anatomy": ("#fbe3e6", "#a62c46", "#471821", "#f29aac"),
    "process": ("#d9f2f0", "#12696a", "#0e3838", "#6fd0cd"),
    "other": ("#e9edf0", "#4d5b67", "#2a343c", "#a9b6c1"),
}
KIN = {
    "effect/phenotype": "phenotype", "gene/protein": "gene", "chemical": "drug", "exposure": "drug",
    "pharmacologic_class": "drug", "biological_process": "process", "molecular_function": "process",
    "cellular_component": "anatomy", "pathway": "process",
}  # fmt: skip


class Box(NamedTuple):
    """A concept: id, name and node type."""

    id: str
    name: str
    type: str


class Line(NamedTuple):
    """An edge: its id, its ends as the graph states them, a label, and how it is drawn.

    ``arrow``: the relation reads from head to tail. ``present`` false: the source looked for it and did not see it.
    """

    edge: str
    head: str
    tail: str
    label: str
    arrow: bool
    present: bool


class Drawn(NamedTuple):
    """An SVG document, and how many of the paths it shows."""

    svg: str
    paths: int


# -- text ----------------------------------------------------------------------------------------------


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


# Share of the font size that a character takes at most in DejaVu Sans, the widest of the fonts named.
_WIDTHS = {
    **dict.fromkeys("iljI.,:;'|!", 0.35), **dict.fromkeys("tfr ()[]-", 0.42), **dict.fromkeys("csvxyzkJL?", 0.6),
    "m": 0.98, "w": 0.82, "M": 0.87, "W": 1.0, "%": 0.96, "@": 1.0, "…": 1.0,
}  # fmt: skip


def _long(text: str, size: float) -> float:
    """A width in pixels that common sans-serif fonts do not exceed."""
    return size * sum(_WIDTHS.get(c) or (0.78 if c.isupper() or ord(c) > 0x2FF else 0.64) for c in text)


def _cut(text: str, width: float, size: float) -> str:
    if _long(text, size) <= width:
        return text
    while text and _long(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _wrap(text: str, width: float, size: float, most: int) -> list[str]:
    """Lines of at most ``width`` pixels, broken at blanks and behind hyphens; the last may end in ``…``.

    A word longer than a line is cut in two. A no-break space is no blank; the hyphen of X-linked breaks nothing.
    """
    pieces = re.findall(r" *[^ ]*?[^ -]{3}-|[ ]*[^ ]+", text.strip(" ")) or [""]
    lines, line = [], ""
    while pieces:
        piece = pieces.pop(0)
        if _long((line + piece).strip(" "), size) <= width:
            line += piece
        elif line:
            lines.append(line.strip(" "))
            line = ""
            pieces.insert(0, piece.strip(" "))
        else:
            end = max(1, sum(1 for n in range(1, len(piece) + 1) if _long(piece[:n], size) <= width))
            lines.append(piece[:end])
            pieces.insert(0, piece[end:])
    lines.append(line.strip(" "))
    if len(lines) <= most:
        return lines
    rest = text
    for line in lines[: most - 1]:
        rest = rest[rest.index(line) + len(line) :]
    return [*lines[: most - 1], _cut(rest.strip(" "), width, size)]


# -- which paths, which columns ------------------------------------------------------------------------


def _shown(paths: Sequence[Sequence[str]]) -> int:
    """How many of the first paths have no more than the greatest number of boxes; at least one."""
    seen: set[str] = set()
    for count, path in enumerate(paths):
        seen.update(path)
        if len(seen) > MOST_NODES and count:
            return count
    return len(paths)


def _columns(nodes: Sequence[str], pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Distance of each node from the first one along the lines; the last one stands behind all others."""
    start, goal = nodes[0], nodes[-1]
    near: dict[str, list[str]] = {n: [] for n in nodes}
    for a, b in pairs:
        near[a].append(b)
        near[b].append(a)
    distance, queue = {start: 0}, [start]
    for node in queue:
        for other in near[node]:
            if other not in distance:
                distance[other] = distance[node] + 1
                if other != goal:
                    queue.append(other)
    distance[goal] = 1 + max(d for n, d in distance.items() if n != goal)
    return distance


class _Placed(NamedTuple):
    x: float
    y: float
    wide: float
    tall: float


class _Layout:
    """Where everything stands. Even columns hold boxes, odd ones the labels of the lines between them."""

    def __init__(self, boxes: Sequence[Box], lines: Sequence[Line]) -> None:
        self.boxes, self.lines = boxes, lines
        ids = [b.id for b in boxes]
        level = _columns(ids, [(e.head, e.tail) for e in lines])
        self.names = [_wrap(b.name, BOX - 2 * PAD, NAME_SIZE, 3) for b in boxes]
        self.labels = [_wrap(e.label, LABEL, SMALL_SIZE, 3) for e in lines]
        self.column: list[int] = [2 * level[i] for i in ids]
        self.tall: dict[int, float] = {i: 16.0 * len(n) + 15 + 14 for i, n in enumerate(self.names)}
        self.gap: dict[int, float] = dict.fromkeys(self.tall, 16.0)
        number = {i: n for n, i in enumerate(ids)}
        self.chains: list[list[int]] = []
        self.label_item: list[int] = []
        for line, label in zip(lines, self.labels, strict=True):
            a, b = sorted((number[line.head], number[line.tail]), key=lambda n: (self.column[n], n))
            first, last = self.column[a], self.column[b]
            at = first + 1 if last - first <= 2 else first + 1 + 2 * ((last - first - 2) // 4)
            between = [
                self._item(c, 14.0 * len(label) + 4 if c == at else 8.0)
                for c in (range(first + 1, last) if last > first else [at])
            ]
            self.label_item.append(between[0 if last == first else at - first - 1])
            self.chains.append([a, *between, b])
        columns: list[list[int]] = [[] for _ in range(max(self.column) + 1)]
        for item, c in enumerate(self.column):
            columns[c].append(item)
        links = [pair for chain in self.chains for pair in pairwise(chain)]
        ordered = order(columns, links)
        self.y = heights(ordered, links, self.tall, self.gap)
        self._across(columns)

    def _item(self, column: int, tall: float) -> int:
        item = len(self.column)
        self.column.append(column)
        self.tall[item], self.gap[item] = tall, 7.0
        return item

    def _across(self, columns: Sequence[Sequence[int]]) -> None:
        """Left edge and width of every column."""
        wide = [BOX if c % 2 == 0 else 10.0 for c in range(len(columns))]
        for item, label in zip(self.label_item, self.labels, strict=True):
            c = self.column[item]
            wide[c] = max(wide[c], *(_long(text, SMALL_SIZE) + 8 for text in label))
        self.left, x = [], 0.0
        for w in wide:
            self.left.append(x)
            x += w + CHANNEL
        self.wide = wide
        self.width = x - CHANNEL
        self.height = max(self.y[i] + self.tall[i] / 2 for i in self.y)

    def at(self, item: int) -> _Placed:
        c = self.column[item]
        return _Placed(self.left[c], self.y[item], self.wide[c], self.tall[item])

    def ports(self) -> dict[tuple[int, int, int], float]:
        """(line, segment, end of it) → height at which the line meets a box, spread so that lines do not touch."""
        meet: dict[tuple[int, bool], list[tuple[float, int, int, int]]] = {}
        for n, chain in enumerate(self.chains):
            for s, (a, b) in enumerate(pairwise(chain)):
                for end, (item, other) in enumerate(((a, b), (b, a))):
                    if item < len(self.boxes):
                        right = self.column[other] > self.column[item]
                        meet.setdefault((item, right), []).append((self.y[other], n, s, end))
        found = {}
        for (item, _), hits in meet.items():
            free = self.tall[item] - 18
            step = min(13.0, free / (len(hits) - 1)) if len(hits) > 1 else 0.0
            for r, (_, n, s, end) in enumerate(sorted(hits)):
                found[n, s, end] = self.y[item] + (r - (len(hits) - 1) / 2) * step
        return found


# -- drawing -------------------------------------------------------------------------------------------


def _hue(kind: str) -> str:
    name = KIN.get(kind, kind)
    return name if name in HUES else "other"


def _style(width: float) -> str:
    light = "".join(f"--{k}:{v[0]};--{k}-line:{v[1]};" for k, v in HUES.items())
    dark = "".join(f"--{k}:{v[2]};--{k}-line:{v[3]};" for k, v in HUES.items())
    kinds = "".join(f".mr-paths .{k}{{fill:var(--{k});stroke:var(--{k}-line)}}" for k in HUES)
    return (
        f".mr-paths{{--ink:#17242f;--soft:#4a5a67;--line:#7c8a96;--paper:#fff;--con:#a12622;--accent:#0b5c7a;{light}"
        f"width:100%;max-width:{_n(width)}px;height:auto;"
        "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif}"
        f"@media (max-width:{_n(LEAST_SCALE * width)}px){{.mr-paths{{width:{_n(width)}px}}}}"
        "@media (prefers-color-scheme:dark){.mr-paths{--ink:#e6edf2;--soft:#a9b8c4;--line:#7f8f9c;--paper:#121a20;"
        f"--con:#f2a19b;--accent:#6cc3e4;{dark}}}}}"
        f".mr-paths .paper{{fill:var(--paper)}}{kinds}"
        f".mr-paths text{{fill:var(--ink);font-size:{_n(NAME_SIZE)}px}}"
        ".mr-paths .head{font-size:17px;font-weight:600}"
        f".mr-paths .small{{font-size:{_n(SMALL_SIZE)}px;fill:var(--soft)}}.mr-paths .mid{{text-anchor:middle}}"
        ".mr-paths .name{font-weight:600}.mr-paths rect.end{stroke-width:2.6}"
        ".mr-paths .link{fill:none;stroke:var(--line);stroke-width:1.4}"
        ".mr-paths .best{stroke:var(--accent);stroke-width:2.8}"
        ".mr-paths .absent{stroke:var(--con);stroke-dasharray:6 4}.mr-paths .not{fill:var(--con)}"
        ".mr-paths .chip{fill:var(--paper)}"
        ".mr-paths .tip{fill:var(--line);stroke:none}.mr-paths .tip.best{fill:var(--accent);stroke:none}"
        ".mr-paths .tip.absent{fill:var(--con);stroke:none}"
    )


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    bend = (x1 + x2) / 2
    return f"M{_n(x1)} {_n(y1)}C{_n(bend)} {_n(y1)} {_n(bend)} {_n(y2)} {_n(x2)} {_n(y2)}"


def _tip(x: float, y: float, *, right: bool) -> str:
    """An arrow head that touches x, pointing right or left."""
    back = x - 8 if right else x + 8
    return f"M{_n(x)} {_n(y)}L{_n(back)} {_n(y - 4)}L{_n(back)} {_n(y + 4)}Z"


def _link(layout: _Layout, n: int, ports: dict[tuple[int, int, int], float], classes: str) -> list[str]:
    line, chain, column = layout.lines[n], layout.chains[n], layout.column
    tail = next(i for i in (chain[0], chain[-1]) if layout.boxes[i].id == line.tail)
    strokes, tips = [], []
    for s, (a, b) in enumerate(pairwise(chain)):
        (left, end1), (right, end2) = ((a, 0), (b, 1)) if column[b] > column[a] else ((b, 1), (a, 0))
        p, q = layout.at(left), layout.at(right)
        x1, y1 = p.x + p.wide, ports.get((n, s, end1), p.y)
        x2, y2 = q.x, ports.get((n, s, end2), q.y)
        if line.arrow and right == tail:
            tips.append(_tip(x2, y2, right=True))
            x2 -= 7
        elif line.arrow and left == tail:
            tips.append(_tip(x1, y1, right=False))
            x1 += 7
        strokes.append(_curve(x1, y1, x2, y2))
    for before, item, after in zip(chain, chain[1:], chain[2:], strict=False):
        if column[before] < column[item] < column[after]:
            p = layout.at(item)
            strokes.append(f"M{_n(p.x)} {_n(p.y)}h{_n(p.wide)}")
    drawn = [f'<path class="link {classes}" d="{"".join(strokes)}"/>']
    return drawn + [f'<path class="tip {classes}" d="{tip}"/>' for tip in tips]


def _label(layout: _Layout, n: int) -> list[str]:
    p, texts = layout.at(layout.label_item[n]), layout.labels[n]
    line = layout.lines[n]
    wide = max(_long(t, SMALL_SIZE) for t in texts) + 6
    centre = p.x + p.wide / 2
    same = layout.column[layout.chains[n][0]] == layout.column[layout.chains[n][-1]]
    if same:  # both ends come from the left
        centre = p.x + wide / 2
    kind = "small mid" if line.present else "small mid not"
    parts = [
        f"<g><title>{escape(line.edge)}</title>"
        f'<rect class="chip" x="{_n(centre - wide / 2)}" y="{_n(p.y - p.tall / 2)}" '
        f'width="{_n(wide)}" height="{_n(p.tall)}"/>'
    ]
    for i, text in enumerate(texts):
        y = p.y - 7 * len(texts) + 14 * i + 11
        parts.append(f'<text class="{kind}" x="{_n(centre)}" y="{_n(y)}">{escape(text)}</text>')
    return [*parts, "</g>"]


def _box(layout: _Layout, n: int, *, end: bool) -> list[str]:
    box, p = layout.boxes[n], layout.at(n)
    top, centre = p.y - p.tall / 2, p.x + p.wide / 2
    parts = [
        f"<g><title>{escape(f'{box.name} ({box.id}, {box.type})')}</title>"
        f'<rect class="{_hue(box.type)}{" end" if end else ""}" x="{_n(p.x)}" y="{_n(top)}" '
        f'width="{_n(p.wide)}" height="{_n(p.tall)}" rx="7"/>'
    ]
    for i, text in enumerate(layout.names[n]):
        kind = "mid name" if end else "mid"
        parts.append(f'<text class="{kind}" x="{_n(centre)}" y="{_n(top + 20 + 16 * i)}">{escape(text)}</text>')
    caption = _cut(box.id, BOX - PAD, SMALL_SIZE)
    parts.append(f'<text class="small mid" x="{_n(centre)}" y="{_n(top + p.tall - 9)}">{escape(caption)}</text>')
    return [*parts, "</g>"]


def _legend(kinds: Sequence[str], notes: Sequence[tuple[str, str]], width: float) -> tuple[list[str], float]:
    """Coloured squares with the node types, then lines with what they mean; wrapped. Returns it and its height."""
    parts, x, y = [], 0.0, 0.0
    for mark, text in [(f"box {_hue(k)}", k.replace("_", " ")) for k in kinds] + list(notes):
        long = 34 + _long(text, SMALL_SIZE)
        if x and x + long > width:
            x, y = 0.0, y + 20
        if mark.startswith("box "):
            parts.append(f'<rect class="{mark[4:]}" x="{_n(x + 6)}" y="{_n(y)}" width="14" height="12" rx="3"/>')
        else:
            parts.append(f'<path class="link {mark}" d="M{_n(x)} {_n(y + 6)}h20"/>')
            if mark == "arrow":
                parts.append(f'<path class="tip" d="{_tip(x + 22, y + 6, right=True)}"/>')
        parts.append(f'<text class="small" x="{_n(x + 26)}" y="{_n(y + 10)}">{escape(text)}</text>')
        x += long + 10
    return parts, y + 20


def _lines_text(lines: Sequence[str], y: float, step: float, kind: str) -> list[str]:
    return [
        f'<text class="{kind}" x="{_n(MARGIN)}" y="{_n(y + i * step)}">{escape(t)}</text>' for i, t in enumerate(lines)
    ]


def draw(
    boxes: Sequence[Box],
    lines: Sequence[Line],
    paths: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    title: str,
    caption: str,
    best: int = 0,
) -> Drawn:
    """Draws the union of some paths.

    Args:
        boxes: The concepts of the paths, each once.
        lines: The edges of the paths, each once.
        paths: Node ids and edge ids of each path, in the order of rank; all with the same two ends.
        title: Heading, and the accessible name of the figure.
        caption: What stands below: the graph and what the figure does not say.
        best: Which path is the cheapest; it is drawn thicker.

    Returns:
        The document; the first paths only where all together have too many concepts.
    """
    count = _shown([nodes for nodes, _ in paths])
    ids = dict.fromkeys(n for nodes, _ in paths[:count] for n in nodes)
    start, goal = paths[0][0][0], paths[0][0][-1]
    known = {b.id: b for b in boxes}
    shown = [known[start], *(known[n] for n in ids if n not in (start, goal)), known[goal]]
    used = dict.fromkeys(e for _, edges in paths[:count] for e in edges)
    by_id = {e.edge: e for e in lines}
    links = [by_id[e] for e in used]
    thick = frozenset(paths[best][1]) if count > 1 else frozenset()
    layout = _Layout(shown, links)
    width = max(LEAST_WIDTH, layout.width + 2 * MARGIN)
    inner = width - 2 * MARGIN

    head = _wrap(title, inner, 17 * 1.06, 3)
    told = f"{count} paths" if count == len(paths) else f"the first {count} of {len(paths)} paths"
    told = "1 path" if told == "1 paths" else told
    below = f"{told}, {len(shown)} concepts, {len(links)} edges."
    notes = [("best", "the cheapest path")] if thick & used.keys() else []
    if any(e.arrow for e in links):
        notes.append(("arrow", "the direction in which a relation reads"))
    if not all(e.present for e in links):
        notes.append(("absent", "looked for and not seen"))
    legend, deep = _legend(sorted({b.type for b in shown}), notes, inner)
    foot = _wrap(f"{below} {caption}", inner, SMALL_SIZE, 8)
    top = MARGIN + 22 * len(head) + 6
    down = top + deep + 16
    height = down + layout.height + 26 + 15 * len(foot) + MARGIN - 8

    ports = layout.ports()
    body = []
    for n, line in sorted(enumerate(links), key=lambda pair: pair[1].edge in thick):  # the thick ones on top
        kinds = ("best", line.edge in thick), ("absent", not line.present)
        body += _link(layout, n, ports, " ".join(kind for kind, on in kinds if on))
    body += [part for n in range(len(links)) for part in _label(layout, n)]
    ends = (0, len(shown) - 1)
    body += [part for n in range(len(shown)) for part in _box(layout, n, end=n in ends)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mr-paths" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" role="img" aria-labelledby="mr-title mr-desc">',
        f'<title id="mr-title">{escape(title)}</title>',
        f'<desc id="mr-desc">{escape(_told(shown, links, paths[best][1], below))}</desc>',
        f"<style>{_style(width)}</style>",
        f'<rect class="paper" width="{_n(width)}" height="{_n(height)}"/>',
        *_lines_text(head, MARGIN + 14, 22, "head"),
        f'<g transform="translate({_n(MARGIN)} {_n(top)})">',
        *legend,
        "</g>",
        f'<g transform="translate({_n((width - layout.width) / 2)} {_n(down)})">',
        *body,
        "</g>",
        *_lines_text(foot, down + layout.height + 30, 15, "small"),
        "</svg>",
    ]
    return Drawn("\n".join(parts) + "\n", count)


def _told(boxes: Sequence[Box], lines: Sequence[Line], edges: Sequence[str], below: str) -> str:
    """The figure in words: counts, then the cheapest path edge by edge."""
    name = {b.id: b.name for b in boxes}
    label = {e.edge: e for e in lines}
    steps = [f"{name[e.head]} {e.label} {name[e.tail]}" for e in map(label.get, edges) if e is not None]
    return f"{below} The cheapest path: {'; '.join(steps)}." if len(steps) == len(edges) else below
