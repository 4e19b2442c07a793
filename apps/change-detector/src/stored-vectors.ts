import type { Embedder } from '@torale/ai';
import type { Block } from '@torale/contracts';

/** The blocks that stand in one of two versions only. */
export function changedBlocks(before: readonly Block[], after: readonly Block[]): Block[] {
  const hashesOf = (blocks: readonly Block[]) => new Set(blocks.map(({ hash }) => hash));
  const [old, now] = [hashesOf(before), hashesOf(after)];
  return [...before.filter(({ hash }) => !now.has(hash)), ...after.filter(({ hash }) => !old.has(hash))];
}

/** Asks an embedder only for texts that have no vector yet: a vector that is stored has been paid for. */
export class StoredVectors implements Embedder {
  readonly model: string;
  readonly dimensions: number;
  readonly #byText: ReadonlyMap<string, Float32Array>;

  constructor(
    private readonly embedder: Embedder,
    blocks: readonly Block[],
    byHash: ReadonlyMap<string, Float32Array>,
  ) {
    this.model = embedder.model;
    this.dimensions = embedder.dimensions;
    this.#byText = new Map(
      blocks.flatMap(({ text, hash }) => {
        const vector = byHash.get(hash);
        return vector ? [[text, vector] as const] : [];
      }),
    );
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    const missing = [...new Set(texts)].filter((text) => !this.#byText.has(text));
    const vectors = missing.length > 0 ? await this.embedder.embed(missing) : [];
    const made = new Map(missing.map((text, index) => [text, vectors[index]!]));
    return texts.map((text) => this.#byText.get(text) ?? made.get(text)!);
  }
}
