"""The dense encoder: the index with a made-up encoder, and sentence-transformers models built on the spot."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medreason.errors import GraphError, InputError, UsageError
from medreason.kg.build import build
from medreason.kg.source import SourceGraph
from medreason.kg.store import Graph, open_graph
from medreason.linking import dense
from medreason.linking.dense import DenseIndex, SentenceEncoder, default_folder, dense_index
from medreason.records import Concept

NAMES = ("breast cancer", "ovarian cancer", "asthma", "kidney stone", "ataxia")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    source = SourceGraph("toy", "1", "CC0", "none")
    source.concepts = [Concept(f"D:{i}", "disease", name) for i, name in enumerate(NAMES)]
    source.concepts += [Concept("P:0", "phenotype", "breast cancer"), Concept("P:1", "phenotype", "fever")]
    folder = tmp_path_factory.mktemp("dense") / "toy"
    build(source, folder)
    return open_graph(folder)


class Letters:
    """Counts of letters, as unit vectors."""

    name, revision = "letters", "1"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        self.encoded.extend(texts)
        rows = np.asarray([[t.lower().count(chr(97 + i)) for i in range(26)] for t in texts], dtype=np.float32)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def test_search_is_exact_by_type_and_in_any_block_size(graph: Graph, tmp_path: Path, monkeypatch: Any) -> None:
    encoder = Letters()
    index = dense_index(graph, encoder, ("disease", "phenotype"), tmp_path / "e")
    stored = np.load(tmp_path / "e" / "vectors.npy")
    assert (stored.dtype, stored.shape) == (np.float16, (7, 26))
    query = encoder.encode(["cancer of the breast"])[0]
    expected = sorted(((float(query @ encoder.encode([n])[0]), n) for n in NAMES), reverse=True)
    found = index.search("cancer of the breast", 3, ("disease",))
    assert [c.name for c in found] == [n for _, n in expected[:3]]
    assert all(c.method == "dense" and c.concept.startswith("D:") for c in found)
    assert np.allclose([c.score for c in found], [s for s, _ in expected[:3]], atol=2e-3)
    every = index.search("cancer of the breast", 100)
    assert [c.concept for c in every[:2]] == ["D:0", "P:0"]
    monkeypatch.setattr(dense, "BLOCK", 2)
    assert index.search("cancer of the breast", 100) == every
    assert index.search("x", 0) == index.search("breast", 3, ("gene",)) == ()


def test_names_are_encoded_once_and_the_index_is_bound_to_graph_and_model(graph: Graph, tmp_path: Path) -> None:
    encoder = Letters()
    seen: list[tuple[int, int]] = []
    folder = default_folder(tmp_path / "kg", encoder)
    dense_index(graph, encoder, ("disease",), folder, progress=lambda done, of: seen.append((done, of)))
    assert (seen[0], seen[-1]) == ((0, 5), (5, 5))
    assert len(encoder.encoded) == 5
    dense_index(graph, encoder, ("disease",), folder)
    assert len(encoder.encoded) == 5
    manifest = json.loads((folder / "dense.json").read_text())
    assert (manifest["model"], manifest["revision"], manifest["graph"]) == ("letters", "1", graph.ref.sha256)
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]
    with pytest.raises(GraphError, match="lack the node types phenotype"):
        dense_index(graph, encoder, ("disease", "phenotype"), folder)
    newer = Letters()
    newer.revision = "2"
    with pytest.raises(GraphError, match="of another revision"):
        dense_index(graph, newer, ("disease",), folder)
    assert default_folder(tmp_path / "kg", newer) != folder
    (folder / "nodes.npy").unlink()
    with pytest.raises(InputError, match="not a complete folder"):
        DenseIndex(folder, graph, encoder)


def test_a_broken_off_encoding_leaves_nothing(graph: Graph, tmp_path: Path) -> None:
    class Breaks(Letters):
        def encode(self, texts: Sequence[str]) -> Any:
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        dense_index(graph, Breaks(), ("disease",), tmp_path / "a" / "e")
    assert not (tmp_path / "a" / "e").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot store"):
        dense_index(graph, Letters(), ("disease",), tmp_path / "file" / "e")


def test_without_the_extra_the_message_says_how_to_install(monkeypatch: Any) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(dense.importlib, "import_module", absent)
    with pytest.raises(UsageError, match=r"pip install 'medreason\[dense\]'"):
        SentenceEncoder("any")


# -- sentence-transformers, offline, with models made here ------------------------------------------------


def _modules() -> Any:
    try:
        return importlib.import_module("sentence_transformers.sentence_transformer.modules")
    except ImportError:  # in older versions
        return importlib.import_module("sentence_transformers.models")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    os.environ["HF_HUB_OFFLINE"] = "1"
    st = pytest.importorskip("sentence_transformers")
    modules = _modules()
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted({w for n in NAMES for w in n.split()}), "fever"]
    made = tmp_path_factory.mktemp("models")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, "[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.Lowercase()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    bag = modules.StaticEmbedding(tokenizer, embedding_dim=16)
    st.SentenceTransformer(modules=[bag], device="cpu").save(str(made / "bag"))
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip
    fast.save_pretrained(made / "raw")
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    transformers.BertModel(config).save_pretrained(made / "raw")
    bert = modules.Transformer(str(made / "raw"))
    pooling = modules.Pooling(16)
    st.SentenceTransformer(modules=[bert, pooling], device="cpu").save(str(made / "bert"))
    return {"bag": made / "bag", "bert": made / "bert"}


@pytest.mark.parametrize("kind", ["bag", "bert"])
def test_a_local_model_finds_names(models: dict[str, Path], kind: str, graph: Graph, tmp_path: Path) -> None:
    encoder = SentenceEncoder(str(models[kind]), device="cpu")
    assert encoder.name == kind
    assert encoder.revision.startswith("sha256:")
    assert SentenceEncoder(str(models[kind]), device="cpu").revision == encoder.revision
    vectors = encoder.encode(["asthma", "breast cancer"])
    assert (vectors.dtype, vectors.shape) == (np.float32, (2, 16))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    index = dense_index(graph, encoder, ("disease",), tmp_path / "e")
    for name in NAMES:
        best = index.search(name.upper(), 2)[0]
        assert best.name == name
        assert best.score > 0.999
    assert json.loads((tmp_path / "e" / "dense.json").read_text())["revision"] == encoder.revision


def test_a_model_that_is_not_there(models: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot open the model"):
        SentenceEncoder(str(tmp_path / "absent"))
