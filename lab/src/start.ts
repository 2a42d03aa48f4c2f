/** What is fetched first: the worker, which has most to do before anything is to be seen, while the page itself is on its way. */
import "./simulation/start-worker.ts";

void import("./main.tsx");
