import type { OutboundResponse } from '@torale/outbound-http';
import { type ExtractedContent, extractContent, type ExtractOptions } from './extract-content.ts';
import { ExtractionError, type ExtractionFailure } from './extraction-error.ts';

export interface ExtractTask {
  response: OutboundResponse;
  options: ExtractOptions;
}

/** Classes do not survive the way between processes. */
export type ExtractResult = { content: ExtractedContent } | { outcome: ExtractionFailure; message: string };

/** Runs in a process of its own. */
export default async function extract({ response, options }: ExtractTask): Promise<ExtractResult> {
  const { buffer, byteOffset, byteLength } = response.body;
  try {
    const body = Buffer.from(buffer, byteOffset, byteLength);
    return { content: await extractContent({ ...response, body }, options) };
  } catch (error) {
    if (error instanceof ExtractionError) return { outcome: error.outcome, message: error.message };
    throw error;
  }
}
