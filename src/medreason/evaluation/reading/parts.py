"""Which part of an output is the answer: without thinking, template marks, and turns that the model made up.

Everything else is blanked out with spaces, so that places in the text stay what they are.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_THINK = r"(?:think|thinking|thought|thoughts|reasoning|scratchpad|reflection|analysis|seed:think|unused94|unused95)"
_OPEN_OR_CLOSE = re.compile(
    rf"<\s?(?P<close>/?)\s?{_THINK}\s?>|\[(?P<close2>/?)think\]|(?P<open3>◁think▷)|(?P<close3>◁/think▷)"
    r"|<\|(?P<mark>begin|end)_of_thought\|>",
    re.IGNORECASE,
)
_HARMONY_FINAL = re.compile(r"<\|channel\|>\s?final[^<]{0,40}<\|message\|>|(?<=[\s.!?)])assistantfinal(?=[\s\S])")
_HARMONY_THINKING = re.compile(r"<\|channel\|>\s?(?:analysis|commentary)")
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~|<(s|del|strike)>[^<>\n]{1,200}</\1>")
_ASSISTANT = re.compile(
    r"<\|im_start\|>\s?assistant|<\|start_header_id\|>\s?assistant\s?<\|end_header_id\|>|<\|assistant\|>|\[/INST\]"
    r"|<start_of_turn>\s?model|<\|start\|>\s?assistant|###\s?(?:Response|Assistant):|<｜Assistant｜>",
    re.IGNORECASE,
)
_USER = re.compile(
    r"<\|im_start\|>\s?(?:user|system)|<\|start_header_id\|>\s?(?:user|system)|<\|(?:user|system)\|>|\[INST\]"
    r"|<\|(?:endoftext|im_end|eot_id|end_of_text)\|>|</s>|<end_of_turn>|<｜end▁of▁sentence｜>|<start_of_turn>\s?user|###\s?(?:Instruction|User|Human):|<｜User｜>"
    r"|(?:(?<=\n)|(?<![\s\S]))[ \t]*(?:Human|User|Question|Q)(?: \d{1,3})?:",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"<\|[a-zA-Z_]{1,30}\|>|<｜[^｜\n]{1,40}｜>|</?s>|<(?:eos|bos|pad|unk|end_of_turn|start_of_turn|unused\d{1,3})>"
    r"|\[/?INST\]"
)


class Parts(NamedTuple):
    """What is left to read.

    Attributes:
        text: As long as the output, with everything but the answer blanked out.
        thought: Text was taken out as thinking.
        unfinished: Thinking was opened and never closed.
    """

    text: str
    thought: bool = False
    unfinished: bool = False


def _blank(text: str, start: int, end: int) -> str:
    return f"{text[:start]}{' ' * (end - start)}{text[end:]}"


def _blanked(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _without_thinking(text: str) -> Parts:
    if "<" not in text and "[" not in text and "◁" not in text:
        return Parts(text)
    pieces: list[str] = []
    done = depth = opened = 0
    thought = False
    for found in _OPEN_OR_CLOSE.finditer(text):
        closes = (
            bool(found["close"] or found["close2"] or found["close3"])
            or found["mark"] == "end"
            or "unused95" in found.group()
        )
        if not closes:
            if not depth:
                pieces.append(text[done : found.start()])
                opened = found.start()
            depth = 1
        elif depth:
            pieces.append(" " * (found.end() - opened))
            depth, done, thought = 0, found.end(), True
        else:  # the opening mark stood in the prompt: all before is thinking
            pieces = [" " * found.end()]
            done, thought = found.end(), True
    if depth:
        pieces.append(" " * (len(text) - opened))
        return Parts("".join(pieces), thought=True, unfinished=True)
    pieces.append(text[done:])
    return Parts("".join(pieces), thought)


def _without_channels(parts: Parts) -> Parts:
    """The channels of one template that set thinking apart."""
    text = parts.text
    if "<|" not in text and "assistantfinal" not in text:
        return parts
    finals = list(_HARMONY_FINAL.finditer(text))
    if finals and ("<|" in finals[-1].group() or text.lstrip().startswith("analysis")):
        return Parts(_blank(text, 0, finals[-1].end()), thought=True)
    if (thinking := _HARMONY_THINKING.search(text)) is not None:
        return Parts(_blank(text, thinking.start(), len(text)), thought=True, unfinished="<|end|>" not in text)
    return parts


def _own_turn(text: str) -> str:
    """The text up to where the model goes on as somebody else; a prompt at its start is left out."""
    start = len(text) - len(text.lstrip())
    user = _USER.search(text)
    if user is not None and user.start() <= start and (answer := _ASSISTANT.search(text, user.end())) is not None:
        text = _blank(text, 0, answer.end())
        user = _USER.search(text, answer.end())
    elif user is not None and user.start() <= start:
        return text  # questions with their answers; which of them is ours is not known
    if user is not None and _ASSISTANT.sub("", text[: user.start()]).strip():
        return _blank(text, user.start(), len(text))
    return text


def parts(output: str) -> Parts:
    """The answer of an output. O(characters)."""
    found = _without_thinking(output)
    if not found.unfinished:
        channels = _without_channels(found)
        found = channels if channels is found else Parts(channels.text, thought=True, unfinished=channels.unfinished)
    text = _own_turn(_STRUCK.sub(_blanked, found.text))
    if "<" in text or "[" in text or "#" in text:
        text = _MARK.sub(_blanked, _ASSISTANT.sub(_blanked, text))
    return found._replace(text=text)
