import type {
  ContentDiff,
  ContentSummary,
  MonitoredSource,
  PreviewResponse,
  UserQueryWithSources,
} from '@torale/contracts';
import { productPage, type ApiSession, type FakeSite } from '@torale/testing';

const html = { 'content-type': 'text/html; charset=utf-8' };

/** What a page said, what it was read from and what changed, through the public API alone. */
export async function followContents(
  user: ApiSession,
  site: FakeSite,
  path: string,
  file: () => Promise<UserQueryWithSources>,
): Promise<void> {
  const query = await file();
  const source = `/monitored-sources/${query.sources[0]!.id}`;
  const changed = productPage({ price: 499 });
  site.set(path, { headers: html, body: changed });
  await user.expect('POST', `${source}/check`);

  const contents = await user.all<ContentSummary>(`${source}/contents`);
  expect(contents).toHaveLength(2);
  const [after, before] = contents as [ContentSummary, ContentSummary];
  const diff = await user.expect<ContentDiff>('GET', `${source}/contents/${before.id}/diff/${after.id}`);
  expect(diff.blocks.map(({ kind, before, after }) => [kind, before?.text, after?.text])).toEqual([
    ['edited', expect.stringContaining('549'), expect.stringContaining('499')],
  ]);
  expect(diff.unified).toMatch(/\n-.*549.*\n\+.*499/);

  const snapshot = await user.download(`${source}/contents/${after.id}/snapshot`);
  expect(snapshot.headers.get('content-disposition')).toMatch(/^attachment; filename="[\w-]+\.txt"$/);
  expect(snapshot.headers.get('content-type')).toBe('application/octet-stream');
  expect(await snapshot.text()).toBe(changed);
}

/** A preview of a page that nobody watches: nothing of it stays. */
export async function previewPage(user: ApiSession, site: FakeSite, path: string): Promise<void> {
  site.set(path, { headers: html, body: productPage({ price: 499 }) });
  const preview = await user.expect<PreviewResponse>('POST', '/preview', {
    url: `${site.url}${path}`,
    raw_query: 'Tell me when the price drops below $500',
  });
  expect(preview.sources).toMatchObject([
    {
      source: { url: `${site.url}${path}`, kind: 'page', origin: 'sentence' },
      content: { outcome: 'ok', http_status: 200 },
      condition: {
        met: true,
        reason: expect.stringContaining('$499'),
        evidence: { after: expect.stringContaining('499') },
      },
    },
  ]);
  expect(preview.sources[0]!.content.block_count).toBeGreaterThan(2);
  const watched = await user.all<MonitoredSource>('/monitored-sources');
  expect(watched.filter(({ url }) => url.endsWith(path))).toEqual([]);
}
