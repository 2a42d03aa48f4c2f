/** Table 1 of Spiking-YOLO (Kim et al., AAAI 2020): mAP of Tiny YOLO, which on COCO is AP at IoU 0.5. */

export interface PaperAccuracy {
  readonly vmem: number;
  readonly count: number;
}

export interface PaperTable1 {
  readonly data: string;
  readonly dnn: number;
  /** By the names that this program gives to the same configurations. */
  readonly configurations: Readonly<Record<string, PaperAccuracy>>;
}

export const paperTable1: Readonly<Record<"voc" | "coco", PaperTable1>> = {
  voc: {
    data: "Tiny YOLO, VOC 2007",
    dnn: 0.5301,
    configurations: {
      "layer, without IBT": { vmem: 0.0386, count: 0.0687 },
      "channel, without IBT": { vmem: 0.0561, count: 0.0731 },
      "layer, IBT": { vmem: 0.4894, count: 0.4629 },
      "channel, IBT": { vmem: 0.5183, count: 0.4719 },
    },
  },
  coco: {
    data: "Tiny YOLO, COCO 2014",
    dnn: 0.2624,
    configurations: {
      "layer, without IBT": { vmem: 0.0074, count: 0.0282 },
      "channel, without IBT": { vmem: 0.0074, count: 0.0302 },
      "layer, IBT": { vmem: 0.2466, count: 0.2093 },
      "channel, IBT": { vmem: 0.2566, count: 0.2154 },
    },
  },
};
