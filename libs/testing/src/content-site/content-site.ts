import type { FakeSite } from '../fake-site.ts';
import { charsetPages } from './charset-pages.ts';
import type { ContentPage } from './content-page.ts';
import { documentPages } from './document-pages.ts';
import { failurePages, targetPages } from './failure-pages.ts';
import { layoutPages } from './layout-pages.ts';

/** Every page of the content site: each kind, charset, trap and failure that the web has for a reader. */
export const contentPages: readonly ContentPage[] = [
  ...layoutPages,
  ...charsetPages,
  ...documentPages,
  ...failurePages,
];

/** Puts all pages on a site, and gives the address of each by its name. */
export function serveContentPages(site: FakeSite): Map<string, string> {
  const urls = contentPages.map(({ name, path, url, answer }, i): [string, string] => {
    const at = path ?? `/page-${i}`;
    site.set(at, answer);
    return [name, url?.(site.url) ?? site.url + at];
  });
  for (const [path, answer] of Object.entries(targetPages)) site.set(path, answer);
  return new Map(urls);
}
