"""The tokenizer: one token a word, learned from the training text alone; a word it does not know stops everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from medreason.errors import InputError

PAD, END, UNKNOWN = "<pad>", "<end>", "<unknown>"


class Vocabulary(NamedTuple):
    """A closed vocabulary.

    Attributes:
        tokenizer: Of the tokenizers library.
        pad: Id of what fills a row up.
        end: Id of the end of a reply.
    """

    tokenizer: Any
    pad: int
    end: int

    @property
    def size(self) -> int:
        """Number of tokens."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, texts: Iterable[str]) -> list[list[int]]:
        """Ids of each text.

        Raises:
            InputError: a word is not in the training text.
        """
        unknown = self.tokenizer.token_to_id(UNKNOWN)
        found = []
        for one in self.tokenizer.encode_batch(list(texts)):
            if unknown in one.ids:
                at = one.offsets[one.ids.index(unknown)]
                raise InputError(f"a word that no training question holds, at {at}", fix="take more questions")
            found.append(one.ids)
        return found

    def decode(self, ids: Iterable[int]) -> str:
        """The words up to the end, with blanks between."""
        words = []
        for i in ids:
            if i == self.end:
                break
            words.append(self.tokenizer.id_to_token(i))
        return " ".join(words)


def learned(texts: Iterable[str]) -> Vocabulary:
    """A vocabulary of all words of the texts. The same for the same texts in any order."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words = sorted({w for text in texts for w in text.split()})
    # Each word once: ids in the order of the alphabet, not of counts that tie.
    special = [PAD, END, UNKNOWN]
    trainer = trainers.WordLevelTrainer(special_tokens=special, vocab_size=3 + len(words), show_progress=False)
    tokenizer.train_from_iterator(words, trainer)
    return Vocabulary(tokenizer, special.index(PAD), special.index(END))
