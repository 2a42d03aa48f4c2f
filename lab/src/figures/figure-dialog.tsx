/** A figure as the report draws it, to be looked at and kept. */
import { useEffect, useRef } from "react";
import type { Figure } from "../../../src/index.ts";

export function FigureDialog({ figure, onClose }: { readonly figure: Figure; readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  // As a picture: whatever names stand in a figure, nothing in it can run.
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(figure.svg)}`;
  return (
    <dialog ref={dialog} className="figure" aria-label={figure.title} onClose={onClose}>
      <img src={address} alt={figure.alt} />
      <p>{figure.caption}</p>
      <div className="actions">
        <a href={address} download={`${figure.id}.svg`}>
          Save as SVG
        </a>
        <button type="button" className="primary" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
