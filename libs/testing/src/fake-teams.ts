import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { jsonObjectOf, LoopbackServer, type LoopbackRequest, sendJson } from './loopback-server.ts';

interface CardElement {
  type: string;
  text?: string;
  inlines?: { type: string; text: string }[];
}
export interface AdaptiveCard {
  type: string;
  version: string;
  body: CardElement[];
  actions?: { type: string; title: string; url?: string }[];
  msteams?: { entities?: object[] };
}

type Failure = 'deleted' | 'switched_off' | 'rate_limited' | 'unavailable' | 'hang';
const maxBytes = 28 * 1024;
const signature = 'aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgHiJkLmNoPq';

/**
 * A Teams workflow that is started by a webhook, on loopback: what it refuses, and what Teams would make of a card.
 * https://learn.microsoft.com/connectors/teams/#microsoft-teams-webhook
 */
export class FakeTeams extends LoopbackServer {
  /** Those that were posted. */
  readonly cards: AdaptiveCard[] = [];
  /** The words of each, a line for each element. */
  readonly shown: string[] = [];
  /** Everything in them that Teams would make a mention, a link or markup. */
  readonly marked: string[] = [];
  readonly #script: Failure[] = [];

  static start(): Promise<FakeTeams> {
    return new FakeTeams().listen();
  }

  get url(): string {
    return `${this.origin}/workflows/0f8fad5bd9cb469fa16570867728950e/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${signature}`;
  }

  failNext(...failures: Failure[]): void {
    this.#script.push(...failures);
  }

  protected answer({ url, body }: LoopbackRequest, response: ServerResponse): void {
    const refuse = (status: number, code: string, message: string, headers = {}) =>
      sendJson(response, status, { error: { code, message } }, headers);
    if (url.searchParams.get('sig') !== signature) {
      return refuse(
        401,
        'DirectApiAuthorizationRequired',
        'The request must be authenticated only by Shared Access scheme.',
      );
    }
    switch (this.#script.shift()) {
      case 'hang':
        return;
      case 'deleted':
        return refuse(404, 'WorkflowNotFound', "The workflow '0f8fad5b' could not be found.");
      case 'switched_off':
        return refuse(400, 'WorkflowTriggerIsNotEnabled', "The workflow trigger 'manual' is not enabled.");
      case 'rate_limited':
        return refuse(429, 'WorkflowRunActionThrottled', 'Too many requests.', { 'retry-after': '7' });
      case 'unavailable':
        return refuse(503, 'ServerUnavailable', 'The server is busy.');
    }
    if (body.length > maxBytes)
      return refuse(413, 'RequestEntityTooLarge', 'The message is larger than 28 KB.');
    const card = cardOf(body);
    if (!card) return refuse(400, 'TriggerInputSchemaMismatch', 'The input does not match the schema.');
    this.cards.push(card);
    this.shown.push(
      card.body
        .map(({ text, inlines = [] }) => text ?? inlines.map((inline) => inline.text).join(''))
        .join('\n'),
    );
    this.marked.push(...markedIn(card));
    response.writeHead(202, { 'x-ms-workflow-run-id': randomUUID() }).end();
  }
}

function cardOf(body: Buffer): AdaptiveCard | undefined {
  const message = jsonObjectOf(body) as
    { type?: string; attachments?: { contentType?: string; content?: AdaptiveCard }[] } | undefined;
  const [attachment, ...others] = message?.attachments ?? [];
  const card = attachment?.content;
  const valid =
    message?.type === 'message' &&
    others.length === 0 &&
    attachment?.contentType === 'application/vnd.microsoft.card.adaptive' &&
    card?.type === 'AdaptiveCard' &&
    /^1\.[0-5]$/.test(card.version) &&
    card.body.length > 0 &&
    card.body.every(
      ({ type, text, inlines }) =>
        (type === 'TextBlock' && typeof text === 'string') ||
        (type === 'RichTextBlock' &&
          inlines?.length &&
          inlines.every((inline) => inline.type === 'TextRun' && typeof inline.text === 'string')),
    ) &&
    (card.actions ?? []).every(({ type, url }) => type === 'Action.OpenUrl' && URL.canParse(url ?? ''));
  return valid ? card : undefined;
}

/** Text blocks know a part of Markdown; text runs know nothing. A mention needs its entity. */
function markedIn({ body, msteams }: AdaptiveCard): string[] {
  return [
    ...(msteams?.entities ?? []).map((entity) => JSON.stringify(entity)),
    ...body.flatMap(({ type, text = '' }) =>
      type === 'TextBlock' ? (text.match(/\*[^*]+\*|_[^_]+_|\[[^\]]+\]\([^)]+\)|^[-\d] /gm) ?? []) : [],
    ),
  ];
}
