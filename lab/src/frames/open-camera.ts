/** The device's camera. What it sees stays in the page. */
import { ArgumentError } from "../../../src/index.ts";

/** @throws ArgumentError [E_CAMERA] saying why there is none: it is refused, missing, or in use. */
export async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new ArgumentError("E_CAMERA", "this browser gives no camera to this page");
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    throw new ArgumentError("E_CAMERA", `the camera cannot be used: ${reasonOf(error as DOMException)}`);
  }
}

export function stopCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Browsers say it in words of their own, some in none. */
function reasonOf({ name, message }: DOMException): string {
  switch (name) {
    case "NotAllowedError":
      return "it was refused. Allow it in the browser's settings of this page, and try again";
    case "NotFoundError":
      return "there is none. Connect one, or open a picture or a video file";
    case "NotReadableError":
      return "another program uses it. Close that, and try again";
    default:
      return message || name;
  }
}
