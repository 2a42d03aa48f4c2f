/** The simulation worker, started as soon as this is imported. */
export const simulationWorker = new Worker(new URL("./simulation.worker.ts", import.meta.url), { type: "module" });
