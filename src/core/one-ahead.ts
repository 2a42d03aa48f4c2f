/** Loading what comes next while somebody works on what is there. */

/**
 * What each item is loaded as, in order: the next one is begun when one is handed over, and no more than that. An error is thrown where its
 * turn comes; what has been begun when the iteration is left is left to itself.
 */
export async function* oneAhead<Item, Loaded>(
  items: readonly Item[],
  load: (item: Item) => Promise<Loaded>,
): AsyncGenerator<Loaded> {
  const begin = (index: number): Promise<Loaded> | undefined => {
    if (index >= items.length) return undefined;
    const loading = load(items[index]);
    // Until its turn comes nobody listens, which Node.js takes for an error that nobody handles.
    loading.catch(() => {});
    return loading;
  };
  let next = begin(0);
  for (let index = 1; next; index++) {
    const loaded: Loaded = await next;
    next = begin(index);
    yield loaded;
  }
}
