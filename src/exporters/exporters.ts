/** The table of formats that `export` writes. Whoever adds one adds its file and a row. */
import { exportDarknet } from "./darknet.ts";
import type { Exporter } from "./exporter.ts";
import { exportNir } from "./nir/export-nir.ts";
import { exportOnnx } from "./onnx.ts";

export const exportFormats = ["onnx", "darknet", "nir"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exporters: { readonly [F in ExportFormat]: Exporter } = {
  onnx: { extension: ".onnx", network: "dnn", write: async (dnn) => exportOnnx(dnn) },
  darknet: { extension: ".cfg", network: "dnn", write: async (dnn) => exportDarknet(dnn) },
  nir: { extension: ".nir", network: "snn", write: exportNir },
};
