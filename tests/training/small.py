"""Small things to train with, made on the spot: exports, a byte-level tokenizer, chat templates, a model of two layers.

The templates are our own, in the styles of the families that recipes name; each has what makes that family difficult.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medreason.dataset.export import Form, Options, export, prompt_of, target_of
from medreason.records import to_json
from medreason.training.recipe import Recipe
from tests.dataset.small import record

SPECIAL = (
    "<|end_of_text|>", "<|pad|>", "<|begin|>", "<|start_header|>", "<|end_header|>", "<|eot|>", "<s>", "</s>",
    "[INST]", "[/INST]", "<|im_start|>", "<|im_end|>", "<|begin_of_sentence|>", "<|end_of_sentence|>",
    "<|User|>", "<|Assistant|>",
)  # fmt: skip
_LOOP = "{% for m in messages %}"
TEMPLATES = {
    # A begin token and a system turn of its own; text is trimmed.
    "llama3": (
        "{{ '<|begin|>' }}{% if messages[0]['role'] != 'system' %}{{ '<|start_header|>system<|end_header|>\n\n"
        "Be of help.<|eot|>' }}{% endif %}" + _LOOP + "{{ '<|start_header|>' + m['role'] + '<|end_header|>\n\n' + "
        "m['content'] | trim + '<|eot|>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|start_header|>assistant<|end_header|>\n\n' }}{% endif %}"
    ),
    # No mark before a reply, so that the prompt is the same with and without asking.
    "mistral": (
        "{{ '<s>' }}" + _LOOP + "{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
        "{% else %}{{ m['content'] + '</s>' }}{% endif %}{% endfor %}"
    ),
    # A space before each reply, which the model writes itself.
    "mistral-spaced": (
        "{{ '<s>' }}" + _LOOP + "{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
        "{% else %}{{ ' ' + m['content'] | trim + '</s>' }}{% endif %}{% endfor %}"
    ),
    # Rewrites thinking: an empty one where there is none, other blank lines where there is; a newline after the stop.
    "qwen": (
        "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are of help.<|im_end|>\n' }}{% endif %}"
        + _LOOP + "{% set c = m['content'] %}{% if m['role'] == 'assistant' %}{% set r = '' %}{% if '</think>' in c %}"
        "{% set r = c.split('</think>')[0].split('<think>')[-1].strip('\n') %}"
        "{% set c = c.split('</think>')[-1].lstrip('\n') %}{% endif %}"
        "{% set c = '<think>\n' + r + '\n</think>\n\n' + c %}{% endif %}"
        "{{ '<|im_start|>' + m['role'] + '\n' + c + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "chatml": (
        _LOOP + "{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    # Opens the thinking in its prompt, and removes it from the turns.
    "deepseek": (
        "{{ '<|begin_of_sentence|>' }}" + _LOOP + "{% if m['role'] == 'user' %}{{ '<|User|>' + m['content'] }}"
        "{% else %}{% set c = m['content'] %}{% if '</think>' in c %}{% set c = c.split('</think>')[-1] %}{% endif %}"
        "{{ '<|Assistant|>' + c + '<|end_of_sentence|>' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|Assistant|><think>\n' }}{% endif %}"
    ),
}  # fmt: skip
STOPS = {
    "llama3": "<|eot|>", "mistral": "</s>", "mistral-spaced": "</s>", "qwen": "<|im_end|>", "chatml": "<|im_end|>",
    "deepseek": "<|end_of_sentence|>",
}  # fmt: skip


def tokenizer(template: str = "chatml", *, merges: bool = True) -> Any:
    """A byte-level tokenizer that keeps every character; with merges, tokens may cross the border of a reply."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    words = [prompt_of(record()), target_of(record())]
    made.train_from_iterator(
        words * 9 if merges else [],
        trainers.BpeTrainer(
            vocab_size=640, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False, special_tokens=[]
        ),
    )
    made.add_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL])
    made.add_tokens([AddedToken(t, special=False, normalized=False) for t in ("<think>", "</think>")])
    # As most tokenizers do: a begin token is added to every text, unless one asks for none.
    begin = made.token_to_id("<s>")
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", begin)])
    found = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|end_of_text|>", pad_token="<|pad|>", bos_token="<s>"
    )
    found.chat_template = TEMPLATES.get(template, template) or None
    return found


def model(words: int, *, seed: int = 0, **changes: Any) -> Any:
    """A Llama of two layers and a few thousand weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    shape: dict[str, Any] = {
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 2048,
    }  # fmt: skip
    config = LlamaConfig(vocab_size=words, **{**shape, **changes}, bos_token_id=None, eos_token_id=0, pad_token_id=1)
    return LlamaForCausalLM(config)


def model_folder(folder: Path, template: str = "chatml", **changes: Any) -> Path:
    """A model with its tokenizer, saved."""
    made = tokenizer(template)
    model(len(made), **changes).save_pretrained(folder)
    made.save_pretrained(folder)
    return folder


def sft_export(out: Path, *, n: int = 12, shares: tuple[float, ...] = (0.7, 0.3), think: str = "headings") -> Path:
    """An export of format ``sft``, of questions with an answer each of its own."""
    run = out.with_name(f"{out.name}.jsonl")
    names = [f"Malady {i}" for i in range(n)]
    run.write_text(
        "".join(
            to_json(record(f"r{i}", texts=(names[i], "Other", "Third")[: 2 + i % 2], source="made", licence="CC0 1.0"))
            + "\n"
            for i in range(n)
        ),
        encoding="utf-8",
    )
    form = Form(think)  # type: ignore[arg-type]
    export(run, out, Options("sft", form=form, shape="prompt-completion", shares=shares))
    return out


def recipe(base: Path, **changes: Any) -> Recipe:
    """A recipe that trains ``base/model`` on ``base/data`` into ``base/out``: 6 steps, a checkpoint every 2."""
    told: dict[str, Any] = {
        "name": "small", "model": str(base / "model"), "data": base / "data", "out": base / "out", "precision": "fp32",
        "gradient_checkpointing": False, "batch": {"per_device": 2, "accumulate": 1},
        "optimizer": {"learning_rate": 0.01, "max_steps": 6}, "save": {"every": 2},
    }  # fmt: skip
    return Recipe.model_validate({**told, **changes})


def wanted(reply: str, template: str) -> str:
    """What is to be trained of a reply, by eye: its text and the stop token."""
    told = reply.removeprefix("<think>\n") if template == "deepseek" else reply
    return (" " if template == "mistral-spaced" else "") + told + STOPS[template]
