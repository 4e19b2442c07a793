import { amountPattern, multiplierOf, multiplierPattern, parseAmount } from './amount.ts';
import type { DurationValue, NumberValue, PercentageValue, VersionValue } from './value.ts';

const spanOf = (match: RegExpMatchArray) => ({
  text: match[0],
  start: match.index!,
  end: match.index! + match[0].length,
});

const percentage = new RegExp(
  `(?<sign>(?<![\\p{L}\\d])[+-])?(?<!\\d)(?<amount>${amountPattern}) ?(?:%|percent\\b|per cent\\b|Prozent\\b|pour cent\\b|por ciento\\b)`,
  'gu',
);
export const percentagesIn = (text: string): PercentageValue[] =>
  [...text.matchAll(percentage)].map((match) => {
    const amount = parseAmount(match.groups!.amount!) * (match.groups!.sign === '-' ? -1 : 1);
    return { kind: 'percentage', amount, key: `percentage:${amount}`, ...spanOf(match) };
  });

const seconds: [RegExp, number][] = [
  [/^(?:ms|millisecond)/i, 0.001],
  [/^(?:sec|sek|segundo)/i, 1],
  [/^(?:min)/i, 60],
  [/^(?:h$|hr|hour|stunde|heure|hora)/i, 3600],
  [/^(?:day|business|working|tag|jour|día|dia)/i, 86_400],
  [/^(?:week|woche|semaine|semana)/i, 604_800],
  [/^(?:month|monat|mois|mes)/i, 2_629_800],
  [/^(?:year|yr|jahr|an|año)/i, 31_557_600],
];
const duration = new RegExp(
  `(?<!\\d)(?<amount>${amountPattern})[- ]?(?<unit>ms|milliseconds?|secs?|seconds?|sekunden?|segundos?|mins?|minutes?|minuten?|minutos?|h|hrs?|hours?|stunden?|heures?|horas?|(?:business |working )?days?|tagen?|tage|jours?|días?|dias?|weeks?|wochen?|semaines?|semanas?|months?|monaten?|monate|mois|mes(?:es)?|years?|yrs?|jahren?|jahre|ans?|años?)(?![\\p{L}\\d])`,
  'giu',
);
export const durationsIn = (text: string): DurationValue[] =>
  [...text.matchAll(duration)].map((match) => {
    const unit = match.groups!.unit!;
    const total = parseAmount(match.groups!.amount!) * seconds.find(([pattern]) => pattern.test(unit))![1];
    return { kind: 'duration', seconds: total, key: `duration:${total}`, ...spanOf(match) };
  });

const version =
  /(?<![\p{L}\d.,])(?:(?:version|ver\.?|release) ?v?|v)(\d+(?:\.\d+){0,3}(?:-[\p{L}\d.]+)?)|(?<![\p{L}\d.,$€£])(\d+\.\d+\.\d+(?:\.\d+)?(?:-[\p{L}\d.]+)?)(?![\d,])/giu;
export const versionsIn = (text: string): VersionValue[] =>
  [...text.matchAll(version)].map((match) => {
    const name = (match[1] ?? match[2])!.toLowerCase();
    return { kind: 'version', version: name, key: `version:${name}`, ...spanOf(match) };
  });

const number = new RegExp(
  `(?<sign>(?<![\\p{L}\\d])[+-])?(?<![\\p{L}\\d]|\\d[.,])(?<amount>${amountPattern})(?<times>${multiplierPattern})?(?!\\p{L}*\\d)(?=(?: ?(?<unit>°?[\\p{L}/]+))?)`,
  'giu',
);
export const numbersIn = (text: string): NumberValue[] =>
  [...text.matchAll(number)].map((match) => {
    const { sign, amount: written, times, unit } = match.groups!;
    const amount = parseAmount(written!) * multiplierOf(times) * (sign === '-' ? -1 : 1);
    return {
      kind: 'number',
      amount,
      unit: unit?.toLowerCase() ?? null,
      key: `number:${amount}`,
      ...spanOf(match),
    };
  });
