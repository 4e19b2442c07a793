import type { Value } from '../values/value.ts';
import { valuesIn } from '../values/values.ts';
import type { Availability } from '../values/value.ts';
import type { Condition, Measure, Operator } from './reading.ts';

/** A condition, and what else the text says: most of all what the condition is about. */
export interface FoundCondition {
  condition: Condition;
  rest: string;
}

const without = (text: string, start: number, end: number, kept = ''): string =>
  `${text.slice(0, start)} ${kept} ${text.slice(end)}`;

const verbs = String.raw`(?:(?:is|are|was|be|gets?|goes|go|drops?|falls?|dips?|sinks?|declines?|decreases?|comes?|rises?|climbs?|increases?|grows?|jumps?|moves?|has|have|costs?|ever|down|up|back) )*`;
const before: [Operator, RegExp][] = [
  ['at_most', new RegExp(`${verbs}(?:at most|no more than|not more than|max(?:imum)?(?: of)?|up to|<=|≤)$`, 'i')],
  ['at_least', new RegExp(`${verbs}(?:at least|no less than|not less than|min(?:imum)?(?: of)?|>=|≥|reach(?:es|ed)?|hits?)$`, 'i')],
  ['below', new RegExp(`${verbs}(?:below|under|underneath|beneath|less than|lower than|cheaper than|fewer than|<)$`, 'i')],
  ['above', new RegExp(`${verbs}(?:above|over|more than|greater than|higher than|exceed(?:s|ed)?|pass(?:es|ed)?|surpass(?:es|ed)?|tops?|cross(?:es|ed)?|beyond|>)$`, 'i')],
  ['at_most', /(?:drops?|falls?|goes down|comes down|decreases?|is reduced|sinks?|down) to$/i],
  ['at_least', /(?:rises?|climbs?|goes up|increases?|grows?|gets?|up) to$/i],
  ['equals', /(?:is exactly|equals?|is|=)$/i],
]; // prettier-ignore
const after: [Operator, RegExp][] = [
  ['at_most', /^(?:\p{L}+ )?or (?:less|lower|below|under|cheaper|fewer)\b/iu],
  ['at_least', /^(?:\p{L}+ )?or (?:more|higher|above|over|greater)\b/iu],
];

const isMeasure = (value: Value): value is Extract<Value, { kind: Measure }> =>
  value.kind === 'money' ||
  value.kind === 'percentage' ||
  value.kind === 'number' ||
  value.kind === 'duration';
/** What a measured value is compared by. */
export const amountOf = (value: Extract<Value, { kind: Measure }>): number =>
  value.kind === 'duration' ? value.seconds : value.amount;

const priceWords =
  /\b(?:prices?|costs?|fees?|fares?|rents?|tariffs?|premiums?|subscription|cheaper|cheap|pricing|bid)\b/i;

function readComparison(text: string): FoundCondition | null {
  for (const value of valuesIn(text)) {
    // A year is a number where it is compared: "over 2000 followers".
    const measured =
      value.kind === 'date' && /^\d{4}$/.test(value.iso)
        ? ({ ...value, kind: 'number', amount: Number(value.iso), unit: null } as const)
        : value;
    if (!isMeasure(measured)) continue;
    const head = text.slice(0, value.start).replace(/(?: (?:a|an|the|about|around))? *$/, '');
    const tail = text.slice(value.end).trimStart();
    // "falls by more than $50" is a movement.
    if (/\bby(?: at least| more than| over)?$/i.test(head)) continue;
    const trailing = after
      .map(([operator, pattern]) => ({ operator, match: pattern.exec(tail) }))
      .find(({ match }) => match);
    const leading = before
      .map(([operator, pattern]) => ({ operator, match: pattern.exec(head) }))
      .find(({ match }) => match);
    const found = trailing ?? leading;
    if (!found || (found.operator === 'equals' && measured.kind === 'duration')) continue;
    const of =
      measured.kind === 'number' && priceWords.test(text) && !/%/.test(tail.slice(0, 2))
        ? 'money'
        : measured.kind;
    return {
      condition: {
        kind: 'comparison',
        of,
        operator: found.operator,
        amount: amountOf(measured),
        currency: measured.kind === 'money' ? measured.currency : null,
        bound: value.text,
      },
      rest: without(
        text,
        leading?.match?.index ?? value.start,
        trailing ? text.length - tail.length + trailing.match![0].length : value.end,
      ),
    };
  }
  return null;
}

const down = String.raw`(?:drop(?:s|ped)?|fall(?:s|en)?|decreas(?:es?|ed)|declin(?:es?|ed)|goes down|go down|comes? down|gets? cheaper|becomes? cheaper|(?:is|are|gets?) (?:reduced|discounted|lowered)|lowers?|discount|reduction)`;
const up = String.raw`(?:rises?|rose|increas(?:es?|ed)|climbs?|goes up|go up|gets? more expensive|(?:is|are|gets?) raised|hike)`;
const any = String.raw`(?:chang(?:es?|ed)|moves?|(?:is|are|gets?) (?:changed|updated|adjusted))`;
const by = String.raw`(?: by (?:at least |more than |over )?(?<by>\S+(?: (?:%|percent|dollars|euros))?))?`;
const measureWords = String.raw`(?:prices?|costs?|fees?|fares?|rents?|rates?|tariffs?|premiums?|pricing)`;
const movement = new RegExp(
  `\\b(?:${measureWords}\\b(?<kept>.*?)\\b(?:(?<down>${down})|(?<up>${up})|(?<any>${any}))|(?<cheaper>(?:is|gets?|becomes?) (?:any )?(?:cheaper|discounted))|(?<upward>(?:is|gets?|becomes?) more expensive)|(?:${measureWords} (?:(?<down2>drops?|cuts?|reductions?|decreases?)|(?<up2>increases?|hikes?|rises?)|(?<any2>changes?)))|(?:(?<down3>drops?|cuts?|reductions?|decreases?)|(?<up3>increases?|hikes?)|(?<any3>changes?)) (?:in|of|to) (?:the )?(?:\\p{L}+ )?${measureWords})${by}`,
  'iu',
);

function readMovement(text: string): FoundCondition | null {
  const match = movement.exec(text);
  if (!match) return null;
  const groups = match.groups!;
  const direction =
    groups.down || groups.cheaper || groups.down2 || groups.down3
      ? 'down'
      : groups.up || groups.upward || groups.up2 || groups.up3
        ? 'up'
        : 'any';
  const step = groups.by ? valuesIn(groups.by).find(isMeasure) : undefined;
  return {
    condition: {
      kind: 'movement',
      of: /\brates?\b/i.test(match[0]) && !priceWords.test(match[0]) ? 'percentage' : 'money',
      direction,
      by: step ? { amount: amountOf(step), of: step.kind } : null,
    },
    rest: without(text, match.index, match.index + match[0].length, groups.kept),
  };
}

const become = String.raw`(?:(?:is|are|be|being|becomes?|gets?|goes|go|comes?|turns?|will be|has been|have been|shows?(?: as)?|shows? up as|marked|listed as) )?(?:back |now |again |finally |officially |once )*`;
const states: [Availability, string][] = [
  ['unavailable', '(?:sold out|sells out|sell out|out of stock|unavailable|no longer available|not available)'],
  ['cancelled', '(?:cancel+ed|called off|cancell?ation)'],
  ['postponed', '(?:postponed|rescheduled|delayed|postponement)'],
  ['discontinued', '(?:discontinued|end of life)'],
  ['preorder', '(?:(?:available |open )?(?:for|to) pre-?order|pre-?orders? (?:opens?|starts?|begins?|go(?:es)? live|(?:are|is|become) (?:open|available))|pre-?orderable)'],
  ['available', '(?:in stock|restock(?:ed|s)?|available(?: again| for (?:purchase|order|sale))?|on sale|for sale|bookable|can be (?:bought|ordered|booked)|availability)'],
  ['closed', '(?:closed|closes|close|shuts?(?: down)?)'],
  ['open', '(?:open(?:s|ed)?|reopen(?:s|ed)?)'],
]; // prettier-ignore
const statePatterns = states.map(
  ([state, words]) => [state, new RegExp(`\\b${become}${words}(?: again)?(?!\\p{L})`, 'iu')] as const,
);

function readState(text: string): FoundCondition | null {
  for (const [state, pattern] of statePatterns) {
    const match = pattern.exec(text);
    if (match)
      return {
        condition: { kind: 'state', state },
        rest: without(text, match.index, match.index + match[0].length),
      };
  }
  return null;
}

const dateNoun = String.raw`(?:(?:release|launch|publication|start|starting|opening|event|premiere|sale|shipping|ship|air|tour|exam|application|registration|delivery|due|closing|election|availability) )?dates?`;
const happening = String.raw`(?:release|launch|premiere|publication|tour|opening)`;
const announced = String.raw`(?:announced|set|confirmed|published|known|revealed|fixed|posted|given|scheduled)`;
const dateAnnounced = new RegExp(
  [
    `(?:gets?|has|have|receives?|there(?:'s| is)|given) (?:a|an|its|the|any)? ?(?:new |official |firm |final |confirmed )*${dateNoun}\\b(?: (?:is )?${announced})?`,
    `(?:a|an|its|the|any)? ?${dateNoun} (?:(?:for|of) (?<kept>.{1,60}?) )?(?:is|are|gets?|has been|have been|was|were) (?:finally |officially )*${announced}`,
    `(?:announces?|reveals?|sets?|confirms?|publish(?:es)?|gives?|announcing|names?|schedules?) (?:a|an|its|the|their|any)? ?(?:new |official |firm |final )*${dateNoun}`,
    `(?:the |a |its )?${happening} (?:of (?<kept>.{1,60}?) )?(?:is|has been|gets) (?:finally |officially )*${announced}`,
    `(?:is|are|gets?) (?:finally |officially )*scheduled`,
  ].join('|'),
  'i',
);

function readDateAnnounced(text: string): FoundCondition | null {
  const match = dateAnnounced.exec(text);
  return (
    match && {
      condition: { kind: 'date_announced' },
      rest: without(text, match.index, match.index + match[0].length, match.groups?.kept),
    }
  );
}

const mentioning =
  /\b(?:(?<absent>no longer (?:mentions?|contains?|says?|includes?|lists?|shows?)|stops? (?:mentioning|saying|listing|showing)|removes?)|mentions?|mentioned|mentioning|contains?|says?|includes?)\s+(?:the (?:words?|phrase|text|term)s?\s+)?(?:"(?<quoted>[^"]+)"|(?<bare>.+?))(?=$|[.;!?]?\s*$| (?:on|at|in) (?:the |this )?(?:page|site|website|blog|news)\b)/i;
const appearing =
  /(?:the (?:words?|phrase|text|term)s?\s+)?"(?<quoted>[^"]+)"\s+(?:(?:is|gets) (?:added|mentioned|listed)|appears?|shows? up)/i;

function readMention(text: string): FoundCondition | null {
  const match = mentioning.exec(text) ?? appearing.exec(text);
  if (!match) return null;
  const { absent, quoted, bare } = match.groups!;
  // "removes the paywall": only a quoted text is surely a text.
  if (absent?.startsWith('remove') && !quoted) return null;
  return {
    condition: { kind: 'mention', phrase: (quoted ?? bare)!.trim(), absent: Boolean(absent) },
    rest: without(text, match.index, match.index + match[0].length),
  };
}

/** The typed condition in canonical text; null when there is none that values can decide. */
export const readCondition = (text: string): FoundCondition | null =>
  readComparison(text) ??
  readDateAnnounced(text) ??
  readMovement(text) ??
  readMention(text) ??
  readState(text);
