import { canonicalText, wordsOf } from '@torale/block-alignment';
import type { Difference } from '../difference/difference.ts';
import type { Value } from '../values/value.ts';
import { valuesIn } from '../values/values.ts';
import type { NoiseFinding } from './noise-finding.ts';

/** The days (ISO dates) on which two contents were fetched, where known. */
export interface FetchDays {
  before: string | null;
  after: string | null;
}

const clockWords =
  /(?<!\p{L})(?:up ?dated|refreshed|reloaded|generated|rendered|retrieved|checked|as of|(?:local|server|current|system) time|time now|right now|uhrzeit|stand|aktualisiert|zuletzt|mis à jour|actualizado|aggiornato|bijgewerkt|time)\b/iu;
const counterWords =
  /\b(?:views?|viewed|viewing|visits?|visitors?|visited|hits|likes?|liked|comments?|commented|shares?|shared|followers?|following|subscribers?|reactions?|claps?|upvotes?|votes?|points|reads?|downloads?|stars?|stargazers?|watchers?|watching|forks?|installs?|online|people are|players?|repl(?:y|ies)|retweets?|reposts?|bookmarks?|ratings?|reviews?|aufrufe|besucher|kommentare|gefällt|vues?|visiteurs?|commentaires?|abonnés|visitas?|comentarios|seguidores|visualizzazioni|commenti)\b/iu;
const buildWords = /\b(?:generated|rendered|loaded|served|processed|built) (?:\S+ ){0,6}?in\b/iu;
const nonceWords =
  /\b(?:(?:request|trace|session|ray|correlation|incident|reference|build|visitor|client|event|error|support|transaction)[ -]?(?:id|no|number|code|#)|csrf|xsrf|nonce|token|checksum|etag|digest)\b/iu;
const past =
  /(?<!\p{L})(?:ago|vor|il y a|hace|fa|geleden|sedan|just now|today|yesterday|heute|gestern|aujourd'hui|hier|hoy|ayer|oggi|ieri|vandaag|gisteren|last|há|atrás|temu|назад|сегодня|вчера)(?!\p{L})|前/iu;
const copyright = /©|\bcopyright\b|\(c\)|all rights reserved|tous droits réservés|alle rechte vorbehalten/iu;
const hiddenEmail = /\bemail[ -]protected\b|[\w.+-]{1,64}(?:@| ?[[(]at[\])] ?)[\w-]+\.[\w.-]+/iu;

/** Letters and digits that nobody reads: hex, UUIDs, base64. */
function isNonce(word: string): boolean {
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(word)) return true;
  if (/^[0-9a-f]{8,}$/i.test(word)) return /\d/.test(word) && /[a-f]/i.test(word);
  return (
    /^[\w+/=-]{16,}$/.test(word) &&
    /\d/.test(word) &&
    /[a-z]/i.test(word) &&
    !/^[a-z]+[-_]?\d{1,4}$/i.test(word)
  );
}
const isAllNonce = (text: string) =>
  text !== '' &&
  text
    .split(/[\s,:;'"()]+/)
    .filter(Boolean)
    .every(isNonce);

const isClock = (value: Value | null) =>
  value === null || value.kind === 'time' || (value.kind === 'date' && value.iso.includes('T'));
/** A time that passes by itself: "in 3 days" is a promise, "3 days ago" is not. */
const isAgo = (value: Value | null) =>
  value === null || (value.kind === 'relative_time' && past.test(value.text));
/** Nobody announces anything to the second. */
const hasSeconds = (value: Value | null) =>
  value !== null && isClock(value) && /\d:\d\d:\d\d/.test(value.text);
const dayOf = (value: Value | null) => (value?.kind === 'date' ? value.iso.slice(0, 10) : null);

const finding = (reason: string, pattern: RegExp, text: string): NoiseFinding => ({
  reason,
  words: pattern.exec(text)?.[0] ?? '',
});

/** Why a difference inside a block changes by itself; null when it is a real one. */
export function volatileDifference(
  difference: Difference,
  text: string,
  days: FetchDays,
): NoiseFinding | null {
  const { hunk } = difference;
  const around = `${hunk.lead} ${hunk.before} ${hunk.after} ${hunk.trail}`;
  if ((isAllNonce(hunk.before) || !hunk.before) && (isAllNonce(hunk.after) || !hunk.after)) {
    return finding('an identifier that is new at every visit', nonceWords, around);
  }
  if (nonceWords.test(hunk.lead) && !/\s/.test(hunk.before) && !/\s/.test(hunk.after)) {
    return finding('an identifier that is new at every visit', nonceWords, hunk.lead);
  }
  if (
    hiddenEmail.test(hunk.before) &&
    hiddenEmail.test(hunk.after) &&
    /protected|[([]at[)\]]/i.test(around)
  ) {
    return { reason: 'an e-mail address that is hidden from robots', words: '' };
  }
  if (difference.kind === 'wording') return null;
  const { before, after } = difference;
  if (isAgo(before) && isAgo(after)) return { reason: 'a time told from now', words: '' };
  if (hasSeconds(before) && hasSeconds(after)) return { reason: 'a clock', words: 'time' };
  if (isClock(before) && isClock(after) && clockWords.test(`${hunk.lead} ${hunk.before} ${hunk.after}`)) {
    return finding('a clock', clockWords, around);
  }
  if (['duration', 'relative_time'].includes((before ?? after)!.kind) && buildWords.test(text)) {
    return finding('the time it took to make the page', buildWords, text);
  }
  if (
    before &&
    after &&
    dayOf(before) === days.before &&
    dayOf(after) === days.after &&
    days.before !== days.after
  ) {
    return { reason: 'the date of the visit, not of what it tells', words: 'today' };
  }
  if (
    before?.kind === 'date' &&
    after?.kind === 'date' &&
    /^\d{4}$/.test(after.iso) &&
    copyright.test(text)
  ) {
    return { reason: 'a copyright year', words: 'copyright' };
  }
  if (
    (before ?? after)!.kind === 'number' &&
    counterWords.test(`${lastWords(hunk.lead)} ${hunk.before} ${hunk.after} ${hunk.trail}`)
  ) {
    return finding('a counter', counterWords, around);
  }
  return null;
}

/** One word over and over: it is there to be measured. */
const isFiller = (words: readonly string[]): boolean =>
  words.length >= 6 && new Set(words).size <= words.length / 6;

const lastWords = (text: string) => text.split(' ').slice(-2).join(' ');

/** Why a whole block comes and goes by itself: a line that holds a clock, a counter or an identifier and no more. */
export function volatileBlock(text: string): NoiseFinding | null {
  const canonical = canonicalText(text);
  const words = wordsOf(canonical);
  if (isFiller(words)) return { reason: 'a text that measures fonts and says nothing', words: '' };
  if (words.length > 12) return null;
  if (isAllNonce(canonical)) return { reason: 'an identifier that is new at every visit', words: '' };
  if (copyright.test(canonical)) return { reason: 'a copyright line', words: 'copyright' };
  const values = valuesIn(canonical);
  const timely = values.filter(({ kind }) => kind === 'relative_time' || kind === 'time' || kind === 'date');
  const rest = words.length - timely.reduce((sum, value) => sum + wordsOf(value.text).length, 0);
  if (timely.some(isAgo) && rest <= 4) return { reason: 'a time told from now', words: '' };
  if (timely.some(isClock) && clockWords.test(canonical)) return finding('a clock', clockWords, canonical);
  if (values.some(({ kind }) => kind === 'number') && counterWords.test(canonical) && words.length <= 8) {
    return finding('a counter', counterWords, canonical);
  }
  return null;
}
