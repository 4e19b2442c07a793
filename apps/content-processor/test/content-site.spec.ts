import type { Block } from '@torale/contracts';
import { contentPages, insertSource, serveContentPages } from '@torale/testing';
import { ContentProcessorFixture } from './content-processor-fixture.ts';

let fixture: ContentProcessorFixture;
let urls: Map<string, string>;
beforeAll(async () => {
  fixture = await ContentProcessorFixture.start({
    OUTBOUND_TIMEOUT_MS: '4000',
    CONTENT_MAX_EMBEDDED_BLOCKS: '10',
  });
  urls = serveContentPages(fixture.site);
});
// One host serves them all: what one page is refused must not hold up the next.
afterEach(() => fixture.database.database.kysely.deleteFrom('outbound_hosts').execute());
afterAll(() => fixture.close());

const lineOf = ({ kind, text, key }: Block) => `${kind}: ${text}${key ? ` #${key}` : ''}`;

test('the site has no two pages of one name, and all it is meant to have', () => {
  expect(urls.size).toBe(contentPages.length);
  expect(contentPages.length).toBeGreaterThan(100);
});

test.each(contentPages.map((page): [string, string, typeof page] => [page.outcome, page.name, page]))(
  '%s: %s',
  async (outcome, name, page) => {
    const { id } = await insertSource(fixture.database.database, {
      url: urls.get(name)!,
      extraction: JSON.stringify(page.extraction ?? {}),
      render_mode: 'never',
    });
    const result = await fixture.api.process({ source_id: id });

    expect(result).toMatchObject({
      outcome,
      http_status: outcome === 'ok' ? 200 : page.status === undefined ? 200 : page.status,
      detail: outcome === 'ok' ? null : expect.stringMatching(/\w+ \w+/),
    });
    const [content] = await fixture.contents(id);
    if (outcome !== 'ok') {
      expect(content).toBeUndefined();
      return;
    }
    const { blocks } = content!;
    if (page.blocks) expect(blocks.map(lineOf)).toEqual(page.blocks);
    if (page.blockCount) expect(blocks).toHaveLength(page.blockCount);
    for (const [text, path] of Object.entries(page.paths ?? {})) {
      expect(blocks.find((block) => block.text === text)?.path).toEqual(path);
    }
  },
);
