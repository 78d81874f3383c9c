#!/usr/bin/env bash
# The whole way in one script: questions with checked chains -> export -> training -> a server -> evaluation.
#
#   bash examples/loop.sh GRAPH OUT        about two minutes on two cores
#
# It needs `pip install 'medreason[export,train,eval]'`. The model is made from nothing and stays at chance: what is shown is
# that each part takes what the one before it made. For a model of use, put another BASE and RECIPE (docs/recipes.md), more
# questions or a run of your own, and a GPU server (vLLM, SGLang) behind URL. A second call goes on where the first stopped.
set -euo pipefail
GRAPH=$(realpath "${1:?graph folder: medreason kg build hpo --out kg/hpo}")
OUT=${2:?a new folder}
N=${N:-240}         # questions
EPOCHS=${EPOCHS:-2}
PORT=${PORT:-8017}
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
mkdir -p "$OUT"
cd "$OUT"

# 1. Questions with chains from the graph, every one read by the checker.
[ -e questions ] || medreason synth --kg "$GRAPH" --n "$N" --seed 1 --kinds gene --out questions
medreason verify questions --kg "$GRAPH"

# 2. To train on (train and validation), and the same splits whole for the test: no disease stands in two.
[ -e sft ] || medreason export questions --format sft --shape prompt-completion --kg "$GRAPH" --out sft
[ -e hf ] || medreason export questions --format hf --kg "$GRAPH" --out hf

# 3. A base model from nothing, and the training.
[ -e base ] || medreason train scratch --data sft --out base
cat > recipe.yaml <<YAML
name: loop
model: base
data: sft
out: trained
precision: fp32
gradient_checkpointing: false
batch: {per_device: 2, accumulate: 1}
optimizer: {learning_rate: 0.003, epochs: $EPOCHS}
save: {every: 100}
YAML
medreason train sft recipe.yaml

# 4. A server that speaks the usual protocol.
transformers serve --host 127.0.0.1 --port "$PORT" --device cpu "$PWD/trained/best" > server.log 2>&1 &
SERVER=$!
trap 'kill $SERVER 2>/dev/null || true' EXIT
for _ in $(seq 120); do
  if python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$PORT/v1/models', timeout=2)" 2>/dev/null; then break; fi
  kill -0 $SERVER 2>/dev/null || { tail -5 server.log; exit 1; }
  sleep 1
done

# 5. The test split, asked in the words of the training.
medreason evaluate --model "openai/$PWD/trained/best" --base-url "http://127.0.0.1:$PORT/v1" --tasks questions \
  --data questions=hf/data/test-00000-of-00001.parquet --no-evidence --limit "${LIMIT:-5}" --max-tokens 200 --out evaluation
