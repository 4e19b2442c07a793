import type { RenderAction, RenderLearned, RenderMode } from '@torale/contracts';

/** How the content of a source is read at one check. */
export type ReadingPlan =
  /** Without a browser. */
  | 'plain'
  /** Without, and where the markup looks as if it needed one, both ways. */
  | 'plain_first'
  /** In a browser. */
  | 'rendered'
  /** Both ways, to see whether what was learned still holds. */
  | 'both';

export interface RenderSettings {
  render_mode: RenderMode;
  render_actions: readonly RenderAction[];
  screenshot: boolean;
  render_learned: RenderLearned | null;
}

/** @param retestMs how long what was learned is trusted */
export function readingPlan(source: RenderSettings, now: Date, retestMs: number): ReadingPlan {
  if (source.render_mode === 'never') return 'plain';
  if (source.render_mode === 'always' || source.render_actions.length > 0 || source.screenshot)
    return 'rendered';
  const learned = source.render_learned;
  if (!learned) return 'plain_first';
  const isStale = now.getTime() - Date.parse(learned.tested_at) >= retestMs;
  if (learned.needed) return isStale ? 'both' : 'rendered';
  return isStale ? 'plain_first' : 'plain';
}

export interface PlainPage {
  /** HTML as it was sent. */
  markup: Buffer;
  /** Characters of text that were found in it, its title left out. */
  textLength: number;
}

/** Why a page may show more in a browser. */
export interface RenderingNeed {
  /** There is nothing to read without one. */
  isShell: boolean;
  reason: string;
}

/** Longer texts are what the page has to say. */
const maxSuspectTextLength = 1500;
const maxShellTextLength = 200;
const minRatio = 60;
/** Where scripts put what they render, empty. */
const emptyMount =
  /<(?:div|main|section)\b[^>]{0,300}\b(?:id|class)\s*=\s*["']?(?:[\w-]*\b)?(?:root|app|application|__next|__nuxt|___gatsby|svelte|react|vue|ember|main-content)\b[^>]{0,300}>\s*<\/(?:div|main|section)>|<app-root\b[^>]{0,300}>\s*<\/app-root>/i;
const asksForScripts =
  /<noscript\b[^>]{0,300}>[^]{0,300}?(?:enable|activate|requires?|needs?|turn on|without)\b[^]{0,100}?javascript|(?:enable|requires?|needs?|turn on)\s+javascript/i;
const script = /<script\b|<link\b[^>]{0,300}\bmodulepreload\b/i;
/** Where the marks above are looked for, bytes from the start. */
const searchedLength = 300_000;

/** Whether the markup looks as if scripts filled it in; undefined for what can be read as it is. */
export function renderingNeed({ markup, textLength }: PlainPage): RenderingNeed | undefined {
  if (textLength > maxSuspectTextLength) return undefined;
  const html = markup.toString('latin1', 0, searchedLength);
  if (!script.test(html)) return undefined;

  const isShell = textLength === 0;
  if (isShell) return { isShell, reason: 'the page has scripts and no text' };
  if (emptyMount.test(html))
    return { isShell: textLength <= maxShellTextLength, reason: 'its main element is empty' };
  if (asksForScripts.test(html)) {
    return { isShell: textLength <= maxShellTextLength, reason: 'it asks for JavaScript' };
  }
  const ratio = Math.round(markup.length / textLength);
  return ratio >= minRatio
    ? { isShell: false, reason: `its markup is ${ratio} times as long as its text` }
    : undefined;
}

/** Whether a browser shows so much more that it is worth its cost; lengths in characters of text. */
export function showsMore(renderedLength: number, plainLength: number): boolean {
  return renderedLength > plainLength * 1.3 + 40;
}
