import { Inject, Injectable } from '@nestjs/common';
import { MESSAGE_RENDERER, type MessageRenderer, type Rendered } from '../templates/message-renderer.ts';
import { type ChannelAnswer, ChannelHttp, receiptOf, refusalOf } from './channel-http.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';
import type { FailureKind } from './delivery-failure.ts';
import { fit, jsonBytes, plainText } from './plain-text.ts';
import { settingsFor } from './settings-for.ts';

/** A message is 28 KB at most; every line costs the block around it besides. */
const maxTextBytes = 14_000;
const maxTitleBytes = 1_000;
const maxLines = 60;

/** A “When a Teams webhook request is received” workflow, which posts Adaptive Cards. */
@Injectable()
export class TeamsChannel implements DeliveryChannel {
  readonly provider = 'teams';

  constructor(
    @Inject(MESSAGE_RENDERER) private readonly renderer: MessageRenderer,
    @Inject(ChannelHttp) private readonly http: ChannelHttp,
  ) {}

  async send(message: OutgoingMessage): Promise<Receipt> {
    const { url } = settingsFor(message, 'teams');
    const rendered = await this.renderer.render('teams', message, fits);
    const answer = await this.http.postJson(url, teamsMessage(message.id, rendered));
    if (answer.ok) return receiptOf(answer);
    throw refusalOf('Microsoft Teams', answer, { kind: kindOf(answer) });
  }
}

/** A workflow that was deleted or whose URL was made anew; one that is switched off may be switched on again. */
function kindOf({ status, text }: ChannelAnswer): FailureKind | undefined {
  if (status === 404 && text.includes('WorkflowNotFound')) return 'gone';
  return status === 400 || status === 413 ? 'permanent' : undefined;
}

/** Words are text runs, in which cards know no markup; a mention would have to be among the card's entities. */
function teamsMessage(id: string, { title, text, url }: Rendered): object {
  const headline = fit(plainText(title), maxTitleBytes, jsonBytes);
  return {
    type: 'message',
    summary: headline,
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          fallbackText: headline,
          msteams: { width: 'Full' },
          body: [
            { ...line(headline, { weight: 'bolder', size: 'large' }), id },
            ...linesOf(fit(plainText(text), maxTextBytes, jsonBytes)).map((words) => line(words)),
          ],
          ...(url !== null && { actions: [{ type: 'Action.OpenUrl', title: 'Open the page', url }] }),
        },
      },
    ],
  };
}

const line = (text: string, style = {}) => ({
  type: 'RichTextBlock',
  spacing: 'small',
  inlines: [{ type: 'TextRun', text, ...style }],
});

const fits = (text: string) => jsonBytes(text) <= maxTextBytes && writtenLines(text).length <= maxLines;

const writtenLines = (text: string) => text.split('\n').filter((words) => words.trim() !== '');

function linesOf(text: string): string[] {
  const lines = writtenLines(text);
  return lines.length <= maxLines ? lines : [...lines.slice(0, maxLines - 1), '…'];
}
