import type { Evidence } from '@torale/contracts';
import type { AlertNotice, Digest, Notice, Told } from '../channels/told.ts';
import { singleLine } from '../single-line.ts';
import type { Variable } from './bounded-template.ts';
import { sideOf, wordDiff } from './word-diff.ts';

const shownEvidence = 10;
const shownInDigest = 50;

/** Addresses that belong to a message; null without PUBLIC_URL. */
export interface Links {
  publicUrl: string | null;
  unsubscribeUrl: string | null;
}

const time = (timestamp: string): string => `${timestamp.slice(0, 16).replace('T', ' ')} UTC`;
const web = (url: string): string | null => (/^https?:\/\//i.test(url) ? url : null);
const siteOf = (url: string): string => singleLine(URL.parse(url)?.host || url, 80);
const counted = (count: number, one: string): string | null =>
  count === 0 ? null : `${count} ${count === 1 ? one : `${one}s`}`;

// What templates see: single lines that were made of what is told, and lists of such. Absent is null.

export const alertVariables: readonly Variable[] = [
  { name: 'summary', description: 'What happened, in a sentence.' },
  { name: 'sentence', description: 'The query, as you wrote it.' },
  { name: 'severity', description: '`low`, `medium` or `high`.' },
  { name: 'confidence', description: 'How sure it is, such as `92 %`.' },
  { name: 'seen_at', description: 'When it was seen, UTC.' },
  { name: 'site', description: 'The host of the source.' },
  { name: 'source_url', description: 'The page that changed.' },
  { name: 'alert_url', description: 'The alert in Torale; absent where Torale has no public address.' },
  { name: 'why', description: 'Why you are told, and whether Torale goes on watching.' },
  {
    name: 'changes',
    description: `The evidence, ${shownEvidence} changes at most.`,
    items: [
      { name: 'heading', description: 'The headings above it on the page; may be absent.' },
      { name: 'before', description: 'What stood there; absent of what is new.' },
      { name: 'after', description: 'What stands there; absent of what is gone.' },
      { name: 'found', description: 'What was there from the start; absent of changes.' },
      { name: 'url', description: 'Where it is, when that is another page than the source.' },
    ],
  },
  { name: 'more', description: 'How many changes are not shown; absent when all are.' },
];

export function alertView(alert: AlertNotice, { publicUrl }: Links) {
  const changes = alert.evidence
    .slice(0, shownEvidence)
    .map((evidence) => changeView(evidence, alert.source_url));
  return {
    summary: singleLine(alert.summary, 1000),
    sentence: singleLine(alert.raw_query, 2000),
    severity: alert.severity,
    confidence: `${Math.round(alert.confidence * 100)} %`,
    seen_at: time(alert.created_at),
    site: siteOf(alert.source_url),
    source_url: singleLine(alert.source_url, 2048),
    source_link: web(alert.source_url),
    alert_url: publicUrl && `${publicUrl}/alerts/${alert.id}`,
    why: whyOf(alert),
    changes,
    more: counted(alert.evidence.length - changes.length, 'more change'),
  };
}

function changeView({ kind, before, after, path, source_url }: Evidence, alertSource: string) {
  const parts = kind === 'unchanged' ? [] : wordDiff(before, after);
  return {
    heading: singleLine(path.join(' › '), 200) || null,
    before: (before !== null && sideOf(parts, 'removed')) || null,
    after: (after !== null && sideOf(parts, 'added')) || null,
    found: kind === 'unchanged' ? singleLine(after ?? before ?? '', 600) : null,
    url: source_url === alertSource ? null : singleLine(source_url, 2048),
    link: source_url === alertSource ? null : web(source_url),
    // For HTML, which can show both sides in one.
    label: { edited: 'Changed', added: 'New', removed: 'Gone', unchanged: 'On the page' }[kind],
    parts: parts.map(({ text, change }, index) => ({
      text,
      // Where styles are lost, two numbers must not become one.
      gap: change === 'removed' && parts[index + 1]?.change === 'added',
      same: change === 'same',
      removed: change === 'removed',
      added: change === 'added',
    })),
  };
}

function whyOf({ kind, notify_behavior }: AlertNotice): string {
  const reason =
    kind === 'already_met'
      ? 'You get this because what you asked for was already true when Torale first looked.'
      : 'You get this because Torale watches this page for your sentence.';
  return notify_behavior === 'once'
    ? `${reason} You asked to be told once: Torale has stopped watching.`
    : `${reason} Torale keeps watching.`;
}

export const noticeVariables: readonly Variable[] = [
  { name: 'summary', description: 'What happened, in a sentence.' },
  { name: 'detail', description: 'What that means and what can be done about it.' },
  { name: 'kind', description: '`failing`, `recovered`, `completed` or `channel_disabled`.' },
  { name: 'sentence', description: 'The query, as you wrote it; absent for a channel.' },
  { name: 'source_url', description: 'The page that it is about; absent for queries and channels.' },
  { name: 'occurred_at', description: 'When it turned, UTC.' },
  { name: 'why', description: 'Why you are told, and how Torale goes on.' },
];

export function noticeView(notice: Notice) {
  const url = notice.source_url;
  return {
    ...noticeWords(notice),
    kind: notice.kind,
    sentence: notice.raw_query && singleLine(notice.raw_query, 2000),
    source_url: url && singleLine(url, 2048),
    source_link: url && web(url),
    occurred_at: time(notice.occurred_at),
  };
}

function noticeWords({ kind, source_url, channel, detail, occurred_at, created_at }: Notice) {
  const site = source_url ? siteOf(source_url) : 'a page';
  switch (kind) {
    case 'failing':
      return {
        summary: `Torale cannot read ${site}`,
        detail: singleLine(detail ?? 'The page could not be read.', 1000),
        why: 'You get this because the page could not be read several times in a row. Torale keeps trying, less often, and tells you once when it can be read again.',
      };
    case 'recovered':
      return {
        summary: `Torale can read ${site} again`,
        detail: `The page could not be read from ${time(occurred_at)} to ${time(created_at)}. It is compared with what was read before that.`,
        why: 'You get this because the page could not be read. Torale watches it as often as before.',
      };
    case 'completed':
      return {
        summary: 'You have been told what you asked for',
        detail:
          'You asked to be told once. Torale has stopped watching; set the query to active to be told again.',
        why: 'You get this because you want to be told of completed queries.',
      };
    case 'channel_disabled':
      return {
        summary: `Torale cannot reach you by ${singleLine(channel ?? 'a channel', 120)}`,
        detail: singleLine(detail ?? 'Every attempt has failed for days.', 1000),
        why: 'You get this because nothing is told through that channel until you verify it again.',
      };
  }
}

const without = (variables: readonly Variable[], name: string) =>
  variables.filter((variable) => variable.name !== name);

export const digestVariables: readonly Variable[] = [
  { name: 'headline', description: 'What is in it, such as `2 alerts and 1 notice`.' },
  { name: 'due_at', description: 'When it was due, UTC.' },
  {
    name: 'alerts',
    description: `The alerts, ${shownInDigest} at most, in the order in which they were raised.`,
    items: without(alertVariables, 'why'),
  },
  {
    name: 'notices',
    description: `What happened to sources, queries and channels, ${shownInDigest} at most.`,
    items: without(noticeVariables, 'why'),
  },
  { name: 'more_items', description: 'How many are not shown; absent when all are.' },
];

/**
 * Views of a digest by how many alerts and notices they show together at most, alerts first. An alert costs the
 * differences of its evidence: it is looked at once, and only if some view shows it.
 */
export function digestViews({ due_at, alerts, notices }: Digest, links: Links) {
  const seen: ReturnType<typeof alertView>[] = [];
  return (most: number) => {
    const shownAlerts = alerts.slice(0, Math.min(shownInDigest, most));
    const shownNotices = notices.slice(0, Math.min(shownInDigest, most - shownAlerts.length));
    const hidden = alerts.length + notices.length - shownAlerts.length - shownNotices.length;
    return {
      headline: [counted(alerts.length, 'alert'), counted(notices.length, 'notice')]
        .filter((count) => count !== null)
        .join(' and '),
      due_at: time(due_at),
      alerts: shownAlerts.map((alert, index) => (seen[index] ??= alertView(alert, links))),
      notices: shownNotices.map((notice) => noticeView(notice)),
      more_items: hidden > 0 ? `${hidden} more` : null,
    };
  };
}

/** The query that a message is about; null for a digest, a channel and a code. */
export function queryIdOf(told: Told): string | null {
  if (told.type === 'alert') return told.alert.user_query_id;
  return told.type === 'notice' ? told.notice.user_query_id : null;
}
