"""From a conversation to tokens: what a model reads when it is asked, and exactly what it is to write.

A sample is  prompt + reply + stop.

    prompt   what the chat template makes of the messages with ``add_generation_prompt``: the tokens that a server feeds
             to the model, so that training and evaluation ask alike
    reply    the assistant's text, unchanged; these tokens and the stop token are trained, and nothing else
    stop     the one token with which the template ends an assistant's turn

Rendering the whole conversation and training on what follows the prompt, as trainers do, differs from this in ways
that were met in common templates: a reasoning part is removed from the assistant's turn or rewritten, ``<think>``
stands in the generation prompt but not in the turn, a newline after the stop token is trained. So the template is asked
for its prompt, and by a probe for its stop token and the white space before a reply.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from medreason.errors import InputError, UsageError
from medreason.training.data import Example, Message

# Words that stand in no template; the probe is found again by them.
_ASKED, _REPLIED = "Qpx7 probe question", "Rpx7 probe reply"
OPENING = "<think>\n"
# Added tokens that look like marks of a template; the marks of thinking are part of replies.
_MARK = re.compile(r"^(?!</?think>$)(?:<.+>|\[.+\])$")


class Tokens(NamedTuple):
    """A sample as tokens; of ``replies`` (each with its stop token) every token is trained, of ``prompt`` none."""

    id: str
    prompt: list[int]
    replies: tuple[list[int], ...]

    @property
    def length(self) -> int:
        """Tokens of the prompt and the longest reply."""
        return len(self.prompt) + max(map(len, self.replies))


@dataclass(frozen=True, slots=True)
class Chat:
    """A tokenizer with its chat template, as probed by :func:`chat_of`.

    Attributes:
        tokenizer: Of transformers.
        stop: Token that ends a reply.
        steering: Tokens that no text of the data may hold: special ones, and marks of turns.
        glue: White space that the template puts between its prompt and a reply; the model writes it, so it is trained.
        opened: The template opens ``<think>`` for the model, at the end of its prompt.
        notes: What a reader should know of this template.
    """

    tokenizer: Any
    stop: int
    steering: frozenset[int]
    glue: str
    opened: bool
    notes: tuple[str, ...]

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """What a server makes of the messages before it asks the model."""
        return _render(self.tokenizer, messages, ask=True)

    def encode(self, example: Example) -> Tokens:
        """The tokens of a row. O(characters).

        Raises:
            InputError: the template or the tokenizer drops or changes text, or the text holds a token that steers.
        """
        text = self.prompt_text(example.prompt)
        for message in example.prompt:
            if message["content"].strip() not in text:
                raise InputError(
                    f"the chat template drops or changes the {message['role']}'s text",
                    fix="give another template by chat_template",
                    item=example.id,
                )
        prompt = self._ids(text)
        self._steers(prompt, example)
        return Tokens(example.id, prompt, tuple(self._reply(text, prompt, r, example.id) for r in example.replies))

    def trained_text(self, reply: str) -> str:
        """The text that is trained of a reply, without its stop token."""
        told = reply.removeprefix(OPENING) if self.opened else reply
        return self.glue + told

    def decode(self, ids: Sequence[int]) -> str:
        """Text of tokens, special ones included."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def _ids(self, text: str) -> list[int]:
        # Templates write the begin token themselves: adding special tokens would double it.
        return list(self.tokenizer(text, add_special_tokens=False, truncation=False)["input_ids"])

    def _reply(self, text: str, prompt: list[int], reply: str, name: str) -> list[int]:
        told = self.trained_text(reply)
        whole = self._ids(text + told)
        # Tokens may merge over the border; the model meets the prompt's own tokens, so these stay.
        ids = whole[len(prompt) :] if whole[: len(prompt)] == prompt else self._ids(told)
        if self.steering.intersection(ids):
            raise InputError("the reply holds a token that steers the model", fix="drop this record", item=name)
        head, said = self.decode(prompt), self.decode([*prompt, *ids])
        if not _same(said, head + told):
            raise InputError(
                f"the tokenizer changes the reply's text ({_difference(said, head + told)})",
                fix="use a tokenizer that keeps every character",
                item=name,
            )
        return [*ids, self.stop]

    def _steers(self, prompt: list[int], example: Example) -> None:
        """Refuses questions that bring special tokens along, such as the mark of a new turn."""
        bare = [{**m, "content": _ASKED} for m in example.prompt]
        usual = sum(i in self.steering for i in self._ids(self.prompt_text(bare)))
        if sum(i in self.steering for i in prompt) != usual:
            raise InputError("the prompt holds a token that steers the model", fix="drop this record", item=example.id)


def chat_of(tokenizer: Any, *, template: str = "") -> Chat:
    """Probes a tokenizer's chat template for its stop token and the white space before a reply.

    Args:
        tokenizer: Of transformers.
        template: A Jinja template instead of the tokenizer's own; empty for its own.

    Raises:
        UsageError: there is no template, or it cannot be used to train on replies.
    """
    if template:
        tokenizer.chat_template = template
    if not tokenizer.chat_template:
        raise UsageError(
            "the model has no chat template", fix="take an instruct model, or give a Jinja file by chat_template"
        )
    asked = [{"role": "user", "content": _ASKED}]
    prompt = _render(tokenizer, asked, ask=True)
    turn = _render(tokenizer, [*asked, {"role": "assistant", "content": _REPLIED}], ask=False)
    before, found, after = turn.partition(_REPLIED)
    if not found:
        raise UsageError("the chat template drops the assistant's text", fix="give another one by chat_template")
    if _ASKED not in prompt:
        raise UsageError("the chat template drops the user's text", fix="give another one by chat_template")
    rest = before.removeprefix(prompt)
    glue = rest if before.startswith(prompt) and not rest.strip() else ""
    opened = prompt.endswith(OPENING)
    stop = _stop(tokenizer, after)
    notes = tuple(_notes(tokenizer, asked, opened))
    return Chat(tokenizer, stop, _steering(tokenizer) | {stop}, glue, opened, notes)


def _render(tokenizer: Any, messages: Sequence[Message], *, ask: bool) -> str:
    try:
        return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=ask))
    except Exception as error:  # Jinja's own, and what a template raises by raise_exception
        cause = " ".join(str(error).split())
        raise UsageError(f"the chat template fails: {cause}", fix="give another one by chat_template") from None


def _stop(tokenizer: Any, after: str) -> int:
    """The token after the assistant's text; the tokenizer's own end token where the template writes none."""
    ids = list(tokenizer(after.lstrip(), add_special_tokens=False)["input_ids"]) if after.strip() else []
    if not ids:
        if tokenizer.eos_token_id is None:
            raise UsageError(
                "neither the chat template nor the tokenizer ends a reply by a token",
                fix="give a template that writes one, by chat_template",
            )
        return int(tokenizer.eos_token_id)
    added = {int(i) for i in tokenizer.added_tokens_decoder} | set(tokenizer.all_special_ids)
    if ids[0] not in added:
        told = after.strip().splitlines()[0]
        raise UsageError(
            f"the chat template ends a reply by {told!r}, which is no single token of the model",
            fix="give a template that ends replies by a token that the model has, by chat_template",
        )
    return int(ids[0])


def _steering(tokenizer: Any) -> frozenset[int]:
    added = {int(i) for i, t in tokenizer.added_tokens_decoder.items() if t.special or _MARK.match(t.content)}
    return frozenset((added | set(tokenizer.all_special_ids)) - {tokenizer.unk_token_id})


def _notes(tokenizer: Any, asked: list[Message], opened: bool) -> list[str]:
    told = []
    thought = "<think>\n1. probe step\n</think>\nprobe answer"
    turn = _render(tokenizer, [*asked, {"role": "assistant", "content": thought}], ask=False)
    if thought not in turn:
        told.append("the chat template changes the thinking of past replies; it is trained unchanged here")
    if opened:
        told.append("the chat template opens <think> in its prompt; replies go on from there")
    if "strftime_now" in tokenizer.chat_template:
        told.append("the chat template writes the day's date into prompts")
    return told


def _same(a: str, b: str) -> bool:
    """Equal, or equal once composed: some tokenizers store letters with accents as one character (NFC)."""
    return a == b or unicodedata.normalize("NFC", a) == unicodedata.normalize("NFC", b)


def _difference(a: str, b: str) -> str:
    at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return f"{b[at : at + 20]!r} becomes {a[at : at + 20]!r}"
