/** Files that are named as ONNX but are something else: told by how they begin, with what to do about it. */
import { ImportError } from "../../core/errors.ts";

const exporting = "Export it as ONNX: yolo export model=FILE.pt format=onnx (Ultralytics), or torch.onnx.export";

/** What a file of the kind begins with, at which byte. */
const kinds: readonly { readonly at: number; readonly magic: string; readonly is: string }[] = [
  { at: 0, magic: "PK\x03\x04", is: `a zip archive, as PyTorch's and Keras' files are. ${exporting}` },
  { at: 0, magic: "\x80\x02", is: `a Python pickle, as PyTorch's old files are. ${exporting}` },
  {
    at: 0,
    magic: "\x89HDF",
    is: "an HDF5 file, as Keras' are. Make an ONNX of it: python -m tf2onnx.convert --keras FILE --output FILE.onnx",
  },
  {
    at: 4,
    magic: "TFL3",
    is: "a TensorFlow Lite model. Make an ONNX of it: python -m tf2onnx.convert --tflite FILE --output FILE.onnx",
  },
  { at: 0, magic: "version https://git-lfs", is: "a pointer of Git LFS. Fetch the file itself: git lfs pull" },
  { at: 0, magic: "<!DOCTYPE", is: "a web page. Download the file itself" },
  { at: 0, magic: "<html", is: "a web page. Download the file itself" },
];

/** @throws ImportError [E_ONNX] naming what the file is. */
export function refuseForeignBytes(bytes: Uint8Array, file: string): void {
  const found = kinds.find(({ at, magic }) =>
    Array.from(magic).every((letter, i) => bytes[at + i] === letter.charCodeAt(0)),
  );
  if (found) throw new ImportError("E_ONNX", `${file} is no ONNX file but ${found.is}`);
}
