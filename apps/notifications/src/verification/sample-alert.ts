import { randomUUID } from 'node:crypto';
import type { AlertNotice } from '../channels/told.ts';

/** What a channel is tried with. It says so, and names nothing that is anyone's. */
export function sampleAlert(): AlertNotice {
  const source_url = 'https://example.com/product';
  return {
    id: randomUUID(),
    user_query_id: randomUUID(),
    kind: 'change',
    severity: 'medium',
    summary: 'This is a sample: the price dropped from $549 to $499.',
    evidence: [{ kind: 'edited', before: 'Price: $549', after: 'Price: $499', path: [], source_url }],
    source_url,
    confidence: 1,
    created_at: new Date().toISOString(),
    raw_query: 'A sample: tell me when the price drops',
    notify_behavior: 'always',
  };
}
