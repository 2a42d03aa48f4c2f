#!/usr/bin/env bash
# Makes the default model anew: scenes, training, its score on fresh scenes, model file. Interrupted, it goes on where it was.
# About 25 minutes of processor time. The same bits every time, on the same kind of processor.
# Usage: models/make-scenes.sh [FOLDER for data and results, default out/make-scenes]
set -euo pipefail
cd "$(dirname "$0")/.."
out="${1:-out/make-scenes}"

npm run --silent build
spiking_yolo() { node dist/cli/main.js "$@"; }

[ -e "$out/train/VOC2007/ImageSets/Main/train.txt" ] || spiking_yolo scenes --count 10000 --seed 1 --split train -o "$out/train"
[ -e "$out/fresh/VOC2007/ImageSets/Main/test.txt" ] || spiking_yolo scenes --count 500 --seed 2027 -o "$out/fresh"

# Boxes count double: what is found is lost by boxes that lie badly rather than by classes that are wrong.
[ -e "$out/scenes.safetensors" ] || spiking_yolo train --dataset "voc:$out/train:2007:train" --cfg models/scenes.cfg --filter bilinear \
  --steps 10000 --batch 8 --learning-rate 0.0015 --warm-up 150 --objectness crossEntropy --object-scale 1 --box-scale 2 \
  --jitter 0.15 --exposure 1.3 --saturation 1.3 --hue 0.03 --seed 1 --resume -o "$out/scenes"

spiking_yolo evaluate "$out/scenes.safetensors" --dataset "voc:$out/fresh" --dnn-only
cp "$out/scenes.weights" "$out/scenes.safetensors" models/
