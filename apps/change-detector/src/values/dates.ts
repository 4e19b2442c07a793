import { remembered } from '@torale/block-alignment';
import * as chrono from 'chrono-node';
import type { DateValue, RelativeTimeValue, TimeValue } from './value.ts';

interface Parser {
  parse(text: string, reference: Date): chrono.ParsedResult[];
}

/** The month names of a language, from the runtime's own locale data. */
const monthsOf = (locale: string): string[] =>
  Array.from({ length: 12 }, (_, month) =>
    new Intl.DateTimeFormat(locale, { month: 'long', day: 'numeric', timeZone: 'UTC' })
      .formatToParts(Date.UTC(2027, month, 3))
      .find(({ type }) => type === 'month')!
      .value.toLowerCase(),
  );
const anyOf = (words: string[]) => new RegExp(`(?<!\\p{L})(?:${words.join('|')})(?!\\p{L})`, 'iu');

/** English first: it reads most pages; the others only where one of their words occurs. */
const languages: { parser: Parser; hint: RegExp }[] = [
  { parser: chrono.en.casual, hint: /(?<!\p{L})(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\p{L}*|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?<!\p{L})(?:today|tonight|tomorrow|yesterday|ago|last|next|in \d)(?!\p{L})|\d[-/.:]\d\d|\d ?[ap]\.?m(?!\p{L})/iu },
  { parser: chrono.de, hint: anyOf([...monthsOf('de'), 'vor \\d+', 'heute', 'morgen', 'gestern', '\\d+ uhr']) },
  { parser: chrono.fr, hint: anyOf([...monthsOf('fr'), 'il y a', "aujourd'hui", 'demain', 'hier']) },
  { parser: chrono.es, hint: anyOf([...monthsOf('es'), 'hace \\d+', 'hoy', 'mañana', 'ayer']) },
  { parser: chrono.it, hint: anyOf([...monthsOf('it'), 'oggi', 'domani', 'ieri']) },
  { parser: chrono.pt, hint: anyOf([...monthsOf('pt'), 'hoje', 'amanhã', 'ontem']) },
  { parser: chrono.nl, hint: anyOf([...monthsOf('nl'), 'vandaag', 'morgen', 'gisteren']) },
  { parser: chrono.sv, hint: anyOf([...monthsOf('sv'), 'idag', 'imorgon', 'igår']) },
  { parser: chrono.ru, hint: anyOf([...monthsOf('ru'), 'сегодня', 'завтра', 'вчера']) },
  { parser: chrono.ja, hint: /\d[年月日]/u },
]; // prettier-ignore

/** "3 minutes ago" in languages whose relative times chrono does not read, from the runtime's own locale data. */
const agesOf = (locale: string): string[] =>
  (['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const).flatMap((unit) =>
    [1, 2, 5].map((count) =>
      new Intl.RelativeTimeFormat(locale, { numeric: 'always' })
        .formatToParts(-count, unit)
        .map(({ type, value }) =>
          type === 'integer' ? '\\d+' : value.replace(/\s/g, ' ?').replaceAll('.', '\\.'),
        )
        .join(''),
    ),
  );
const ageHint = /(?<!\p{L})(?:hace|há|atrás|fa|geleden|sedan|назад|temu)(?!\p{L})|前/iu;
const age = new RegExp(
  `(?<!\\p{L})(?:${[...new Set(['es', 'it', 'pt', 'nl', 'sv', 'ru', 'pl', 'ja', 'zh'].flatMap(agesOf))].join('|')})(?!\\p{L})`,
  'giu',
);

/** Relative to when does not matter: a time told from now is kept as the words it is told in. */
const reference = new Date('2027-01-01T00:00:00Z');
/** Dates are looked for in the part that a person reads; chrono's cost grows with the length. */
const longest = 8_000;

const coarse =
  /(?<!\p{L})(?:(?<quarter>Q[1-4]|[1-4]Q)|(?<season>spring|summer|autumn|fall|winter|early|mid|late|end of|frühjahr|sommer|herbst|printemps|été|automne|hiver))[ -](?:of )?(?<year>20\d\d)(?!\d)/giu;
const bareYear = /(?<![\p{L}\d.,/$€£#-])(?:19|20)\d\d(?![\p{L}\d/%]|[.,]\d|-\d)/gu;
const isoInstant =
  /\b(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?: ?Z|[+-]\d\d:?\d\d)?)?(?![\d-])/g;

const pad = (value: number) => String(value).padStart(2, '0');

function fromChrono(result: chrono.ParsedResult): DateValue | TimeValue | RelativeTimeValue | null {
  const { start } = result;
  const written = result.text.replace(/^(?:[\s,]|(?:on|at|am|um|le|el|il(?! y a)|op|den) )+|[\s,]+$/gi, '');
  const offset = result.index + result.text.indexOf(written);
  const span = { text: written, start: offset, end: offset + written.length };
  const [year, month, day] = (['year', 'month', 'day'] as const).map((part) => start.isCertain(part) ? start.get(part) : null); // prettier-ignore
  const time = start.isCertain('hour')
    ? `T${pad(start.get('hour') ?? 0)}:${pad(start.get('minute') ?? 0)}`
    : '';
  const until = result.end ? `/${result.end.date().toISOString()}` : '';
  const relative = [...result.tags()].some((tag) => /relativeDate|casualReference/.test(tag));
  if (relative) {
    // "within 30 days" is a duration.
    return /^(?:within|for|in the last)\b/i.test(written)
      ? null
      : { kind: 'relative_time', key: `relative:${written.toLowerCase()}`, ...span };
  }
  if (day === null && start.isCertain('weekday')) {
    const weekday = start.get('weekday');
    if (written.length <= 3 && !time) return null;
    return {
      kind: 'date',
      iso: `weekday-${weekday}${time}`,
      key: `date:weekday-${weekday}${time}${until}`,
      ...span,
    };
  }
  if (month === null && day === null && year === null) {
    // A bare number before or after is a ratio or a score, not an hour.
    return time && /[:h]|\d ?[ap]\.?m|uhr/i.test(written)
      ? { kind: 'time', key: `time:${time}${until}`, ...span }
      : null;
  }
  // "may", "mar", "5/12": words and ratios as often as dates.
  if (year === null && (day === null ? written.length < 4 : !/\p{L}/u.test(written))) return null;
  if (month === null) return null;
  const iso = `${year ?? '-'}-${pad(month!)}${day === null ? '' : `-${pad(day!)}`}${time}`;
  return { kind: 'date', iso, key: `date:${iso}${until}`, ...span };
}

/** Dates and times in canonical text, as exact as they are written; they may overlap, the first found come first. */
export const datesIn = remembered((canonical: string): (DateValue | TimeValue | RelativeTimeValue)[] => {
  const text = canonical.length > longest ? canonical.slice(0, longest) : canonical;
  const found: (DateValue | TimeValue | RelativeTimeValue)[] = [];
  for (const match of text.matchAll(isoInstant)) {
    const iso = match[2] ? `${match[1]}T${match[2]}` : match[1]!;
    found.push({
      kind: 'date',
      iso,
      key: `date:${iso}`,
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
    });
  }
  if (ageHint.test(text)) {
    for (const match of text.matchAll(age)) {
      const written = match[0];
      const span = { text: written, start: match.index, end: match.index + written.length };
      found.push({ kind: 'relative_time', key: `relative:${written.toLowerCase()}`, ...span });
    }
  }
  const readings = languages
    .filter(({ hint }) => hint.test(text))
    .flatMap(({ parser }) => parser.parse(text, reference).map((result) => fromChrono(result)))
    .filter((value) => value !== null);
  // Two languages may read the same words; the one that read more of them is right.
  found.push(...readings.sort((a, b) => b.text.length - a.text.length));
  for (const match of text.matchAll(coarse)) {
    const { quarter, season, year } = match.groups!;
    const part = quarter ? `Q${/\d/.exec(quarter)![0]}` : season!.toLowerCase();
    found.push({
      kind: 'date',
      iso: `${year}-${part}`,
      key: `date:${year}-${part}`,
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
    });
  }
  for (const match of text.matchAll(bareYear)) {
    found.push({
      kind: 'date',
      iso: match[0],
      key: `date:${match[0]}`,
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
    });
  }
  return found;
});
