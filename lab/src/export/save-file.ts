/** Gives the user a file, as a download. */
export function saveFile(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken hold of it when the click's task is over.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
