import { differencesBetween } from './difference.ts';

/** Values as `before>after`, words in quotes. */
const told = (before: string, after: string) =>
  differencesBetween(before, after).map((difference) =>
    difference.kind === 'value'
      ? `${difference.before?.key ?? ''}>${difference.after?.key ?? ''}`
      : `"${difference.hunk.before}">"${difference.hunk.after}"`,
  );

describe('differences between two texts', () => {
  it.each<[string, string, string[]]>([
    ['Price: $549', 'Price: $499', ['money:549:USD>money:499:USD']],
    ['Price: $12', 'Price: $21', ['money:12:USD>money:21:USD']],
    ['Price: $1,299.00', 'Price: USD 1299', []],
    ['Score 3, goals 4', 'Score 4, goals 3', ['number:3>', '>number:3']],
    ['On March 14, 2027', 'On 14 March 2027', []],
    ['On March 14, 2027', 'On March 15, 2027', ['date:2027-03-14>date:2027-03-15']],
    ['Release date: TBA', 'Release date: March 14, 2027', ['>date:2027-03-14']],
    ['In stock', 'Sold out', ['availability:available>availability:unavailable']],
    ['You may cancel.', 'You may not cancel.', ['>negation:not']],
    ['We may share data.', 'We will share data.', ['modality:may>modality:will']],
    ['within 30 days', 'within 60 days', ['duration:2592000>duration:5184000']],
    ['v2.10', 'v2.1', ['version:2.10>version:2.1']],
    ['grew 5%', 'grew -5%', ['percentage:5>percentage:-5']],
    ['The quick fox', 'The fast fox', ['"quick">"fast"']],
    ['One two', 'One two three', ['"">"three"']],
    ['Our web site, e-mail us', 'Our website - email us', []],
    ['“Hello” — World…', '"hello" - world...', []],
    ['same', 'same', []],
    ['Was $5 and $6', 'Was $7', ['money:5:USD>money:7:USD', 'money:6:USD>']],
  ])('%s → %s', (before, after, differences) => {
    expect(told(before, after)).toEqual(differences);
  });

  it('keeps the words around a change', () => {
    const [difference] = differencesBetween(
      'It costs you $549 for each camera',
      'It costs you $499 for each camera',
    );
    expect(difference!.hunk).toEqual({
      before: '$549',
      after: '$499',
      lead: 'It costs you',
      trail: 'for each camera',
    });
  });

  it('gives up lining up texts that have nothing in common', () => {
    const text = (word: string) =>
      Array.from({ length: 3000 }, (_, index) => `${word}${String.fromCharCode(97 + (index % 26))}`).join(
        ' ',
      );
    expect(differencesBetween(text('x'), text('y'))).toHaveLength(1);
  });
});
