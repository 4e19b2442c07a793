import { remembered } from '@torale/block-alignment';
import { amountPattern, multiplierOf, multiplierPattern, parseAmount } from './amount.ts';
import type { MoneyValue } from './value.ts';

/** Longest first: `US$` must not be read as `$`. */
const symbols: [string, string][] = [
  ['US$', 'USD'], ['CA$', 'CAD'], ['AU$', 'AUD'], ['NZ$', 'NZD'], ['HK$', 'HKD'], ['R$', 'BRL'], ['C$', 'CAD'],
  ['A$', 'AUD'], ['S$', 'SGD'], ['$', 'USD'], ['€', 'EUR'], ['£', 'GBP'], ['¥', 'JPY'], ['₹', 'INR'],
  ['₽', 'RUB'], ['₩', 'KRW'], ['₺', 'TRY'], ['₴', 'UAH'], ['₪', 'ILS'], ['฿', 'THB'], ['₫', 'VND'], ['₱', 'PHP'],
  ['zł', 'PLN'], ['Kč', 'CZK'], ['Ft', 'HUF'], ['Fr.', 'CHF'], ['kr', 'kr'],
]; // prettier-ignore
const codes =
  'USD EUR GBP JPY CNY INR CHF CAD AUD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN BRL MXN ARS CLP ZAR KRW SGD HKD TWD THB IDR MYR PHP VND RUB UAH ILS AED SAR EGP NGN KES BTC ETH'.split(
    ' ',
  );
const words: Record<string, string> = {
  dollar: 'USD',
  dollars: 'USD',
  bucks: 'USD',
  euro: 'EUR',
  euros: 'EUR',
  pounds: 'GBP',
  yen: 'JPY',
  rupees: 'INR',
  francs: 'CHF',
  kronor: 'SEK',
  kroner: 'kr',
  zloty: 'PLN',
};
const krones = new Set(['kr', 'SEK', 'NOK', 'DKK', 'ISK']);

const escape = (text: string) => text.replace(/[$.]/g, '\\$&');
const signs = symbols
  .map(([sign]) => (/^\p{L}+$/u.test(sign) ? `\\b${sign}\\b\\.?` : escape(sign)))
  .join('|');
const unit = `${signs}|\\b(?:${codes.join('|')})\\b`;
const pattern = new RegExp(
  `(?<before>${unit}) ?(?<first>${amountPattern})(?:[,.]-+)?(?<firstTimes>${multiplierPattern})?(?: (?:${codes.join('|')})\\b)?` +
    `|(?<![\\p{L}\\d.,])(?<second>${amountPattern})(?:,-+)?(?<secondTimes>${multiplierPattern})? ?(?<after>${unit}|\\b(?:${Object.keys(words).join('|')})\\b)(?!\\d)`,
  'gu',
);
/** Cheaper than the pattern itself; a page has hundreds of blocks without any money. */
const hint = new RegExp(`${unit}|${Object.keys(words).join('|')}`, 'u');

function currencyOf(text: string): string {
  const sign = text.replace(/^(kr)\.$/, '$1');
  return symbols.find(([symbol]) => symbol === sign)?.[1] ?? words[sign] ?? sign;
}

/** Whether two currencies may be the same one: `kr` is any of the crowns. */
export const sameCurrency = (a: string, b: string): boolean =>
  a === b || (krones.has(a) && krones.has(b) && (a === 'kr' || b === 'kr'));

/** Amounts with a currency in canonical text, in order. */
export const moneyIn = remembered((text: string): MoneyValue[] => {
  if (!/\d/.test(text) || !hint.test(text)) return [];
  return [...text.matchAll(pattern)].map((match) => {
    const { before, first, firstTimes, second, secondTimes, after } = match.groups!;
    const amount = parseAmount((first ?? second)!, true) * multiplierOf(firstTimes ?? secondTimes);
    const currency = currencyOf((before ?? after)!);
    return {
      kind: 'money',
      amount,
      currency,
      key: `money:${amount}:${currency}`,
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
    };
  });
});
