/** What a user ought to know of what is on the screen before judging by it. */
import type { LabState } from "../state/lab-state.ts";
import type { Store } from "../state/store.ts";

export function Hints({ store, state }: { readonly store: Store; readonly state: LabState }) {
  const { model, picture, settings } = state;
  return (
    <>
      {model?.isBuiltIn && picture && !picture.isScene && (
        <p className="hint" role="note">
          The built-in model knows drawn street scenes only. What it misses here says nothing of spiking networks: for
          photographs, drop an <b>.onnx</b> export of a YOLO, or a darknet <b>.cfg</b> with its <b>.weights</b>.{" "}
          <button type="button" onClick={() => void store.showScene(settings.scene)}>
            Back to scenes
          </button>
        </p>
      )}
      {model?.namesOf && (
        <p className="hint" role="note">
          This model brings no names of its classes. It has as many as {model.namesOf}, so {model.namesOf}’s names are
          shown; drop a <b>.names</b> file with the model for others.
        </p>
      )}
    </>
  );
}
