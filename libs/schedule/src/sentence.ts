import { invalid } from './cron.ts';

const EXAMPLES = [
  'every 15 minutes',
  'every weekday at 9',
  'mondays and thursdays at 18:30',
  'twice a day',
  'hourly between 9 and 17',
  'on the first of the month at noon',
];

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const NUMBERS = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'];
const DAY_PARTS = { morning: 8, noon: 12, afternoon: 15, evening: 18, night: 22 };
/** The first hour of the morning that with a part of the day means the one twelve hours later. */
const LATE_FROM: Partial<Record<string, number>> = { afternoon: 1, evening: 1, night: 6 };
const DEFAULT_HOUR = 9;
/** Minutes since midnight. */
const NOON = 12 * 60;

// Patterns of the words of a phrase, in lower case.
const DAY =
  '(?:sun(?:day)?|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?)s?';
const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const NUMBER = `(?:\\d+|an?|${NUMBERS.join('|')})`;
const CLOCK =
  "(?:\\d{1,2}[:.]\\d{2}(?: ?[ap]\\.?m\\.?)?|\\d{1,2} ?(?:[ap]\\.?m\\.?|o'clock)|noon|midday|midnight)";
const TIME = `(?:${CLOCK}|\\d{1,2})`;
const NTH = `(?:\\d{1,2}(?:st|nd|rd|th)|${ORDINALS.join('|')}|last)`;
const TO = ' ?(?:-|–|to|till|until|through) ?';
const UNIT = '(seconds?|secs?|minutes?|mins?|m|hours?|hrs?|h|days?|weeks?|months?|years?)';
const OF_MONTH = ' (?:of|in) (?:the|each|every|a) month';
const listOf = (item: string) =>
  `${item}(?:(?: ?, ?and | ?, ?| ?& ?| and )(?:on )?(?:the )?(?:at )?${item})*`;

/** The parts of a phrase that say something. */
interface Parts {
  /** `count` times per `per`. */
  often?: { count: number; per: Unit };
  /** Once in `step` of `unit`. */
  every?: { step: number; unit: Unit };
  minutePast?: number;
  /** Minutes since midnight. */
  times?: number[];
  /** That of `every evening`. */
  dayPart?: DayPart;
  between?: [from: number, to: number];
  days?: string;
  daysOfMonth?: string;
  months?: string;
}
type DayPart = keyof typeof DAY_PARTS;
type Unit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';
const UNIT_SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 };

/**
 * What a phrase in English asks for, such as "mondays and thursdays at 18:30" or "hourly between 9 and 17": a cron
 * expression, or an interval where no expression says it ("every 90 minutes"). A cron expression is taken as it is.
 * Days without a time mean 9:00. Throws `invalid_request` with the path `schedule`, and examples, for what it cannot read
 * as a whole.
 */
export function readSentence(sentence: string): { cron: string } | { interval_seconds: number } {
  const text = sentence.trim();
  if (/^[\d*,/-]+ [\d*,/-]+( \S+){3}$/.test(text)) return { cron: text };
  const phrase = new Phrase(text);
  const parts = partsOf(phrase);
  const schedule = phrase.isRead ? compose(parts) : null;
  if (!schedule) {
    const examples = EXAMPLES.map((example) => `"${example}"`).join(', ');
    throw invalid(
      'schedule',
      `cannot be read as a time to check; write it like ${examples}, or as a cron expression`,
    );
  }
  return schedule;
}

/** What is left of a phrase while its parts are read out of it. */
class Phrase {
  #text: string;

  constructor(text: string) {
    this.#text = ` ${text.toLowerCase().replace(/\s+/g, ' ')} `;
  }

  /** Takes the first match out, whole words; its groups, or null. */
  take(pattern: string): (string | undefined)[] | null {
    const match = new RegExp(`(?<=[ ,])${pattern}(?=[ ,.;])`).exec(this.#text);
    if (!match) return null;
    this.#text = this.#text.slice(0, match.index) + this.#text.slice(match.index + match[0].length);
    return match.slice(1);
  }

  /** Whether all that is left means nothing. */
  get isRead(): boolean {
    return /^(?:[ ,.;]+|(?:please|check|it|on|at|in|and|of|the|every|each|time)(?=[ ,.;]))*$/.test(
      this.#text,
    );
  }
}

function partsOf(phrase: Phrase): Parts {
  // The order matters: what is longer, or would be mistaken for a part of something else, comes first.
  const parts: Parts = {};
  readDaysOfMonth(phrase, parts);
  readRhythm(phrase, parts);
  readMonths(phrase, parts);
  readBetween(phrase, parts);
  readDays(phrase, parts);
  readTimes(phrase, parts);
  return parts;
}

function readDaysOfMonth(phrase: Phrase, parts: Parts): void {
  const nthDay = phrase.take(`(${NTH}) (${DAY})${OF_MONTH}`);
  if (nthDay) {
    const nth = ordinal(nthDay[0]!);
    parts.days = `${dayOf(nthDay[1]!)}#${nth}`;
    return;
  }
  const working = phrase.take(`(first|last) (?:weekday|workday|working day|business day)${OF_MONTH}`);
  if (working) {
    parts.daysOfMonth = working[0] === 'first' ? '1W' : 'LW';
    return;
  }
  const date =
    phrase.take(`(${NTH}|\\d{1,2}) (?:of )?(${MONTH})`) ??
    phrase.take(`(${MONTH}) (?:the )?(\\d{1,2}(?:st|nd|rd|th)?)`)?.reverse();
  if (date) {
    parts.daysOfMonth = ordinal(date[0]!);
    parts.months = monthOf(date[1]!);
    return;
  }
  const nth =
    phrase.take(`(${listOf(`${NTH}(?: day)?`)})${OF_MONTH}`) ??
    phrase.take(`on the (${listOf('\\d{1,2}(?:st|nd|rd|th)')})`) ??
    phrase.take(`(?:on )?days? (${listOf('\\d{1,2}')})${OF_MONTH}`);
  if (nth) {
    parts.daysOfMonth = matches(nth[0]!, `${NTH}|\\d+`).map(ordinal).join(',');
    parts.every ??= { step: 1, unit: 'month' };
  }
}

function readRhythm(phrase: Phrase, parts: Parts): void {
  const often = phrase.take(`(once|twice|${NUMBER} times) (?:an?|per|each|every) ${UNIT}`);
  if (often) {
    const words = ['once', 'twice'];
    const count = words.indexOf(often[0]!) + 1 || numberOf(often[0]!.split(' ')[0]!);
    parts.often = { count, per: unitOf(often[1]!) };
    return;
  }
  const part = phrase.take(`(?:every|each) (${Object.keys(DAY_PARTS).join('|')})`);
  if (part) {
    parts.every = { step: 1, unit: 'day' };
    parts.dayPart = part[0] as DayPart;
    parts.times = [DAY_PARTS[parts.dayPart] * 60];
    return;
  }
  if (phrase.take('(?:every )?(?:half[ -]hourly|half[ -](?:an )?hour)'))
    parts.every = { step: 30, unit: 'minute' };
  else if (phrase.take('every (?:quarter(?: of an)?[ -]hour|quarter hour)'))
    parts.every = { step: 15, unit: 'minute' };
  else if (phrase.take('hourly')) parts.every = { step: 1, unit: 'hour' };
  else if (phrase.take('daily')) parts.every = { step: 1, unit: 'day' };
  else if (phrase.take('weekly')) parts.every = { step: 1, unit: 'week' };
  else if (phrase.take('fortnightly')) parts.every = { step: 2, unit: 'week' };
  else if (phrase.take('monthly')) parts.every = { step: 1, unit: 'month' };
  else if (phrase.take('(?:yearly|annually)')) parts.every = { step: 1, unit: 'year' };
  else {
    const other = phrase.take('(?:every|each) (?:other|second) (minute|hour|day|week)');
    const every = other ? ['2', other[0]] : phrase.take(`(?:every|each) (?:(${NUMBER}) ?)?${UNIT}`);
    if (every) parts.every = { step: numberOf(every[0] ?? '1'), unit: unitOf(every[1]!) };
  }
}

function readMonths(phrase: Phrase, parts: Parts): void {
  const range = phrase.take(`(?:from |in )?(${MONTH})${TO}(${MONTH})`);
  const list = range ?? phrase.take(`(?:in |every |each )?(${listOf(MONTH)})`);
  if (range)
    parts.months = rangeOf(
      MONTHS.indexOf(range[0]!.slice(0, 3)),
      MONTHS.indexOf(range[1]!.slice(0, 3)),
      12,
      1,
    );
  else if (list) parts.months = matches(list[0]!, MONTH).map(monthOf).join(',');
}

function readBetween(phrase: Phrase, parts: Parts): void {
  if (phrase.take('(?:during|in|within) (?:office|business|working|work) hours')) {
    parts.between = [9 * 60, 17 * 60];
    parts.days = '1-5';
    return;
  }
  const range =
    phrase.take(`between (${TIME}) and (${TIME})`) ??
    phrase.take(`(?:from |between )?(${TIME})${TO}(${TIME})`);
  if (!range) return;
  const [from, to] = [timeOf(range[0]!), timeOf(range[1]!)];
  // "9 to 5" ends in the afternoon.
  const isAfternoon = /^\d+$/.test(range[1]!) && to < from && from < NOON;
  parts.between = [from, isAfternoon ? to + NOON : to];
}

function readDays(phrase: Phrase, parts: Parts): void {
  const days: string[] = [];
  if (phrase.take('(?:weekdays?|workdays?|(?:working|business) days?)')) days.push('1-5');
  if (phrase.take('weekends?')) days.push('0,6');
  const range = phrase.take(`(?:from )?(${DAY})${TO}(${DAY})`);
  if (range) days.push(rangeOf(Number(dayOf(range[0]!)), Number(dayOf(range[1]!)), 7, 0));
  const list = phrase.take(`(${listOf(DAY)})`);
  if (list) days.push(...matches(list[0]!, DAY).map(dayOf));
  if (days.length > 0) parts.days = [...(parts.days ? [parts.days] : []), ...days].join(',');
}

function readTimes(phrase: Phrase, parts: Parts): void {
  const past = phrase.take('at (?:minute |:)(\\d{1,2})') ?? (phrase.take('at half past') ? ['30'] : null);
  if (past) parts.minutePast = Number(past[0]);
  const list = phrase.take(`(?:at|around) (${listOf(TIME)})`) ?? phrase.take(`(${listOf(CLOCK)})`);
  if (!list) return;
  const part = phrase.take('(?:in the |at )(morning|afternoon|evening|night)')?.[0] ?? parts.dayPart;
  parts.times = matches(list[0]!, TIME).map((time) => inPart(timeOf(time), part));
}

/** Eight in the evening is 20:00, one at night 01:00. */
function inPart(minutes: number, part = ''): number {
  const hour = Math.floor(minutes / 60);
  if (part === 'night' && hour === 12) return minutes - NOON;
  return hour < 12 && hour >= (LATE_FROM[part] ?? 12) ? minutes + NOON : minutes;
}

/** Null when the parts do not go together, or there are none. */
function compose(parts: Parts): { cron: string } | { interval_seconds: number } | null {
  const named = Object.keys(parts);
  const { every, often, days, daysOfMonth, times = [], between = [] } = parts;
  if (named.length === 0 || (every && often) || (days && daysOfMonth)) return null;
  if (![...times, ...between].every((time) => time < 1440)) return null;
  if (every && named.length === 1) {
    const seconds = intervalOf(every);
    if (seconds !== null) return { interval_seconds: seconds };
  }
  const clock = clockOf(parts);
  const dates = clock && datesOf(parts);
  return dates && { cron: [...clock, ...dates].join(' ') };
}

/** Of a rhythm that no cron expression has, because it does not divide an hour, a day or a week; seconds. */
function intervalOf({ step, unit }: { step: number; unit: Unit }): number | null {
  if (unit === 'month' || unit === 'year' || step === 0) return null;
  const seconds = step * UNIT_SECONDS[unit];
  if (unit === 'second') return seconds;
  const isRegular =
    unit === 'minute' || unit === 'hour'
      ? 3600 % seconds === 0 || (seconds % 3600 === 0 && seconds < 86_400 && 86_400 % seconds === 0)
      : step === 1;
  return isRegular ? null : seconds;
}

type Clock = [minute: string, hour: string];

function clockOf({ every, often, times, between, minutePast }: Parts): Clock | null {
  if (every?.unit === 'minute' || every?.unit === 'hour') {
    const minutes = every.unit === 'hour' ? every.step * 60 : every.step;
    if (times) return null;
    return minutes < 60 ? everyMinutes(minutes, between) : everyHours(minutes / 60, between, minutePast ?? 0);
  }
  if (between || minutePast !== undefined) return null;
  if (often?.per === 'hour') return times ? null : everyMinutes(60 / often.count, undefined);
  const wanted = often?.per === 'day' ? often.count : 1;
  if (times && wanted > 1 && times.length !== wanted) return null;
  return atTimes(times ?? spreadOverDay(wanted));
}

function everyMinutes(step: number, between: Parts['between']): Clock | null {
  if (!(step >= 1) || 60 % step !== 0) return null;
  const minute = step === 1 ? '*' : step === 60 ? '0' : `*/${step}`;
  if (!between) return [minute, '*'];
  const [from, to] = between;
  if (from % 60 !== 0 || to % 60 !== 0 || from === to) return null;
  // Up to 17:00 the last hour in which checks are made is that of 16.
  return [minute, rangeOf(from / 60, (to / 60 + 23) % 24, 24, 0)];
}

function everyHours(step: number, between: Parts['between'], minutePast: number): Clock | null {
  if (!Number.isInteger(step) || step < 1 || step >= 24 || 24 % step !== 0 || minutePast > 59) return null;
  if (!between) return [`${minutePast}`, step === 1 ? '*' : `*/${step}`];
  const minute = minutePast || between[0] % 60;
  const first = Math.ceil((between[0] - minute) / 60);
  const last = Math.floor((between[1] - minute) / 60);
  if (last < 0 || first > 23) return null;
  if (step === 1) return [`${minute}`, rangeOf(first, last, 24, 0)];
  const count = Math.floor(((last - first + 24) % 24) / step) + 1;
  const hours = Array.from({ length: count }, (_, index) => (first + index * step) % 24);
  return [`${minute}`, hours.sort((a, b) => a - b).join(',')];
}

/** Null when no single expression has these times. */
function atTimes(times: number[]): Clock | null {
  const minutes = new Set(times.map((time) => time % 60));
  const hours = [...new Set(times.map((time) => Math.floor(time / 60)))].sort((a, b) => a - b);
  return minutes.size === 1 ? [`${[...minutes][0]}`, hours.join(',')] : null;
}

/** Full hours, from nine o'clock on. */
const spreadOverDay = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => ((DEFAULT_HOUR + Math.floor((index * 24) / count)) % 24) * 60);

function datesOf({ every, often, days, daysOfMonth, months }: Parts): string[] | null {
  const unit = every?.unit ?? often?.per;
  if (every && every.step > 1 && !['minute', 'hour'].includes(unit!)) return null;
  if (often && often.per !== 'hour' && often.per !== 'day') {
    const weekly = { 1: '1', 2: '1,4', 3: '1,3,5' }[often.count];
    if (often.per === 'week' && weekly && !daysOfMonth) return ['*', months ?? '*', days ?? weekly];
    if (often.count > 1) return null;
  }
  const isRare = unit === 'month' || unit === 'year';
  return [
    daysOfMonth ?? (isRare && !days ? '1' : '*'),
    months ?? (unit === 'year' ? '1' : '*'),
    days ?? (unit === 'week' ? '1' : '*'),
  ];
}

/** `1-5`, or `22-23,0-6` where it goes past the end of `size` numbers that begin with `first`. */
function rangeOf(from: number, to: number, size: number, first: number): string {
  const span = (low: number, high: number) => (low === high ? `${low}` : `${low}-${high}`);
  const [low, high] = [from + first, to + first];
  if (low <= high) return span(low, high);
  return `${span(low, size - 1 + first)},${span(first, high)}`;
}

const matches = (text: string, pattern: string): string[] =>
  [...text.matchAll(new RegExp(`(?<![a-z\\d])(?:${pattern})(?![a-z\\d])`, 'g'))].map(([match]) => match);

const dayOf = (word: string) => String(DAYS.indexOf(word.slice(0, 3)));
const monthOf = (word: string) => String(MONTHS.indexOf(word.slice(0, 3)) + 1);

function ordinal(word: string): string {
  if (word.startsWith('last')) return 'L';
  const named = ORDINALS.indexOf(word) + 1;
  return String(named || Number.parseInt(word, 10));
}

const numberOf = (word: string): number =>
  /^an?$/.test(word) ? 1 : NUMBERS.indexOf(word) + 1 || Number(word);

function unitOf(word: string): Unit {
  const units: Unit[] = ['second', 'month', 'minute', 'hour', 'day', 'week', 'year'];
  return word === 'm'
    ? 'minute'
    : units.find((unit) => unit.startsWith(word.slice(0, 2).replace('hr', 'h')))!;
}

/** Minutes since midnight; NaN for what is no time. */
function timeOf(word: string): number {
  if (word === 'noon' || word === 'midday') return NOON;
  if (word === 'midnight') return 0;
  const [, hour, minute = '0', half] = /^(\d{1,2})(?:[:.](\d{2}))?(?: ?([ap])\.?m)?/.exec(word)!;
  const hours = half ? (Number(hour) % 12) + (half === 'p' ? 12 : 0) : Number(hour);
  if ((half && (Number(hour) > 12 || hour === '0')) || Number(minute) > 59) return NaN;
  return hours * 60 + Number(minute);
}
