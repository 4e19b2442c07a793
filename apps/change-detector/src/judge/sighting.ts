import { canonicalText, stemOf, stemsOf, wordsOf } from '@torale/block-alignment';
import type { Block } from '@torale/contracts';
import { furnitureOf } from '../noise/furniture.ts';
import type { Reading } from '../sentence/reading.ts';
import type { Value } from '../values/value.ts';

/** One version of a source. */
export interface Version {
  title: string | null;
  blocks: readonly Block[];
  /** ISO 8601. */
  fetched_at: string;
}

/** A value on a page that may be the watched one. */
export interface Sighting<V extends Value = Value> {
  value: V;
  block: Block;
  /** Position of the block. */
  index: number;
  /** Higher is likelier; below 0 it is something else's value. */
  score: number;
  /** Share of the subject that the block, its headings and the page's title name; 1 without a subject. */
  coverage: number;
}

/** A block that names this share of the subject is about it: where one has a value, the others' are of other things. */
export const aboutFrom = 0.5;
/** Below this a value is something else's. */
export const plausibleFrom = -2;

/** The piece of a block that a value stands in: a table cell with its header, or the whole text. */
interface Piece {
  text: string;
  header: string;
}

const piecesOf = (block: Block): Piece[] =>
  block.cells?.length
    ? block.cells.map(({ header, text }) => ({
        text: canonicalText(text),
        header: canonicalText(header ?? ''),
      }))
    : [{ text: canonicalText(block.text), header: '' }];

const was =
  /\b(?:was|were|rrp|msrp|uvp|list(?:ed)? price|regular(?:ly)?(?: price)?|original(?:ly)?(?: price)?|before|instead of|statt|old price|previous(?:ly)?(?: price)?|reg\.?|compare at|precio anterior|au lieu de|prezzo precedente)\b[^\d.$€£]{0,12}$/i;
const asideBefore =
  /\b(?:sav(?:e|es|ings?)|discount of|shipping|delivery|postage|versand|livraison|envío|(?:orders?|purchases?) (?:over|above|of|from)|spend(?:ing)?|minimum|deposit|gift ?cards?|trade-in|payments? of|instal?ments? of|worth|up to|plus|tax(?:es)?|\d ?x)\b[^\d.$€£]{0,14}$/i;
const asideAfter = /^ ?(?:off\b|discount|cash ?back|credit|in savings|shipping|delivery|less\b)/i;
const periodic = /^ ?(?:\/ ?|per |a |each )(?:mo|month|week|wk|day|night|year|yr)\b/i;
const current =
  /\b(?:now|sale price|our price|current(?:ly)?(?: price)?|today|special(?: price)?|deal|jetzt|ahora|maintenant)\b[^\d.$€£]{0,12}$/i;

const nearOf = ({ text, header }: Piece, { start, end }: Value): ReadonlySet<string> =>
  stemsOf(`${header} ${text.slice(Math.max(0, start - 40), end + 25)}`);

/** How a value's neighbours speak for or against it. */
function roleScore({ text, header }: Piece, value: Value, asked: ReadonlySet<string>): number {
  const lead = `${header} ${text.slice(Math.max(0, value.start - 40), value.start)}`;
  const tail = text.slice(value.end, value.end + 30);
  let score = 0;
  if (was.test(lead)) score -= 4;
  else if (current.test(lead)) score += 1;
  const names = (pattern: RegExp, where: string) =>
    [...stemsOf(pattern.exec(where)?.[0] ?? '')].some((stem) => asked.has(stem));
  if (
    (asideBefore.test(lead) && !names(asideBefore, lead)) ||
    (asideAfter.test(tail) && !names(asideAfter, tail))
  )
    score -= 4;
  if (value.kind === 'money' && periodic.test(tail) && !names(periodic, tail)) score -= 0.7;
  return score;
}

/**
 * The values of a page that `read` finds, likeliest first. What speaks for a value: the subject's words in its block
 * and headings, the attribute's name beside it, standing alone, standing early. What speaks against it: being an
 * old price, a shipping cost, a saving; standing in a list of recommendations.
 */
export function sightingsOf<V extends Value>(
  version: Version,
  reading: Reading,
  read: (text: string) => V[],
): Sighting<V>[] {
  const coverage = version.blocks.map((block) => coverageOf(block, version.title, reading));
  const about = sightingsWhere((index) => coverage[index]! >= aboutFrom, coverage, version, reading, read);
  return about.some(({ score }) => score > plausibleFrom)
    ? about
    : sightingsWhere(() => true, coverage, version, reading, read);
}

function sightingsWhere<V extends Value>(
  isWanted: (index: number) => boolean,
  coverages: readonly number[],
  version: Version,
  reading: Reading,
  read: (text: string) => V[],
): Sighting<V>[] {
  const attribute = new Set(wordsOf(reading.attribute ?? '').map(stemOf));
  const subject = [...reading.subjectStems];
  const sightings = version.blocks.flatMap((block, index): Sighting<V>[] => {
    if (!isWanted(index)) return [];
    const pieces = piecesOf(block)
      .map((piece) => ({ piece, values: read(piece.text) }))
      .filter(({ values }) => values.length > 0);
    if (pieces.length === 0) return [];
    const here = stemsOf(block.text);
    const above = stemsOf(block.path.join(' '));
    const share = (holds: (stem: string) => boolean) => subject.length === 0 ? 0 : subject.filter(holds).length / subject.length; // prettier-ignore
    const coverage = coverages[index]!;
    const base =
      3 * share((stem) => here.has(stem)) +
      1.5 * share((stem) => above.has(stem)) -
      (0.8 * index) / version.blocks.length -
      (furnitureOf(block, version.title) ? 5 : 0) -
      (block.kind === 'title' ? 1 : 0);
    return pieces.flatMap(({ piece, values }) =>
      values.map((value): Sighting<V> => {
        const isNear = (stem: string) =>
          here.has(stem) || piece.header !== '' ? nearOf(piece, value).has(stem) : false;
        const named = [...attribute].some(isNear)
          ? 1.5
          : [...attribute].some((stem) => above.has(stem))
            ? 0.7
            : 0;
        const alone = piece.text.length - value.text.length <= 12 ? 1 : 0;
        return {
          value,
          block,
          index,
          score: base + named + alone + roleScore(piece, value, reading.asked),
          coverage,
        };
      }),
    );
  });
  return sightings.sort((a, b) => b.score - a.score);
}

/** Share of the subject that a block, its headings and the page's title name, 0 to 1; 1 without a subject. */
export function coverageOf(block: Block, title: string | null, { subjectStems }: Reading): number {
  if (subjectStems.size === 0) return 1;
  const places = [stemsOf(block.text), stemsOf(block.path.join(' ')), stemsOf(title ?? '')];
  return (
    [...subjectStems].filter((stem) => places.some((stems) => stems.has(stem))).length / subjectStems.size
  );
}

/** A page with more values than this is a list of things: a value of it must name the subject. */
const fewValues = 3;

/** The likeliest sighting, where it can be told to be the watched one. */
export function mostLikely<V extends Value>(sightings: Sighting<V>[]): Sighting<V> | null {
  const plausible = sightings.filter(({ score }) => score > plausibleFrom);
  const [best] = plausible;
  if (!best) return null;
  return best.coverage >= aboutFrom || plausible.length <= fewValues ? best : null;
}
