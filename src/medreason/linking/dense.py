"""Similar names by embedding: vectors of all nodes made once, stored as float16, searched exactly.

What it is: a thin layer over a sentence-transformers model (SapBERT, MedEmbed, any local folder or hub name), which
comes with the extra ``medreason[dense]``; searching needs numpy and the encoder for the query alone. What it is not:
an approximate index: every stored vector of the wanted types is compared, block by block.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medreason.errors import GraphError, InputError, UsageError
from medreason.linking.candidates import Candidate

if TYPE_CHECKING:
    from medreason.kg.store import Graph

F16 = NDArray[np.float16]
F32 = NDArray[np.float32]
FORMAT = 1
BLOCK = 16_384  # vectors compared at once: 50 MB as float32 at 768 dimensions
BATCH = 256  # names encoded at once
INSTALL = "pip install 'medreason[dense]'"


class Encoder(Protocol):
    """What turns texts into vectors: a name, a revision that changes when its weights do, and unit vectors."""

    name: str
    revision: str

    def encode(self, texts: Sequence[str]) -> F32:
        """One row of length 1 a text."""
        ...


class SentenceEncoder:
    """A sentence-transformers model.

    Args:
        model: A folder or a hub name; nothing is downloaded where ``HF_HUB_OFFLINE=1`` is set.
        revision: Commit of a hub model; of a folder the SHA-256 of its files is taken.
        device: ``cpu``, ``cuda`` …; by default what the library chooses.
        loaded: A model that is open already, instead of opening ``model``.

    Raises:
        UsageError: the extra is not installed.
        InputError: the model cannot be opened.
    """

    def __init__(self, model: str, *, revision: str = "", device: str = "", loaded: Any = None) -> None:
        if loaded is None:
            loaded = _open(model, revision, device)
        self._model = loaded
        self.name = Path(model).name if Path(model).is_dir() else model
        self.revision = revision or _revision(model, loaded)

    def encode(self, texts: Sequence[str]) -> F32:
        """One row of length 1 a text (float32)."""
        found = self._model.encode(
            list(texts), batch_size=BATCH, convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(found, dtype=np.float32)


def _open(model: str, revision: str, device: str) -> Any:
    try:
        library: Any = importlib.import_module("sentence_transformers")
    except ImportError as error:
        raise UsageError("the dense encoder needs the extra 'dense'", fix=INSTALL) from error
    try:
        return library.SentenceTransformer(model, revision=revision or None, device=device or None)
    except Exception as error:  # the library raises OSError, ValueError, RuntimeError and those of the hub client
        cause = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InputError(
            f"cannot open the model: {cause[:300]}",
            fix="give a folder with a sentence-transformers model, or the name of one on the hub",
            item=model,
        ) from error


def _revision(model: str, loaded: Any) -> str:
    folder = Path(model)
    if folder.is_dir():
        digest = hashlib.sha256()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return f"sha256:{digest.hexdigest()}"
    config = getattr(getattr(loaded[0], "auto_model", None), "config", None) if len(loaded) else None
    return str(getattr(config, "_commit_hash", None) or "unknown")


def default_folder(graph_folder: Path, encoder: Encoder) -> Path:
    """Where the vectors of a graph and a model lie: beside the graph, one folder a model and revision."""
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", encoder.name).strip("-")
    tag = hashlib.sha256(f"{encoder.name}\0{encoder.revision}".encode()).hexdigest()[:8]
    return graph_folder.parent / f"{graph_folder.name}.dense" / f"{slug}-{tag}"


class DenseIndex:
    """Stored vectors of a graph's nodes, and the encoder for queries.

    Raises:
        InputError: the folder is not a complete index.
        GraphError: it was made from another graph or model.
    """

    def __init__(self, folder: Path, graph: Graph, encoder: Encoder) -> None:
        try:
            self.manifest: dict[str, Any] = json.loads((folder / "dense.json").read_text(encoding="utf-8"))
            self._vectors: F16 = np.load(folder / "vectors.npy", mmap_mode="r")
            self._nodes: NDArray[np.int32] = np.load(folder / "nodes.npy")
        except (OSError, ValueError) as error:
            raise InputError(
                "not a complete folder of embeddings", fix="delete it; it is made again", item=folder.name
            ) from error
        expected = {"format": FORMAT, "graph": graph.ref.sha256, "model": encoder.name, "revision": encoder.revision}
        wrong = [k for k, v in expected.items() if self.manifest.get(k) != v]
        if wrong or len(self._vectors) != len(self._nodes):
            raise GraphError(
                f"the embeddings are of another {' and '.join(wrong) or 'length'}",
                fix="delete the folder; it is made again",
                item=folder.name,
            )
        self._encoder = encoder
        self._curies = [graph.curie(int(n)) for n in self._nodes]
        self._names = [graph.concept_at(int(n)).name for n in self._nodes]
        self._types: dict[str, tuple[int, int]] = {t: (a, b) for t, a, b in self.manifest["types"]}

    def search(self, text: str, k: int = 10, types: Sequence[str] = ()) -> tuple[Candidate, ...]:
        """The ``k`` nodes of some types (all if none are given) whose names are nearest, by cosine, best first.

        Cost: one encoding, and O(nodes of the types x dimensions): about 60 ms for 130,000 of 768 dimensions.
        """
        return self.search_vector(self._encoder.encode([text])[0], k, types)

    def search_vector(self, query: F32, k: int = 10, types: Sequence[str] = ()) -> tuple[Candidate, ...]:
        """As :meth:`search`, for a vector of length 1."""
        if k < 1:
            return ()
        rows = np.zeros(0, dtype=np.int64)
        scores = np.zeros(0, dtype=np.float32)
        for kind in dict.fromkeys(types or self._types):
            first, last = self._types.get(kind, (0, 0))
            for start in range(first, last, BLOCK):
                stop = min(start + BLOCK, last)
                block = self._vectors[start:stop].astype(np.float32) @ query
                rows = np.concatenate([rows, np.arange(start, stop)])
                scores = np.concatenate([scores, block])
                if len(scores) > k:
                    best = np.lexsort((rows, -scores))[:k]
                    rows, scores = rows[best], scores[best]
        order = np.lexsort((rows, -scores))[:k]
        return tuple(
            Candidate(self._curies[r], self._names[r], "dense", round(min(1.0, float(s)), 4))
            for r, s in zip(rows[order].tolist(), scores[order], strict=True)
            if s > 0
        )


def dense_index(
    graph: Graph,
    encoder: Encoder,
    types: Sequence[str],
    folder: Path | None = None,
    *,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> DenseIndex:
    """The index of a graph and a model; encodes the preferred names of all nodes of the types if none is stored.

    Args:
        graph: The graph.
        encoder: The model.
        types: Node types to encode; a stored index must hold them all.
        folder: Where it is stored; :func:`default_folder` if not given.
        progress: Told how many names of how many are encoded.

    Raises:
        InputError: the folder cannot be written, or is no index.
        GraphError: the stored index is of another graph, model or set of types.
    """
    folder = folder or default_folder(graph.folder, encoder)
    if not folder.exists():
        try:
            _build(graph, encoder, types, folder, progress)
        except OSError as error:
            raise InputError(
                f"cannot store the embeddings: {error.strerror or error}", fix="give --embeddings DIR", item=folder.name
            ) from error
    index = DenseIndex(folder, graph, encoder)
    missing = sorted(set(types) - {t for t, _, _ in index.manifest["types"]})
    if missing:
        raise GraphError(
            f"the embeddings lack the node types {', '.join(missing)}", fix="delete the folder; it is made again",
            item=folder.name,
        )  # fmt: skip
    return index


def _build(
    graph: Graph, encoder: Encoder, types: Sequence[str], folder: Path, progress: Callable[[int, int], None]
) -> None:
    by_type: dict[str, list[int]] = {kind: [] for kind in dict.fromkeys(types)}
    for number in range(graph.n_nodes):
        if (kind := graph.concept_at(number).type) in by_type:
            by_type[kind].append(number)
    nodes = [n for row in by_type.values() for n in row]
    ends = np.cumsum([len(row) for row in by_type.values()]).tolist()
    bounds = [[kind, end - len(row), end] for (kind, row), end in zip(by_type.items(), ends, strict=True)]
    progress(0, len(nodes))
    parts: list[F16] = []
    for start in range(0, len(nodes), BATCH):
        names = [graph.concept_at(n).name for n in nodes[start : start + BATCH]]
        parts.append(encoder.encode(names).astype(np.float16))
        progress(min(start + BATCH, len(nodes)), len(nodes))
    vectors = np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float16)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Written beside its place and renamed, so that a broken-off run leaves nothing that opens.
    part = folder.parent / f".{folder.name}.{os.getpid()}"
    part.mkdir()
    try:
        np.save(part / "vectors.npy", vectors)
        np.save(part / "nodes.npy", np.asarray(nodes, dtype=np.int32))
        facts = {
            "format": FORMAT, "model": encoder.name, "revision": encoder.revision, "graph": graph.ref.sha256,
            "dimensions": int(vectors.shape[1]), "dtype": "float16", "text": "preferred name", "types": bounds,
        }  # fmt: skip
        (part / "dense.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        part.replace(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
