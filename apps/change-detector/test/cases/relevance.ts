import type { Case } from './case.ts';

const news = (...items: string[]) => ['# City news', ...items.map((item) => `- ${item}`)];
const old = ['The tram line 4 runs late this week.', 'A new bakery opened on Mill Street.'];

/** Real changes that are, and are not, about what the sentence asks for. */
export const relevance: Case[] = [
  { why: 'news of the subject', ask: 'Any news about the airport expansion', before: news(...old), after: news('The airport expansion is approved by the council.', ...old), verdict: 'alert', says: 'airport expansion' },
  { why: 'news of something else', ask: 'Any news about the airport expansion', before: news(...old), after: news('The swimming pool gets a new roof.', ...old), verdict: 'changed', says: 'not about' },
  { why: 'the subject in another inflection', ask: 'Any news about flood warnings', before: news(...old), after: news('Warning: the river floods the lower town.', ...old), verdict: 'alert' },
  { why: 'the heading says what it is about', ask: 'Tell me about changes to the refund policy', before: ['# Help', '## Refund policy', 'Within 14 days.', '## Shipping', 'By post.'], after: ['# Help', '## Refund policy', 'Within 30 days.', '## Shipping', 'By post.'], verdict: 'alert', says: '30 days' },
  { why: 'another section of the same page', ask: 'Tell me about changes to the refund policy', before: ['# Help', '## Refund policy', 'Within 14 days.', '## Shipping', 'By post.'], after: ['# Help', '## Refund policy', 'Within 14 days.', '## Shipping', 'By courier.'], verdict: 'changed', says: 'not about' },
  { why: 'the whole page when nothing else is said', ask: 'Tell me when https://city.example/news changes', before: news(...old), after: news('The swimming pool gets a new roof.', ...old), verdict: 'alert' },
  { why: 'a new job that fits', ask: 'New data engineer jobs', before: ['# Jobs', '- Gardener, Kiel'], after: ['# Jobs', '- Data engineer, Bremen', '- Gardener, Kiel'], verdict: 'alert', says: 'Data engineer' },
  { why: 'a new job that does not', ask: 'New data engineer jobs', before: ['# Jobs', '- Gardener, Kiel'], after: ['# Jobs', '- Night nurse, Bremen', '- Gardener, Kiel'], verdict: 'changed' },
  { why: 'noise about the subject is noise', ask: 'Any news about the airport expansion', before: ['# Airport expansion', 'Posted 3 minutes ago'], after: ['# Airport expansion', 'Posted 9 minutes ago'], verdict: 'noise' },
  { why: 'a counter that the sentence names is what is watched', ask: 'Tell me when the number of downloads changes', before: ['# Package', '1,200 downloads'], after: ['# Package', '1,300 downloads'], verdict: 'alert' },
  { why: 'the first check compares with nothing', ask: 'Any news about the airport expansion', before: null, after: news(...old), verdict: 'baseline' },
]; // prettier-ignore
