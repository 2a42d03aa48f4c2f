/** What to look at, with which model, and what to compare. */
import { useRef } from "react";
import { cameraSource, sceneSource } from "../frames/frame-source.ts";
import type { LabState } from "../state/lab-state.ts";
import { comparisonOf, comparisons } from "../state/settings.ts";
import type { Store } from "../state/store.ts";
import { shortNumber } from "../views/format.ts";

export interface ToolbarProps {
  readonly store: Store;
  readonly state: LabState;
  readonly onCamera: () => void;
}

export function Toolbar({ store, state, onCamera }: ToolbarProps) {
  const files = useRef<HTMLInputElement>(null);
  const { settings, model, picture } = state;
  const comparison = comparisonOf(settings);
  return (
    <section className="toolbar" aria-label="Picture and model">
      <div className="group">
        <span className="label">Picture</span>
        <div className="joined">
          <button
            type="button"
            aria-label="Scene before"
            disabled={settings.scene === 0}
            onClick={() => void store.showScene(settings.scene - 1)}
          >
            ‹
          </button>
          <button
            type="button"
            onClick={() => void store.showScene(settings.scene)}
            aria-pressed={picture?.isScene ?? true}
          >
            Scene {settings.scene}
          </button>
          <button type="button" aria-label="Next scene" onClick={() => void store.showScene(settings.scene + 1)}>
            ›
          </button>
        </div>
        <button type="button" onClick={() => files.current?.click()}>
          Open files…
        </button>
        <input
          ref={files}
          type="file"
          multiple
          hidden
          aria-label="Files to open"
          accept="image/*,video/*,.safetensors,.onnx,.cfg,.weights,.names,.txt"
          onChange={(event) => {
            const chosen = [...(event.target.files ?? [])];
            event.target.value = "";
            if (chosen.length > 0) void store.openFiles(chosen);
          }}
        />
        <button type="button" onClick={onCamera}>
          Camera
        </button>
      </div>
      <div className="group">
        <span className="label">Video</span>
        <button type="button" onClick={() => void store.openLive(() => sceneSource(settings.scene))}>
          Moving scene
        </button>
        <button type="button" onClick={() => void store.openLive(cameraSource)}>
          Live camera
        </button>
      </div>
      <div className="group">
        <label>
          <span className="label">Show</span>
          <select
            value={comparison?.name ?? "own"}
            disabled={model?.hasDnn === false}
            onChange={(event) => {
              const chosen = comparisons.find(({ name }) => name === event.target.value);
              if (chosen) store.change({ a: chosen.a, b: chosen.b });
            }}
          >
            {comparisons.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
            {!comparison && <option value="own">Own settings</option>}
          </select>
        </label>
      </div>
      <p className="model">
        {model ? (
          <>
            <b>{model.name}</b>
            <br />
            {shortNumber(model.parameters)} parameters, {model.inputShape[2]}×{model.inputShape[1]},{" "}
            {shortNumber(model.macs)} MAC
          </>
        ) : (
          "no model yet"
        )}
      </p>
    </section>
  );
}
