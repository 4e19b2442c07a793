import type { Block } from '@torale/contracts';
import ICAL from 'ical.js';
import { BlockList } from './block-list.ts';
import { ExtractionError } from './extraction-error.ts';

/** The name of a calendar and one block per event, which its UID identifies. When it was written is left out. */
export function calendarBlocks(text: string, maxBlocks: number): Block[] {
  const list = new BlockList(maxBlocks);
  for (const calendar of parse(text)) {
    const name = calendar.getFirstPropertyValue('x-wr-calname');
    if (name) list.add('title', String(name));
    for (const event of calendar.getAllSubcomponents('vevent')) {
      const value = (property: string) => {
        const found = event.getFirstPropertyValue(property);
        return found === null ? '' : String(found);
      };
      const parts = [
        value('summary'),
        [readable(value('dtstart')), readable(value('dtend'))].filter(Boolean).join(' – '),
        recurrenceOf(value('rrule')),
        value('location'),
        statusOf(value('status')),
        value('description'),
      ];
      const key = [value('uid'), value('recurrence-id')].filter(Boolean).join(' ');
      list.add('feed_item', parts.filter(Boolean).join(' — '), key ? { key } : {});
    }
  }
  return list.blocks;
}

function parse(text: string): ICAL.Component[] {
  try {
    const parsed = ICAL.parse(text.replace(/^\ufeff/, '')) as unknown[];
    // One calendar is given as it is, several as a list of them.
    const calendars = typeof parsed[0] === 'string' ? [parsed] : (parsed as unknown[][]);
    return calendars.map((calendar) => new ICAL.Component(calendar as [string, unknown[], unknown[]]));
  } catch (error) {
    throw new ExtractionError('unsupported', `The calendar cannot be read: ${(error as Error).message}`);
  }
}

const readable = (time: string) => time.replace('T', ' ').replace(/(\d\d:\d\d):00/, '$1');
const recurrenceOf = (rule: string) => (rule ? `repeats ${rule}` : '');
const statusOf = (status: string) => (status === 'CONFIRMED' ? '' : status);
