/** Longer texts are rare, and not worth their place. */
const longest = 2_000;

/**
 * A reading of texts that remembers at least the last `most` of them: two versions of a page share nearly all of their
 * texts. What it gives is shared by all who ask, and not to be changed.
 */
export function remembered<T>(read: (text: string) => T, most = 4_000): (text: string) => T {
  // Two generations: dropping a whole one costs nothing, dropping the oldest of a Map one by one does.
  let [young, old] = [new Map<string, T>(), new Map<string, T>()];
  return (text) => {
    if (text.length > longest) return read(text);
    let value = young.get(text);
    if (value !== undefined) return value;
    value = old.get(text) ?? read(text);
    if (young.size >= most) [young, old] = [new Map(), young];
    young.set(text, value);
    return value;
  };
}
