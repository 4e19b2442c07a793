/** Texts → vectors. */
export interface Embedder {
  /** Stored with every vector; vectors of different models are never compared. */
  readonly model: string;
  readonly dimensions: number;
  /** One unit-length vector per text, in order. An empty list gives an empty list. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
}
export const EMBEDDER = Symbol.for('torale.Embedder');
