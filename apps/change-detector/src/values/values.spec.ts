import { canonicalText } from '@torale/block-alignment';
import { valuesIn } from './values.ts';

const keysOf = (text: string) => valuesIn(canonicalText(text)).map(({ key }) => key);

describe('values in a text', () => {
  it.each([
    ['$1,299.00', ['money:1299:USD']],
    ['€1.299,00', ['money:1299:EUR']],
    ['1 299 kr', ['money:1299:kr']],
    ['1\u202f299,50 €', ['money:1299.5:EUR']],
    ['USD 499', ['money:499:USD']],
    ['499 USD', ['money:499:USD']],
    ['US$499', ['money:499:USD']],
    ['$499 USD', ['money:499:USD']],
    ['from $549', ['money:549:USD']],
    ['Fr. 19.–', ['money:19:CHF']],
    ["CHF 1'299.95", ['money:1299.95:CHF']],
    ['£1.2 million', ['money:1200000:GBP']],
    ['$3.5bn', ['money:3500000000:USD']],
    ['¥12,000', ['money:12000:JPY']],
    ['500 dollars', ['money:500:USD']],
    ['€1.299', ['money:1299:EUR']],
    ['$0.125', ['money:0.125:USD']],
    ['Was $549 Now $499', ['money:549:USD', 'money:499:USD']],
    ['Aurora X2 $489', ['money:489:USD']],
    ['499 € 599 €', ['money:499:EUR', 'money:599:EUR']],
    ['$10-$20', ['money:10:USD', 'money:20:USD']],
  ])('reads money: %s', (text, keys) => {
    expect(keysOf(text)).toEqual(keys);
  });

  it.each([
    ['4.70% or -3 %', ['percentage:4.7', 'percentage:-3']],
    ['grew 12 percent', ['percentage:12']],
    ['8,123 stars', ['number:8123']],
    ['1.2k stars', ['number:1200']],
    ['24–70 mm lens', ['number:24', 'number:70']],
    ['540 g', ['number:540']],
    ['within 30 days', ['duration:2592000']],
    ['a 90-minute film', ['duration:5400']],
    ['24 hours', ['duration:86400']],
    ['v2.10', ['version:2.10']],
    ['Version 2.1', ['version:2.1']],
    ['1.2.3-beta.1', ['version:1.2.3-beta.1']],
    ['section 4.2.1', ['version:4.2.1']],
  ])('reads numbers: %s', (text, keys) => {
    expect(keysOf(text)).toEqual(keys);
  });

  it.each([
    ['March 14, 2027', ['date:2027-03-14']],
    ['14 March 2027', ['date:2027-03-14']],
    ['2027-03-14', ['date:2027-03-14']],
    ['2026-11-22T10:00:00Z', ['date:2026-11-22T10:00']],
    ['14. März 2027', ['date:2027-03-14']],
    ['14 mars 2027', ['date:2027-03-14']],
    ['14 de marzo de 2027', ['date:2027-03-14']],
    ['14 marzo 2027', ['date:2027-03-14']],
    ['14 de março de 2027', ['date:2027-03-14']],
    ['14 maart 2027', ['date:2027-03-14']],
    ['14 марта 2027', ['date:2027-03-14']],
    ['2027年3月14日', ['date:2027-03-14']],
    ['October 2027', ['date:2027-10']],
    ['September 3', ['date:--09-03']],
    ['Q3 2027', ['date:2027-Q3']],
    ['spring 2027', ['date:2027-spring']],
    ['in 2027', ['date:2027']],
    ['at 10:45', ['time:T10:45']],
    ['3 minutes ago', ['relative:3 minutes ago']],
    ['vor 3 Minuten', ['relative:vor 3 minuten']],
    ['il y a 3 minutes', ['relative:il y a 3 minutes']],
    ['hace 3 minutos', ['relative:hace 3 minutos']],
    ['a sat nav and a sun hat', []],
    ['5/12 people', ['number:5', 'number:12']],
  ])('reads dates and times: %s', (text, keys) => {
    expect(keysOf(text)).toEqual(keys);
  });

  it.each([
    ['In stock.', ['availability:available']],
    ['Currently out of stock', ['availability:unavailable']],
    ['Not available', ['availability:unavailable']],
    ['No longer available', ['availability:unavailable']],
    ['SOLD OUT', ['availability:unavailable']],
    ['Pre-order now', ['availability:preorder']],
    ['on backorder', ['availability:backorder']],
    ['The show is cancelled', ['availability:cancelled']],
    ['The show has been postponed', ['availability:postponed']],
    ['Registration is now open', ['availability:open']],
    ['Registration closed', ['availability:closed']],
    ['open source', []],
    ['Ausverkauft', ['availability:unavailable']],
    ['Auf Lager', ['availability:available']],
    ['En rupture de stock', ['availability:unavailable']],
    ['Agotado', ['availability:unavailable']],
    ['It may not work', ['modality:may', 'negation:not']],
    ['It will work', ['modality:will']],
    ["It won't work", ["negation:won't"]],
  ])('reads availability, negation and modality: %s', (text, keys) => {
    expect(keysOf(text)).toEqual(keys);
  });

  it('tells digit anagrams apart', () => {
    expect(keysOf('$12')).not.toEqual(keysOf('$21'));
  });
});
