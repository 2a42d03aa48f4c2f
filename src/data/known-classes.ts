/** The classes of the two data sets that most detectors are trained on, in their order. */

/** Of PASCAL VOC's challenge. */
export const vocClassNames: readonly string[] = [
  ..."aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person".split(" "),
  ..."pottedplant sheep sofa train tvmonitor".split(" "),
];

/** Of COCO's detection task, without the numbers that it leaves out. */
export const cocoClassNames: readonly string[] = [
  ..."person bicycle car motorcycle airplane bus train truck boat".split(" "),
  ...["traffic light", "fire hydrant", "stop sign", "parking meter"],
  ..."bench bird cat dog horse sheep cow elephant bear zebra giraffe backpack umbrella handbag tie suitcase".split(" "),
  ..."frisbee skis snowboard".split(" "),
  ...["sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket"],
  ...["bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange"],
  ...["broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed"],
  ...["dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven"],
  ...["toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush"],
];

/** The list that a model without names most likely means, by the number of its classes. */
export function likelyClassNames(
  classes: number,
): { readonly dataSet: string; readonly names: readonly string[] } | undefined {
  const lists = [
    { dataSet: "VOC", names: vocClassNames },
    { dataSet: "COCO", names: cocoClassNames },
  ];
  return lists.find(({ names }) => names.length === classes);
}
