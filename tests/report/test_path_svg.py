"""The drawing of paths: well-formed, complete, nothing on top of anything else, the same bytes every time."""

import itertools
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from medreason.report.layered import crossings, heights, order
from medreason.report.path_svg import MOST_NODES, Box, Drawn, Line, _long, _wrap, draw

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [
    "Marfan syndrome",
    "Abnormality of the anterior chamber of the eye",
    "X",
    "Pneumonoultramicroscopic" * 3,
    "<&>",
]
Rows = list[list[int]]


def drawing(rows: Rows, types: tuple[str, ...] = ("disease", "phenotype", "planet")) -> Drawn:
    """Paths from node 0 to node 99 over the inner nodes given."""
    walks = [[0, *row, 99] for row in rows]
    numbers = sorted({n for w in walks for n in w})
    boxes = [Box(f"N:{n}", NAMES[n % len(NAMES)], types[n % len(types)]) for n in numbers]
    pairs = sorted({(a, b) for w in walks for a, b in itertools.pairwise(w)})
    lines = [
        Line(f"E{a}-{b}", f"N:{min(a, b)}", f"N:{max(a, b)}", f"has phenotype, {a} of {b}", a % 3 > 0, b % 4 > 0)
        for a, b in pairs
    ]
    paths = [([f"N:{n}" for n in w], [f"E{a}-{b}" for a, b in itertools.pairwise(w)]) for w in walks]
    return draw(boxes, lines, paths, title="Start – goal", caption="Graph: made up.")


def rectangles(svg: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom of all boxes and labels."""
    (body,) = [g for g in ET.fromstring(svg).findall(f"{SVG}g") if g.find(f"{SVG}g") is not None]
    found = []
    for rect in body.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
        found.append((x, y, x + w, y + h))
    return found


rows = st.lists(st.lists(st.integers(1, 14), max_size=5, unique=True), min_size=1, max_size=12, unique_by=tuple)


@given(rows)
@settings(max_examples=60, deadline=None)
def test_boxes_and_labels_never_touch_and_stay_inside(given_rows: Rows) -> None:
    drawn = drawing(given_rows)
    root = ET.fromstring(drawn.svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    placed = rectangles(drawn.svg)
    for a, b in itertools.combinations(placed, 2):
        assert a[2] <= b[0] + 0.2 or b[2] <= a[0] + 0.2 or a[3] <= b[1] + 0.2 or b[3] <= a[1] + 0.2, (a, b)
    assert all(x1 >= -0.2 and y1 >= -0.2 and x2 <= width and y2 <= height for x1, y1, x2, y2 in placed)
    assert drawn.paths == len(given_rows)
    assert drawing(given_rows).svg == drawn.svg


def test_every_concept_and_edge_is_there_with_a_title_a_description_and_both_colour_schemes() -> None:
    drawn = drawing([[], [1, 2], [2, 1], [3]])
    root = ET.fromstring(drawn.svg)
    assert root.findtext(f"{SVG}title") == "Start – goal"
    assert "4 paths, 5 concepts, 9 edges" in (root.findtext(f"{SVG}desc") or "")
    titles = [t.text or "" for t in root.iter(f"{SVG}title")]
    assert {f"E{a}-{b}" for a, b in [(0, 99), (0, 1), (1, 2), (2, 99), (0, 2), (2, 1), (1, 99), (0, 3), (3, 99)]} < set(
        titles
    )
    assert sum("(N:" in t for t in titles) == 5
    assert "prefers-color-scheme:dark" in drawn.svg
    assert "<script" not in drawn.svg
    assert drawn.svg.count("http") == 1, "the namespace is the only address"


def test_absent_edges_are_dashed_and_in_the_legend() -> None:
    drawn = drawing([[4], [3]])  # the edge 0 → 4 is made absent
    root = ET.fromstring(drawn.svg)
    classes = [p.attrib["class"].split() for p in root.iter(f"{SVG}path")]
    assert sum({"link", "absent"} <= set(c) for c in classes) == 2, "the edge and its sample in the legend"
    assert "looked for and not seen" in drawn.svg
    assert "looked for and not seen" not in drawing([[3], [5]]).svg


def test_what_would_not_be_readable_is_left_out_and_said() -> None:
    many = [[n, n + 1, n + 2] for n in range(1, 97, 3)]
    drawn = drawing(many)
    assert drawn.paths < len(many)
    assert f"the first {drawn.paths} of {len(many)} paths" in drawn.svg
    shown = [t for t in ET.fromstring(drawn.svg).iter(f"{SVG}title") if "(N:" in (t.text or "")]
    assert len(shown) <= MOST_NODES


@given(st.text(alphabet="ab -mW\u00a0", max_size=80), st.integers(40, 120))
def test_wrapping_keeps_the_text_and_the_width(text: str, width: int) -> None:
    lines = _wrap(text, width, 12, 1000)
    assert "".join("".join(lines).split(" ")) == "".join(text.split(" "))
    assert all(_long(line, 12) <= width or len(line) == 1 for line in lines)
    short = _wrap(text, width, 12, 2)
    assert len(short) <= 2
    assert all(_long(line, 12) <= width or len(line) == 1 for line in short)


def test_ordering_removes_crossings_that_can_be_removed() -> None:
    columns, links = [[0, 1, 2], [3, 4, 5]], [(0, 5), (1, 4), (2, 3)]
    assert crossings(columns, links) == 3
    assert crossings(order(columns, links), links) == 0


@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.data())
def test_items_of_a_column_keep_their_order_and_distance(sizes: list[int], data: st.DataObject) -> None:
    numbers = itertools.count()
    columns = [[next(numbers) for _ in range(size)] for size in sizes]
    links = [
        (a, data.draw(st.sampled_from(after)))
        for before, after in itertools.pairwise(columns) for a in before
    ]  # fmt: skip
    items = [i for column in columns for i in column]
    tall = {i: data.draw(st.floats(1, 90)) for i in items}
    y = heights(columns, links, tall, dict.fromkeys(items, 5.0))
    assert min(y[i] - tall[i] / 2 for i in items) >= -1e-6
    for column in columns:
        for a, b in itertools.pairwise(column):
            assert y[b] - y[a] >= (tall[a] + tall[b]) / 2 + 5 - 1e-6
