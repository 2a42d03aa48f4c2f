#!/usr/bin/env bash
# Makes the default model anew: scenes, training, model file. About an hour on one core; the same bits every time.
# Usage: models/make-scenes.sh [FOLDER for data and results, default out/make-scenes]
set -euo pipefail
cd "$(dirname "$0")/.."
out="${1:-out/make-scenes}"

npm run --silent build
spiking_yolo() { node dist/cli/main.js "$@"; }

[ -e "$out/train/VOC2007/ImageSets/Main/train.txt" ] || spiking_yolo scenes --count 10000 --seed 1 --split train -o "$out/train"
[ -e "$out/fresh/VOC2007/ImageSets/Main/test.txt" ] || spiking_yolo scenes --count 500 --seed 2026 -o "$out/fresh"

spiking_yolo train --resume --dataset "voc:$out/train:2007:train" --cfg models/scenes.cfg --filter bilinear \
  --steps 4000 --batch 16 --learning-rate 0.002 --warm-up 100 --objectness crossEntropy --object-scale 1 \
  --jitter 0.15 --exposure 1.3 --saturation 1.3 --hue 0.03 --seed 1 \
  -o "$out/scenes" --validate "voc:$out/fresh"

cp "$out/scenes.weights" "$out/scenes.safetensors" models/
