#!/usr/bin/env bash
# Makes the default model anew: scenes, training, model file. About an hour on one core; the same bits every time.
# Usage: models/make-scenes.sh [FOLDER for data and results, default out/make-scenes]
set -euo pipefail
cd "$(dirname "$0")/.."
out="${1:-out/make-scenes}"

npm run --silent build
spiking_yolo() { node dist/cli/main.js "$@"; }

[ -e "$out/train/VOC2007/ImageSets/Main/train.txt" ] || spiking_yolo scenes --count 10000 --seed 1 --split train -o "$out/train"
[ -e "$out/fresh/VOC2007/ImageSets/Main/test.txt" ] || spiking_yolo scenes --count 500 --seed 2027 -o "$out/fresh"

# The whole way from random weights, then a short second round that attends more to boxes.
common=(--dataset "voc:$out/train:2007:train" --cfg models/scenes.cfg --filter bilinear --batch 16
  --objectness crossEntropy --object-scale 1 --exposure 1.3 --saturation 1.3 --hue 0.03)
[ -e "$out/first.weights" ] || spiking_yolo train "${common[@]}" --resume -o "$out/first" \
  --steps 4000 --learning-rate 0.002 --warm-up 100 --jitter 0.15 --seed 1
spiking_yolo train "${common[@]}" --resume -o "$out/scenes" --weights "$out/first.weights" --limit 6000 \
  --steps 900 --learning-rate 0.001 --warm-up 30 --jitter 0.1 --box-scale 2 --seed 2 --validate "voc:$out/fresh"

cp "$out/scenes.weights" "$out/scenes.safetensors" models/
