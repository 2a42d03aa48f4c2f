import { expect, test, vi } from "vitest";

test("a page that was bundled without ONNX Runtime's web build says what to install", async () => {
  vi.doMock("onnxruntime-web/wasm", () => {
    throw new Error("Could not resolve");
  });
  const { loadOnnxRuntime } = await import("./browser.ts");
  await expect(loadOnnxRuntime()).rejects.toMatchObject({
    code: "E_ONNX_RUNTIME",
    message: expect.stringMatching(/npm install onnxruntime-web@\d/),
  });
});

test("the version that is named is the one that is tried here", async () => {
  const { missingWebRuntime } = await import("./web-runtime.ts");
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  expect(missingWebRuntime).toContain(`onnxruntime-web@${manifest.devDependencies["onnxruntime-web"]}`);
  expect(manifest.peerDependencies["onnxruntime-web"]).toBe(manifest.devDependencies["onnxruntime-web"]);
});
