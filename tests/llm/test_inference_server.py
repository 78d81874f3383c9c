"""The client against a real inference server: ``transformers serve`` with a tiny model made on the spot.

The model knows nothing; what is tested is the protocol: text, counted tokens, a schema that is not obeyed, the journal.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from medreason.llm.ask import Failure, Outcome
from medreason.llm.client import Client
from medreason.llm.journal import Journal
from medreason.llm.parse import Reply
from medreason.llm.request import Message, Request
from medreason.llm.settings import Endpoint
from tests.llm.tools import SHAPE

pytest.importorskip("torch", reason="the extra [train] is not installed")
transformers = pytest.importorskip("transformers", reason="the extra [train] is not installed")
pytest.importorskip("fastapi", reason="transformers[serving] is not installed")

WORDS = "the a patient has fever and cough with rash no history of pain is recorded for disease user system".split()
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }} {{ m['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}user {% endif %}"
)


def tiny_model(folder: Path) -> Path:
    """A model of some 20,000 weights with a tokenizer of whole words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {word: n for n, word in enumerate(["<pad>", "<unk>", "<eos>", *WORDS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="<unk>", pad_token="<pad>", eos_token="<eos>", chat_template=TEMPLATE
    )
    config = transformers.LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=512, pad_token_id=0, eos_token_id=2, bos_token_id=2,
    )  # fmt: skip
    transformers.set_seed(0)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Base URL and model name of a server under way."""
    program = Path(sys.executable).with_name("transformers")
    if not program.exists() and shutil.which("transformers") is None:
        pytest.skip("the program transformers is not installed")
    folder = tiny_model(tmp_path_factory.mktemp("model"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    log = (folder.parent / "server.log").open("w")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    with subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment) as process:
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                    break
                except OSError:
                    assert process.poll() is None, Path(log.name).read_text()
                    time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1", str(folder)
        finally:
            process.terminate()
            process.wait(20)


def ask(url: str, journal: Path, request: Request) -> tuple[Outcome, list[tuple[object, ...]]]:
    async def one() -> Outcome:
        kept = Journal(journal)
        try:
            async with Client(Endpoint(url, timeout=120), kept) as client:
                return await client.call(request)
        finally:
            kept.close()

    import sqlite3

    outcome = asyncio.run(one())
    db = sqlite3.connect(journal)
    rows = db.execute(
        "SELECT status, http_status, error_class, prompt_tokens, completion_tokens FROM attempt"
    ).fetchall()
    db.close()
    return outcome, rows


def test_a_real_server_answers_and_counts(served: tuple[str, str], tmp_path: Path) -> None:
    url, model = served
    request = Request(model, (Message("user", "the patient has fever"),), max_tokens=8, temperature=0.0)
    outcome, rows = ask(url, tmp_path / "journal.sqlite", request)
    assert isinstance(outcome, Reply), outcome
    assert outcome.text.split() and set(outcome.text.split()) <= {*WORDS, "<unk>"}
    assert len(rows) == 1 and rows[0][:3] == ("ok", 200, None)
    if outcome.usage is not None:
        assert outcome.usage.completion <= 8 and outcome.usage.prompt >= 4
    again, more = ask(url, tmp_path / "journal.sqlite", request)
    assert isinstance(again, Reply) and again.text == outcome.text and len(more) == 1


def test_a_model_that_never_obeys_a_schema_is_a_recorded_failure(served: tuple[str, str], tmp_path: Path) -> None:
    url, model = served
    request = Request(model, (Message("user", "fever"),), max_tokens=6, temperature=0.0, shape=SHAPE)
    outcome, rows = ask(url, tmp_path / "journal.sqlite", request)
    assert isinstance(outcome, Failure) and outcome.kind in ("schema", "length")
    assert outcome.raw and rows[-1][2] in ("schema", "length", "truncated")
