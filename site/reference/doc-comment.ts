/** A doc comment's parts. Tags may stand in a line of their own or at a sentence's end. */
export interface DocComment {
  readonly text: string;
  readonly parameters: readonly { readonly name: string; readonly text: string }[];
  readonly returns: string;
  readonly throws: string;
  /** Programs, without their fences. */
  readonly examples: readonly string[];
}

export function readDoc(doc: string): DocComment {
  const examples = [...doc.matchAll(/@example\s+```\w*\n([\s\S]*?)\n```/g)].map(([, program]) => program);
  const rest = doc.replaceAll(/@example\s+```[\s\S]*?\n```/g, "");
  const [text, ...tags] = rest.split(/(?:^|\s)@(?=(?:param|returns|throws)\b)/);
  const parts = tags.map((tag) => {
    const [, kind, words] = /^(\w+)\s*([\s\S]*)$/.exec(tag) ?? [];
    return { kind, words: words.replaceAll(/\s+/g, " ").trim() };
  });
  const all = (kind: string) => parts.filter((part) => part.kind === kind).map(({ words }) => words);
  return {
    text: text.trim(),
    parameters: all("param").map((words) => {
      const [, name, about] = /^(\S+)\s*([\s\S]*)$/.exec(words) ?? ["", words, ""];
      return { name, text: about };
    }),
    returns: all("returns").join(" "),
    throws: all("throws").join("; "),
    examples,
  };
}
