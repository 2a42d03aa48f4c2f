#!/usr/bin/env bash
# Makes the detector for Akida 1.0 anew: scenes, training in 4-bit values, then in 4-bit weights, its score on fresh scenes. Interrupted, it goes on where it was.
# About 10 minutes of processor time.
# Usage: models/make-akida.sh [FOLDER for data and results, default out/make-akida]
set -euo pipefail
cd "$(dirname "$0")/.."
out="${1:-out/make-akida}"

npm run --silent build
spiking_yolo() { node dist/cli/main.js "$@"; }

[ -e "$out/train/VOC2007/ImageSets/Main/train.txt" ] || spiking_yolo scenes --count 2000 --seed 1 --split train -o "$out/train"
[ -e "$out/fresh/VOC2007/ImageSets/Main/test.txt" ] || spiking_yolo scenes --count 500 --seed 2027 -o "$out/fresh"

train() {
  spiking_yolo train --spiking --time-steps 1 --levels 15 --dataset "voc:$out/train:2007:train" --objectness crossEntropy --object-scale 1 --box-scale 2 \
    --batch 16 --jitter 0.15 --exposure 1.3 --saturation 1.3 --hue 0.03 --resume "$@"
}
[ -e "$out/values.safetensors" ] || train --cfg models/akida.cfg --filter bilinear --steps 2400 --learning-rate 0.003 --warm-up 100 --seed 1 -o "$out/values"
[ -e "$out/weights.safetensors" ] || train --bits 4 --from "$out/values.safetensors" --steps 2200 --learning-rate 0.001 --warm-up 50 --seed 2 -o "$out/weights"

# What the chip runs: plain neurons, which add half a threshold so that they round, and one step.
node models/for-akida.js "$out/weights.safetensors" "$out/akida.safetensors"
spiking_yolo fit "$out/akida.safetensors" --target akida1
spiking_yolo evaluate "$out/akida.safetensors" --dataset "voc:$out/fresh"
cp "$out/akida.safetensors" models/
