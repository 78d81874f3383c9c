"""Training on the data: rewards that can be verified, and fine-tuning that trains what it says and nothing else.

recipe.py     everything that decides what is trained on what, in one YAML file
data.py       an export, hashed and checked
chat.py       conversation → tokens of the prompt, tokens of the reply
prepare.py    all rows as tokens: measured, never cut
packing.py    several samples a row that do not see each other
sft.py        train_sft(recipe)
dpo.py        train_dpo(recipe)
run.py        the course of both; checks.py, load.py, arguments.py, trainer.py are its parts
manifest.py   train.json; card.py: README.md beside the weights
rewards.py    rewards for reinforcement learning; completion.py reads what a model wrote
"""

from medreason.training.dpo import train_dpo
from medreason.training.run import Start, Trained
from medreason.training.sft import train_sft

__all__ = ["Start", "Trained", "train_dpo", "train_sft"]
