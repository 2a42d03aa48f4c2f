#!/usr/bin/env bash
# Makes the default model's spiking twin anew, from the default model: scenes, training through the spikes, its score on fresh scenes.
# Interrupted, it goes on where it was. About 20 minutes of processor time. The same bits every time, on the same kind of processor.
# Usage: models/make-scenes-spiking.sh [FOLDER for data and results, default out/make-scenes-spiking]
set -euo pipefail
cd "$(dirname "$0")/.."
out="${1:-out/make-scenes-spiking}"

npm run --silent build
spiking_yolo() { node dist/cli/main.js "$@"; }

[ -e "$out/train/VOC2007/ImageSets/Main/train.txt" ] || spiking_yolo scenes --count 4000 --seed 1 --split train -o "$out/train"
[ -e "$out/fresh/VOC2007/ImageSets/Main/test.txt" ] || spiking_yolo scenes --count 500 --seed 2027 -o "$out/fresh"

train() {
  spiking_yolo train --spiking --dataset "voc:$out/train:2007:train" --objectness crossEntropy --object-scale 1 --box-scale 2 \
    --batch 8 --warm-up 50 --jitter 0.15 --exposure 1.3 --saturation 1.3 --hue 0.03 --resume "$@"
}
# First what rounding costs is learned away, then the accumulates come down.
[ -e "$out/rounded.safetensors" ] || train --from scenes --teacher --steps 1200 --learning-rate 0.0004 -o "$out/rounded"
[ -e "$out/scenes-spiking.safetensors" ] || train --from "$out/rounded.safetensors" --teacher scenes --target 0.47 \
  --steps 2400 --learning-rate 0.0006 -o "$out/scenes-spiking"

spiking_yolo evaluate "$out/scenes-spiking.safetensors" --dataset "voc:$out/fresh"
cp "$out/scenes-spiking.safetensors" models/
