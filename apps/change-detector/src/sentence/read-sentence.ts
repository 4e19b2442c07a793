import { canonicalText, stemOf, wordsOf } from '@torale/block-alignment';
import { readCondition } from './read-condition.ts';
import type { Condition, Reading } from './reading.ts';

const stopWords = new Set(
  `a about actually after again against all also am an and any anybody anyone anything are around as ask at available be because been before being between
  both but by can check come comes could do does doing each either else email ever every everything find first follow for from get gets give go goes had has
  have having he her here hers him his how i if i'd i'm in inform into is it its it's itself just keep kind know let let's like look looking lot make may me
  meaningful message might monitor more most much must my need needs new news next no not notification notify now of off official officially on once one only onto or other our
  out over own page pages ping please post posted posts real same say send shall she should show site so some somebody something soon start starts still such sure
  take tell text than that the their them then there these they thing things this those through till time to too track turn under until up
  update updated updates us use via want was watch way we web website were what whatever when whenever where whether which while who whose why will with
  would write you your url link webpage homepage address change changed changes changing modification modified edit edited different alert alerts alerting latest happen happens
  day days today tomorrow soon immediately asap right away moment there's let’s below above less cheaper expensive`.split(/\s+/),
); // prettier-ignore
/** Words for the watched value itself: they say what of the subject is watched, not what the subject is. */
const attributes =
  /\b(?:prices?|costs?|fees?|fares?|rents?|rates?|pricing|stock|availability|release date|launch date|dates?|versions?|status|score|stars?|temperature|population|balance|followers?|subscribers?|views?|downloads?|rating|salary|number|count)\b/iu;
const measures: Record<string, string> = { money: 'price', percentage: 'rate' };

const withoutUrls = (text: string) =>
  text
    .replace(
      /\bhttps?:\/\/\S+|\bwww\.\S+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|de|fr|co\.uk|eu|gov|edu|app|ai)(?:\/\S*)?/gi,
      ' ',
    )
    .replace(/\s+/g, ' ')
    .trim();

/**
 * What a sentence and its optional condition ask for, by rules. The condition is looked for in `condition` first.
 * A sentence that says no more than "this page" asks for any change.
 */
export function readSentence(rawQuery: string, condition: string | null): Reading {
  const sentence = withoutUrls(canonicalText(rawQuery));
  const stated = condition === null ? '' : withoutUrls(canonicalText(condition));
  const fromCondition = stated ? readCondition(stated) : null;
  const fromSentence = fromCondition ? null : readCondition(sentence);
  const rest = `${fromSentence?.rest ?? sentence} ${fromCondition?.rest ?? stated}`;
  const found = fromCondition ?? fromSentence;

  const attribute = attributeOf(`${sentence} ${stated}`, found?.condition ?? null);
  const attributeStems = new Set(attribute ? wordsOf(attribute).map(stemOf) : []);
  const words = wordsOf(rest).filter(
    (word) => !stopWords.has(word) && !(found && attributeStems.has(stemOf(word))),
  );
  const subject = [...new Set(words)].join(' ');
  const subjectStems = new Set(words.map(stemOf));
  const asked = new Set(
    [...wordsOf(`${sentence} ${stated}`)].filter((word) => !stopWords.has(word)).map(stemOf),
  );
  return {
    condition: found?.condition ?? null,
    subject,
    subjectStems,
    attribute,
    asked,
    anyChange: found === null && subjectStems.size === 0,
  };
}

function attributeOf(text: string, condition: Condition | null): string | null {
  if (condition?.kind === 'comparison' && condition.of === 'number') {
    const unit = new RegExp(
      `${condition.bound.replace(/[.*+?^${'$'}{}()|[\\]\\\\]/g, '\\$&')} ?(\\p{L}+)`,
      'u',
    ).exec(text)?.[1];
    if (unit && !stopWords.has(unit.toLowerCase())) return unit.toLowerCase();
  }
  return (
    attributes.exec(text)?.[0].toLowerCase() ??
    (condition && 'of' in condition ? (measures[condition.of] ?? null) : null)
  );
}
