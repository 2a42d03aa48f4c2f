/** Copies the page's address, which holds everything that can be shared. */
import { useEffect, useState } from "react";

export function CopyLink({ onProblem }: { readonly onProblem: (error: unknown) => void }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => navigator.clipboard.writeText(location.href).then(() => setCopied(true), onProblem);
  return (
    <button type="button" onClick={copy}>
      <span role="status">{isCopied ? "Link copied" : "Copy link"}</span>
    </button>
  );
}
