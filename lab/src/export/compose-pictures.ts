/** What the page shows of its pictures, boxes and maps on them, drawn on one canvas: to be kept as a picture, or frame by frame as a film. */
import { styledCopy } from "./standalone-svg.ts";

const gap = 12;
const captionHeight = 26;

/** @param pictures the page's element that holds them. As large as they are shown, times the screen's density. */
export async function composePictures(pictures: HTMLElement): Promise<HTMLCanvasElement> {
  const figures = [...pictures.querySelectorAll<HTMLElement>("figure.picture")].map((figure) => {
    const frame = figure.querySelector<HTMLElement>(".frame") as HTMLElement;
    const { width, height } = frame.getBoundingClientRect();
    return { figure, frame, width, height };
  });
  const density = Math.max(1, devicePixelRatio);
  const canvas = document.createElement("canvas");
  const width = figures.reduce((sum, one) => sum + one.width + gap, gap);
  const height = Math.max(...figures.map((one) => one.height)) + captionHeight + gap;
  // Films want even numbers.
  canvas.width = 2 * Math.ceil((width * density) / 2);
  canvas.height = 2 * Math.ceil((height * density) / 2);
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const { color, backgroundColor, fontFamily } = getComputedStyle(document.body);
  context.scale(density, density);
  context.fillStyle = backgroundColor;
  context.fillRect(0, 0, width, height);
  context.font = `13px ${fontFamily}`;
  context.textBaseline = "middle";
  let left = gap;
  for (const { figure, frame, ...size } of figures) {
    context.fillStyle = color;
    const caption = [".note", "h2"].map((part) => figure.querySelector(part)?.textContent ?? "");
    context.fillText(`${caption[1]}  ${caption[0]}`, left, captionHeight / 2, size.width);
    for (const layer of frame.querySelectorAll<HTMLCanvasElement | SVGSVGElement>("canvas, svg")) {
      const drawing = layer instanceof HTMLCanvasElement ? layer : await asImage(layer, size.width, size.height);
      if (drawing.width > 0) context.drawImage(drawing, left, captionHeight, size.width, size.height);
    }
    left += size.width + gap;
  }
  return canvas;
}

async function asImage(svg: SVGSVGElement, width: number, height: number): Promise<HTMLImageElement> {
  const copy = styledCopy(svg);
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  return image;
}
