import { around, edit, type Case } from './case.ts';

const prose = Array.from(
  { length: 8 },
  (_, n) =>
    `Section ${n} of these terms sets out at length what the members of the society may do with the boats that it keeps at pier ${n}.`,
);
const paragraph =
  'The library lends books for four weeks. It is closed on public holidays. Children read for free.';

/** Everything that changes by itself or changes nothing. */
export const noise: Case[] = [
  { why: 'a clock', ...edit('Current time: 10:31:07', 'Current time: 10:45:09'), verdict: 'noise', says: 'a clock' },
  { why: 'when the page was made', ...edit('Last updated: 2026-11-21 10:31', 'Last updated: 2026-11-22 08:00'), verdict: 'noise' },
  { why: 'the age of a post', ...edit('Posted 3 minutes ago by Ada', 'Posted 5 hours ago by Ada'), verdict: 'noise', says: 'a time told from now' },
  { why: 'yesterday became 2 days ago', ...edit('Ada wrote yesterday', 'Ada wrote 2 days ago'), verdict: 'noise' },
  { why: 'views', ...edit('1,204 views', '1,377 views'), verdict: 'noise', says: 'a counter' },
  { why: 'likes', ...edit('Liked by 31 people · 31 likes', 'Liked by 40 people · 40 likes'), verdict: 'noise', says: 'a counter' },
  { why: 'comments', ...edit('12 comments', '15 comments'), verdict: 'noise', says: 'a counter' },
  { why: 'stars', ...edit('4,120 stars', '4,131 stars'), verdict: 'noise', says: 'a counter' },
  { why: 'followers', ...edit('98k followers', '99k followers'), verdict: 'noise', says: 'a counter' },
  { why: 'people watching', ...edit('17 people are viewing this', '23 people are viewing this'), verdict: 'noise', says: 'a counter' },
  { why: 'a request id', ...edit('Request ID: 8f14e45fceea167a', 'Request ID: c9f0f895fb98ab91'), verdict: 'noise', says: 'identifier' },
  { why: 'a UUID', ...edit('Trace 3f2504e0-4f89-41d3-9a0c-0305e82c3301', 'Trace 9b2e1c44-0f1a-4c6e-8a2b-5d6e7f8a9b0c'), verdict: 'noise', says: 'identifier' },
  { why: 'a bare session token', ...edit('c2Vzc2lvbjoxMjM0NTY3ODkw', 'c2Vzc2lvbjo5ODc2NTQzMjEw'), verdict: 'noise', says: 'identifier' },
  { why: 'the time it took', ...edit('Page generated in 0.031 seconds', 'Page generated in 0.044 seconds'), verdict: 'noise' },
  { why: 'a copyright year', ...edit('© 2026 Aurora Ltd', '© 2027 Aurora Ltd'), verdict: 'noise', says: 'copyright' },
  { why: 'a copyright line came', before: around('A line.'), after: [...around('A line.'), '© 2027 Aurora Ltd. All rights reserved.'], verdict: 'noise' },
  { why: 'recommendations', before: [...around('A line.'), '## You may also like', '- Tripod T1', '- Bag B2'], after: [...around('A line.'), '## You may also like', '- Lens L9', '- Cap C4'], verdict: 'noise', says: 'recommendations' },
  { why: 'trending', before: [...around('A line.'), '## Trending now', '- Ten cameras'], after: [...around('A line.'), '## Trending now', '- Five drones'], verdict: 'noise' },
  { why: 'an advertisement', before: [...around('A line.'), 'Sponsored: Book a cruise today'], after: [...around('A line.'), 'Sponsored: Try the new tea'], verdict: 'noise', says: 'advertisement' },
  { why: 'a section of advertisements', before: around('A line.'), after: [...around('A line.'), '## Advertisement', 'Fresh coffee at your door every morning'], verdict: 'noise' },
  { why: 'a cookie banner came', before: around('A line.'), after: [...around('A line.'), 'We use cookies. Accept all or manage your preferences.'], verdict: 'noise', says: 'cookie' },
  { why: 'a newsletter', before: around('A line.'), after: [...around('A line.'), 'Subscribe to our newsletter for updates'], verdict: 'noise', says: 'subscribe' },
  { why: 'a button of the page', before: around('A line.'), after: [...around('A line.'), 'Back to top'], verdict: 'noise', says: 'furniture' },
  { why: 'sign in', before: [...around('A line.'), 'Sign in'], after: [...around('A line.'), 'Log in'], verdict: 'noise' },
  { why: 'case', ...edit('Terms of Service', 'TERMS OF SERVICE'), verdict: 'unchanged' },
  { why: 'punctuation', ...edit('Free shipping!', 'Free shipping.'), verdict: 'unchanged' },
  { why: 'quotes and dashes', ...edit('The "quiet" mode - new', 'The “quiet” mode – new'), verdict: 'unchanged' },
  { why: 'spacing', ...edit('Two  spaces here', 'Two spaces here'), verdict: 'unchanged' },
  { why: 'a soft hyphen', ...edit('Photography', 'Photo\u00adgraphy'), verdict: 'unchanged' },
  { why: 'hyphenation', ...edit('Send us an e-mail', 'Send us an email'), verdict: 'unchanged' },
  { why: 'a number in another notation', ...edit('Price: $1,299.00', 'Price: $1,299'), verdict: 'noise', says: 'case, punctuation or spacing' },
  { why: 'a date in another notation', ...edit('Deadline: March 3, 2027', 'Deadline: 3 March 2027'), verdict: 'noise' },
  { why: 'nothing', ...edit('A line.', 'A line.'), verdict: 'unchanged' },
  { why: 'items in another order', before: ['# List', '- Anna', '- Bert', '- Cleo'], after: ['# List', '- Cleo', '- Anna', '- Bert'], verdict: 'noise', says: 'another order' },
  { why: 'a section moved', before: ['# A', 'One thing.', '# B', 'Another thing.'], after: ['# B', 'Another thing.', '# A', 'One thing.'], verdict: 'noise', says: 'another order' },
  { why: 'a paragraph was split', before: ['# Library', paragraph], after: ['# Library', 'The library lends books for four weeks.', 'It is closed on public holidays.', 'Children read for free.'], verdict: 'unchanged' },
  { why: 'paragraphs were merged', before: ['# Library', 'The library lends books for four weeks.', 'It is closed on public holidays. Children read for free.'], after: ['# Library', paragraph], verdict: 'unchanged' },
  { why: 'a line of a menu above a page of prose', before: ['Home', 'Shop', '# Terms', ...prose], after: ['Home', 'Shop', 'Careers', '# Terms', ...prose], verdict: 'noise', says: 'a menu or a footer' },
  { why: 'a line of a footer below it', before: ['# Terms', ...prose, 'Imprint'], after: ['# Terms', ...prose, 'Imprint', 'Our app'], verdict: 'noise', says: 'a menu or a footer' },
  { why: 'a build number by the copyright line', before: [...around('A line.'), 'Version 1.260.1', '© 2026 Aurora Ltd'], after: [...around('A line.'), 'Version 1.261.0', '© 2026 Aurora Ltd'], verdict: 'noise' },
  { why: 'a hidden e-mail address', ...edit('Write to [email protected] today', 'Write to ada@aurora.example today'), verdict: 'noise', says: 'e-mail' },
  { why: 'text that measures fonts', before: around('A line.'), after: [...around('A line.'), Array(40).fill('word').join(' ')], verdict: 'noise' },
  { why: 'the date of the visit', ...edit('Today is November 21, 2026', 'Today is November 22, 2026'), verdict: 'noise' },
  { why: 'several kinds of noise at once', before: [...around('1,204 views'), 'Posted 3 minutes ago', '© 2026 Aurora'], after: [...around('1,377 views'), 'Posted 9 minutes ago', '© 2027 Aurora'], verdict: 'noise', says: 'a counter' },
]; // prettier-ignore
