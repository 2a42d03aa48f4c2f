/** The device's camera. What it sees stays in the page. */

/** @throws Error saying why there is none: it is refused, missing, or in use. */
export async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error("this browser gives no camera to this page");
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    throw new Error(`the camera cannot be used: ${(error as Error).message}`);
  }
}

export function stopCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
