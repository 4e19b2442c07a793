import { hash } from 'node:crypto';
import type { Block } from '@torale/contracts';
import type { OutboundResponse } from '@torale/outbound-http';
import { decodeBody } from './decode-body.ts';
import { documentKindOf, isBinary } from './document-kind.ts';
import { assertContentPage, assertSuccessStatus } from './error-page.ts';
import { ExtractionError } from './extraction-error.ts';
import { feedBlocks } from './feed-blocks.ts';
import { htmlBlocks } from './html-blocks.ts';
import { parseHtml } from './html-tree.ts';
import { jsonBlocks, textBlocks } from './text-blocks.ts';

export interface ExtractedContent {
  title: string | null;
  /** At least one; in reading order. */
  blocks: Block[];
  /** SHA-256 (hex) over the block hashes in order. */
  content_hash: string;
}

/**
 * A response as content. Pure and deterministic: the same response gives the same blocks.
 * @param requestedUrl where the page was asked for, to notice a redirect to a login
 * @throws ExtractionError when it is an error, a bot wall, empty, too large or of a kind that is not read
 */
export function extractContent(
  response: OutboundResponse,
  requestedUrl: string,
  maxBlocks: number,
): ExtractedContent {
  const contentType = response.headers['content-type'] ?? '';
  const binary = isBinary(response.body);
  const text = binary ? '' : decodeBody(response.body, contentType);
  assertSuccessStatus(response, text);
  if (response.body.length === 0) throw new ExtractionError('empty', 'The site answered with an empty body');
  if (binary)
    throw new ExtractionError(
      'unsupported',
      `A file of type ${contentType || 'unknown'} cannot be watched yet`,
    );

  const blocks = blocksOf(text, contentType, maxBlocks, (html) =>
    assertContentPage(
      html,
      text,
      sameAddress(requestedUrl, response.url) ? undefined : new URL(response.url),
    ),
  );
  return {
    title:
      (blocks.find(({ kind }) => kind === 'title') ?? blocks.find(({ kind }) => kind === 'heading'))?.text ??
      null,
    blocks,
    content_hash: hash('sha256', blocks.map((block) => block.hash).join('\n')),
  };
}

function blocksOf(
  text: string,
  contentType: string,
  maxBlocks: number,
  assertPage: (blocks: Block[]) => void,
): Block[] {
  switch (documentKindOf(text, contentType)) {
    case 'feed': {
      // A feed may have nothing to say yet; its first item is what is waited for.
      const blocks = feedBlocks(text, maxBlocks);
      return blocks.length > 0 ? blocks : nothing('The feed has neither a title nor an item');
    }
    case 'json': {
      const blocks = jsonBlocks(text, maxBlocks);
      return blocks.length > 0 ? blocks : nothing('The JSON holds no value');
    }
    case 'text': {
      const blocks = textBlocks(text, maxBlocks);
      return blocks.length > 0 ? blocks : nothing('The text is empty');
    }
    case 'html': {
      const blocks = htmlBlocks(parseHtml(text), maxBlocks);
      assertPage(blocks);
      return blocks.some(({ kind }) => kind !== 'title')
        ? blocks
        : nothing('The page holds no text; it may need a browser to show any');
    }
    case 'unsupported':
      throw new ExtractionError(
        'unsupported',
        `A document of type ${contentType || 'XML'} cannot be watched yet`,
      );
  }
}

function nothing(message: string): never {
  throw new ExtractionError('empty', message);
}

function sameAddress(a: string, b: string): boolean {
  return new URL(a).pathname === new URL(b).pathname;
}
