/** Starts the page. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { createStore } from "./state/store.ts";
import "./styles/index.css";

const store = createStore();
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App store={store} />
  </StrictMode>,
);
