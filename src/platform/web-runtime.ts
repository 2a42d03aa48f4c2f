/** How to get the WebAssembly build of ONNX Runtime, an optional peer: it is large, and Node.js does without it nearly everywhere. */
export const missingWebRuntime = "Install the WebAssembly build: npm install onnxruntime-web@1.27.0";
