/** Drawings as SVG files: rectangles as a canvas takes them, and texts. */

const namespace = "http://www.w3.org/2000/svg";

export interface SvgCanvas {
  fillStyle: string;
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  /** The file's text. */
  svg(): string;
}

export function svgCanvas(title: string, width: number, height: number, background: string): SvgCanvas {
  const whole = document.createElementNS(namespace, "svg");
  const add = (name: string, attributes: Readonly<Record<string, string | number>>) => {
    const element = document.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    whole.append(element);
    return element;
  };
  const rounded = (value: number) => Number(value.toFixed(2));
  const size = { width: rounded(width), height: rounded(height) };
  for (const [key, value] of Object.entries({ ...size, role: "img", "aria-label": title, "font-family": "sans-serif" }))
    whole.setAttribute(key, String(value));
  whole.setAttribute("font-size", "12");
  add("rect", { ...size, fill: background });
  return {
    fillStyle: "#000",
    fillRect(x, y, wide, high) {
      const place = { x: rounded(x), y: rounded(y), width: rounded(wide), height: rounded(high) };
      add("rect", { ...place, fill: this.fillStyle });
    },
    fillText(text, x, y) {
      add("text", { x: rounded(x), y: rounded(y), fill: this.fillStyle }).textContent = text;
    },
    svg: () => new XMLSerializer().serializeToString(whole),
  };
}
