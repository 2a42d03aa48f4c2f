/** Darknet cfgs of a few lines, for tests that need a network and not the format. */

/** @param sections "convolutional filters=8 size=3 activation=leaky": a section's name and its lines. */
export function darknetCfg(...sections: readonly string[]): string {
  return sections
    .map((section) => {
      const [name, ...lines] = section.split(" ");
      return [`[${name}]`, ...lines, ""].join("\n");
    })
    .join("");
}

/** What detects the eight classes of generated scenes, with two anchors. */
export const scenesHead: readonly string[] = [
  "convolutional filters=26 size=1 activation=linear",
  "region anchors=1,2,4,3 classes=8 num=2 softmax=1",
];
