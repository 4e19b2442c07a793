import { addCharacterNgrams } from './character-ngrams.ts';
import type { Embedder } from './embedder.ts';
import { WordVectors } from './word-vectors.ts';

/** Changes whenever a text would get another vector than before. */
export const LOCAL_EMBEDDER_MODEL = 'torale-sif-100d-v1';
export const LOCAL_EMBEDDER_DIMENSIONS = 100;

/** Share of character n-grams in every vector. Keeps names, numbers and inflections apart that the words blur. */
const ngramShare = 0.12;
/** An unknown word weighs by this per n-gram; a known one has a length of about 4. */
const unknownWordWeight = 0.1;

const tokenPattern = /\p{L}[\p{L}\p{M}]*|\p{N}+/gu;

/**
 * The embedder that ships with Torale: a weighted mean of English word vectors (SIF), mixed with hashed character
 * n-grams, which alone carry other scripts and unknown words. No key, no download, thousands of sentences a second.
 *
 * Deterministic. Unrelated sentences have a cosine near 0, paraphrases about .65. It tells what a text is about;
 * a changed number or a "not" hardly moves it. A text without a letter or a digit gets the first unit vector.
 */
export class LocalEmbedder implements Embedder {
  readonly model = LOCAL_EMBEDDER_MODEL;
  readonly dimensions = LOCAL_EMBEDDER_DIMENSIONS;
  readonly #words: WordVectors;

  private constructor(words: WordVectors) {
    this.#words = words;
  }

  /** Reads the word vectors: about 0.1 s and 40 MB. */
  static async load(): Promise<LocalEmbedder> {
    const words = await WordVectors.load();
    if (words.dimensions !== LOCAL_EMBEDDER_DIMENSIONS) {
      throw new Error(
        `The word vectors have ${words.dimensions} dimensions, not ${LOCAL_EMBEDDER_DIMENSIONS}`,
      );
    }
    return new LocalEmbedder(words);
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    return texts.map((text) => this.#embedOne(text));
  }

  #embedOne(text: string): Float32Array {
    const words = new Float64Array(this.dimensions);
    const ngrams = new Float64Array(this.dimensions);
    for (const [token] of text.normalize('NFKC').toLowerCase().matchAll(tokenPattern)) {
      if (!this.#words.addTo(words, token)) addCharacterNgrams(words, token, unknownWordWeight);
      addCharacterNgrams(ngrams, token, 1);
    }
    const wordScale = (1 - ngramShare) / (lengthOf(words) || 1);
    const ngramScale = ngramShare / (lengthOf(ngrams) || 1);
    const sum = words.map((value, d) => value * wordScale + ngrams[d]! * ngramScale);
    const length = lengthOf(sum);
    if (length === 0) sum[0] = 1;
    return Float32Array.from(sum, (value) => value / (length || 1));
  }
}

function lengthOf(vector: Float64Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
