import { AppError } from '@torale/contracts';
import OpenAI from 'openai';
import type { Embedder } from './embedder.ts';
import { appErrorOf } from './openai-error.ts';

/** How many numbers the models of OpenAI give when they are not asked for fewer. */
const nativeDimensions: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
  'text-embedding-ada-002': 1536,
};
export const nativeDimensionsOf = (model: string): number | undefined => nativeDimensions[model];

/** Together far below what OpenAI takes in one request (2048 texts, 300,000 tokens), also where a character is a token. */
const batchSize = 64;
const maxTextLength = 4_000;
const what = 'The embedding model';

export interface OpenAiEmbedderOptions {
  apiKey: string;
  /** Up to and with the version, e.g. `https://api.openai.com/v1`. */
  baseUrl: string;
  model: string;
  /** What the model gives; of a model of OpenAI that can give fewer numbers, how many to ask for. */
  dimensions: number;
  /** One request with its retries, milliseconds. */
  timeoutMs: number;
}

/**
 * Vectors from the OpenAI embeddings API: OpenAI, Ollama, vLLM, … Rejects with AppError `service_unavailable` or
 * `upstream_failed`. Text beyond 4,000 characters makes no difference.
 */
export class OpenAiEmbedder implements Embedder {
  readonly model: string;
  readonly dimensions: number;
  readonly #client: OpenAI;
  readonly #timeoutMs: number;
  readonly #request: { model: string; dimensions?: number };

  constructor({ apiKey, baseUrl, model, dimensions, timeoutMs }: OpenAiEmbedderOptions) {
    const native = nativeDimensionsOf(model);
    const shortened = native !== undefined && native !== dimensions;
    // Shortened vectors are not comparable with full ones: another model by another name.
    this.model = shortened ? `${model}@${dimensions}` : model;
    this.dimensions = dimensions;
    this.#request = shortened ? { model, dimensions } : { model };
    this.#timeoutMs = timeoutMs;
    this.#client = new OpenAI({ apiKey, baseURL: baseUrl, timeout: timeoutMs, maxRetries: 2 });
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += batchSize) {
      vectors.push(...(await this.#embedBatch(texts.slice(start, start + batchSize))));
    }
    return vectors;
  }

  async #embedBatch(texts: readonly string[]): Promise<Float32Array[]> {
    // The API refuses an empty text.
    const input = texts.map((text) => text.slice(0, maxTextLength).trim() || '-');
    const { data } = await this.#ask(input);
    const vectors = new Array<Float32Array>(texts.length);
    for (const { index, embedding } of Array.isArray(data) ? data : []) {
      if (embedding.length !== this.dimensions) {
        throw new AppError(
          'upstream_failed',
          `${what} "${this.model}" gives ${embedding.length} dimensions, not ${this.dimensions}: correct EMBEDDING_DIMENSIONS`,
        );
      }
      vectors[index] = unitVector(embedding);
    }
    if (Object.keys(vectors).length !== texts.length) {
      throw new AppError('upstream_failed', `${what} did not answer with one vector for each text`);
    }
    return vectors;
  }

  async #ask(input: string[]): Promise<OpenAI.CreateEmbeddingResponse> {
    try {
      // Not every server knows the SDK's default, base64.
      return await this.#client.embeddings.create(
        { ...this.#request, input, encoding_format: 'float' },
        { signal: AbortSignal.timeout(this.#timeoutMs) },
      );
    } catch (error) {
      throw appErrorOf(error, what, this.model);
    }
  }
}

function unitVector(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (value) => value / (length || 1));
}
