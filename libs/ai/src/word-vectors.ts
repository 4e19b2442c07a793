import { readFile } from 'node:fs/promises';

const asset = new URL('../assets/word-vectors.bin', import.meta.url);
const headerBytes = 12;

/** English word vectors, weighted for averaging. How they were made: scripts/build-word-vectors.mjs. */
export class WordVectors {
  readonly dimensions: number;
  readonly #scales: DataView;
  readonly #components: Int8Array;
  readonly #indexes: Map<string, number>;

  private constructor(bytes: Buffer) {
    if (bytes.toString('latin1', 0, 4) !== 'TWV1')
      throw new Error(`${asset.pathname} is not a word vector file`);
    const count = bytes.readUInt32LE(4);
    this.dimensions = bytes.readUInt32LE(8);
    const scalesBytes = 4 * count;
    const componentsStart = headerBytes + scalesBytes;
    const wordsStart = componentsStart + count * this.dimensions;
    this.#scales = new DataView(bytes.buffer, bytes.byteOffset + headerBytes, scalesBytes);
    this.#components = new Int8Array(
      bytes.buffer,
      bytes.byteOffset + componentsStart,
      count * this.dimensions,
    );
    const words = bytes.toString('utf8', wordsStart).split('\n');
    this.#indexes = new Map(words.map((word, index) => [word, index]));
  }

  /** Reads the asset (11 MB). */
  static async load(): Promise<WordVectors> {
    return new WordVectors(await readFile(asset));
  }

  /**
   * Adds the weighted vector of a lower-case word to `sum` (of `dimensions` numbers).
   * @returns false, and leaves `sum` alone, when the word is not known
   */
  addTo(sum: Float64Array, word: string): boolean {
    const index = this.#indexes.get(word);
    if (index === undefined) return false;
    const scale = this.#scales.getFloat32(4 * index, true);
    const start = index * this.dimensions;
    for (let d = 0; d < sum.length; d++) sum[d]! += scale * this.#components[start + d]!;
    return true;
  }
}
