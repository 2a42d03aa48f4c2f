/** Drawings of the page as SVG files that look the same elsewhere: what style sheets say of them is written into each element. */

const styles = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linejoin",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
] as const;

const namespace = "http://www.w3.org/2000/svg";

/** All drawings within an element, where they stand in it, as one; undefined where there are none. */
export function standaloneSvg(element: Element, title: string): string | undefined {
  const drawings = [...element.querySelectorAll("svg")].filter((svg) => svg.getBoundingClientRect().width > 40);
  if (drawings.length === 0) return undefined;
  const boxes = drawings.map((svg) => svg.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  const width = Math.max(...boxes.map((box) => box.right)) - left;
  const height = Math.max(...boxes.map((box) => box.bottom)) - top;
  const whole = document.createElementNS(namespace, "svg");
  setAll(whole, { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  whole.style.background = getComputedStyle(element).backgroundColor;
  for (const [i, svg] of drawings.entries()) {
    const copy = styledCopy(svg);
    setAll(copy, { x: boxes[i].left - left, y: boxes[i].top - top, width: boxes[i].width, height: boxes[i].height });
    whole.append(copy);
  }
  return new XMLSerializer().serializeToString(whole);
}

/** One drawing as it is shown, by itself. */
export function styledCopy(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const copies = [copy, ...copy.querySelectorAll("*")];
  for (const [i, original] of [svg, ...svg.querySelectorAll("*")].entries()) {
    const computed = getComputedStyle(original);
    const of = copies[i] as SVGElement;
    of.removeAttribute("class");
    for (const style of styles) of.style.setProperty(style, computed.getPropertyValue(style));
  }
  return copy;
}

function setAll(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
