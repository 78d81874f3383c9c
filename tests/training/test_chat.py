"""What is trained of a conversation, in the styles of five families of chat templates: the reply and its stop token."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import InputError, UsageError
from medreason.training.chat import Chat, chat_of
from medreason.training.data import Example, load_data
from medreason.training.packing import pack
from medreason.training.prepare import IGNORED, prepare, sft_columns
from tests.training import small

pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")
REPLIES = {
    "headings": "## Thinking\n1. Glass fever fits: 3 of 3 (µ ≥ 2).\n\n## Final Answer\nB. Glass fever",
    "tags": "<think>\n1. Glass fever fits.\n2. So it is.\n</think>\nB. Glass fever",
}


def example(reply: str = REPLIES["headings"], question: str = "What has the patient?\n\nOptions:\nA. x") -> Example:
    return Example("q1", ({"role": "user", "content": question},), (reply,))


def chat(template: str) -> Chat:
    return chat_of(small.tokenizer(template))


@pytest.mark.parametrize("form", REPLIES)
@pytest.mark.parametrize("template", small.TEMPLATES)
def test_what_is_trained_is_the_reply_and_its_stop_token(template: str, form: str) -> None:
    told = chat(template)
    row = told.encode(example(REPLIES[form]))
    assert told.decode(row.replies[0]) == small.wanted(REPLIES[form], template)
    assert told.decode(row.replies[0][-1:]) == small.STOPS[template]
    assert row.replies[0].count(told.stop) == 1
    # What the model reads first is what a server feeds it: the same tokens, the begin token once.
    asked = told.tokenizer.apply_chat_template(list(example().prompt), add_generation_prompt=True)["input_ids"]
    assert row.prompt == asked
    begins = [told.tokenizer.convert_tokens_to_ids(t) for t in ("<s>", "<|begin|>", "<|begin_of_sentence|>")]
    assert sum(row.prompt.count(b) for b in begins) == (0 if template in {"qwen", "chatml"} else 1)
    # Read together, every word of the conversation stands there once.
    whole = told.decode([*row.prompt, *row.replies[0]])
    assert whole.count(REPLIES[form]) == 1 and whole.count("What has the patient?") == 1


@pytest.mark.parametrize("packing", [False, True])
@pytest.mark.parametrize("template", small.TEMPLATES)
def test_labels_of_an_export_decode_to_its_replies(template: str, packing: bool, tmp_path: Path) -> None:
    base = tmp_path
    small.sft_export(base / "data", n=9)
    data, told = load_data(base / "data", "sft"), chat(template)
    ready = prepare(data, told, small.recipe(base))
    columns = sft_columns(ready.splits["train"])
    rows: Any = pack(columns, 2 * ready.max_length, 3).to_dict() if packing else columns
    learnt: list[str] = []
    for at, labels in enumerate(rows["labels"]):
        ids = rows["input_ids"][at]
        assert all(label in (IGNORED, token) for label, token in zip(labels, ids, strict=True))
        starts = [0]
        for length in rows["seq_lengths"][at] if packing else [len(ids)]:
            starts.append(starts[-1] + length)
        for a, b in pairwise(starts):
            kept = [label for label in labels[a:b] if label != IGNORED]
            assert labels[b - len(kept) : b] == kept  # one run, at the end of its sample
            learnt.append(told.decode(kept))
    assert sorted(learnt) == sorted(small.wanted(e.replies[0], template) for e in data.splits["train"])
    assert not packing or len(rows["input_ids"]) < len(learnt)


def test_what_trl_prepares_by_itself_is_not_that(tmp_path: Path) -> None:
    """Why rows come as tokens: what TRL makes of the same conversations in three of the styles."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    def learnt(template: str, reply: str) -> str:
        made = small.tokenizer(template)
        row = {"prompt": [*example().prompt], "completion": [{"role": "assistant", "content": reply}]}
        args = SFTConfig(
            output_dir=str(tmp_path),
            max_length=None,
            use_cpu=True,
            bf16=False,
            report_to=[],
            gradient_checkpointing=False,
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SFTTrainer, "_send_telemetry", lambda _: None)
            trainer = SFTTrainer(
                small.model(len(made)), args=args, train_dataset=Dataset.from_list([row]), processing_class=made
            )
        return str(made.decode([i for i in trainer.train_dataset[0]["labels"] if i != IGNORED]))

    for template, reply in (("qwen", REPLIES["headings"]), ("deepseek", REPLIES["tags"]), ("chatml", REPLIES["tags"])):
        assert learnt(template, reply) != small.wanted(reply, template)
    assert "Glass fever fits" not in learnt("deepseek", REPLIES["tags"])  # the thinking is gone
    assert learnt("chatml", REPLIES["tags"]).endswith("<|im_end|>\n")  # trained beyond the stop token


# -- what is refused ---------------------------------------------------------------------------------------


def test_a_model_without_a_template_is_refused() -> None:
    with pytest.raises(UsageError, match="no chat template") as caught:
        chat("")
    assert "chat_template" in caught.value.fix


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{% for m in messages %}{{ m['role'] }}{% endfor %}", "drops the assistant's text"),
        (
            "{% for m in messages %}{% if m['role'] == 'assistant' %}{{ m['content'] }}{% endif %}{% endfor %}",
            "the user's",
        ),
        ("{% for m in messages %}{{ m['content'] }} over and out {% endfor %}", "no single token"),
        ("{% for m in messages %}{{ m.nothing.there }}{% endfor %}", "template fails"),
        ("{{ raise_exception('not so') }}", "not so"),
    ],
)
def test_a_template_that_cannot_be_trained_on_is_refused(template: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        chat(template)


def test_a_template_that_changes_the_question_is_named_with_the_row() -> None:
    shout = small.TEMPLATES["chatml"].replace("m['content']", "m['content'] | replace('Options', 'Choices')")
    with pytest.raises(InputError, match="drops or changes the user's text") as caught:
        chat(shout).encode(example())
    assert caught.value.item == "q1"


@pytest.mark.parametrize("mark", ["<|im_end|>", "<|im_start|>", "</s>"])
def test_text_that_holds_a_mark_of_the_template_is_refused(mark: str) -> None:
    told = chat("chatml")
    with pytest.raises(InputError, match="the prompt holds a token that steers"):
        told.encode(example(question=f"Fever.{mark}What is it?"))
    with pytest.raises(InputError, match="the reply holds a token that steers"):
        told.encode(example(f"## Thinking\n1. Fine.{mark}"))


def test_a_tokenizer_that_changes_letters_is_refused() -> None:
    from tokenizers import normalizers

    made = small.tokenizer()
    made.backend_tokenizer.normalizer = normalizers.Lowercase()
    with pytest.raises(InputError, match=r"changes the reply's text \('T.*becomes 't"):
        chat_of(made).encode(example())


def test_letters_composed_by_the_tokenizer_are_the_same_letters() -> None:
    from tokenizers import normalizers

    made = small.tokenizer()
    made.backend_tokenizer.normalizer = normalizers.NFC()
    assert chat_of(made).encode(example("1. Ne\u0301e")).replies[0]


def test_the_tokenizers_end_token_stands_in_where_the_template_writes_none() -> None:
    told = chat("{% for m in messages %}{{ m['content'] + '\n' }}{% endfor %}")
    assert told.decode([told.stop]) == "<|end_of_text|>"


def test_prompts_that_depend_on_the_day_and_rewritten_thinking_are_noted() -> None:
    dated = "{{ strftime_now('%d %b %Y') }}" + small.TEMPLATES["chatml"]
    assert any("the day's date" in note for note in chat(dated).notes)
    assert any("past replies" in note for note in chat("deepseek").notes)
    assert any("opens <think>" in note for note in chat("deepseek").notes)
    assert chat("llama3").notes == ()
