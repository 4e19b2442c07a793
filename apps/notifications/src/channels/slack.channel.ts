import { Inject, Injectable } from '@nestjs/common';
import { MESSAGE_RENDERER, type MessageRenderer, type Rendered } from '../templates/message-renderer.ts';
import { type ChannelAnswer, ChannelHttp, receiptOf, refusalOf } from './channel-http.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';
import type { FailureKind } from './delivery-failure.ts';
import { fit, plainText } from './plain-text.ts';
import { settingsFor } from './settings-for.ts';

// https://docs.slack.dev/reference/block-kit
const maxHeader = 150;
const maxSection = 3000;
const maxFallback = 1000;

/** Answers of https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks that no message gets past. */
const gone = [
  'channel_is_archived',
  'channel_not_found',
  'invalid_token',
  'no_active_hooks',
  'no_service',
  'no_team',
  'team_disabled',
  'user_not_found',
];

const fits = (text: string) => text.length <= maxSection;

/** An incoming webhook of Slack, or of a chat that speaks the same. */
@Injectable()
export class SlackChannel implements DeliveryChannel {
  readonly provider = 'slack';

  constructor(
    @Inject(MESSAGE_RENDERER) private readonly renderer: MessageRenderer,
    @Inject(ChannelHttp) private readonly http: ChannelHttp,
  ) {}

  async send(message: OutgoingMessage): Promise<Receipt> {
    const { url } = settingsFor(message, 'slack');
    const rendered = await this.renderer.render('slack', message, fits);
    const answer = await this.http.postJson(url, slackMessage(message.id, rendered));
    if (answer.ok) return receiptOf(answer);
    throw refusalOf('Slack', answer, { kind: kindOf(answer) });
  }
}

function kindOf({ status, text }: ChannelAnswer): FailureKind | undefined {
  if (gone.includes(text.trim())) return 'gone';
  return status === 400 || status === 413 ? 'permanent' : undefined;
}

/** Words are plain text objects, in which Slack looks for nothing; the link is the only mrkdwn. */
function slackMessage(id: string, { title, text, url }: Rendered): object {
  const plain = (words: string, max: number) => ({
    type: 'plain_text',
    text: fit(plainText(words), max),
    emoji: false,
  });
  return {
    // What notifications show.
    text: escapeMrkdwn(fit(plainText(title), maxFallback)),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', block_id: id, text: plain(title, maxHeader) },
      { type: 'section', text: plain(text, maxSection) },
      ...(url === null
        ? []
        : [
            {
              type: 'section',
              text: { type: 'mrkdwn', verbatim: true, text: `<${linkTarget(url)}|Open the page>` },
            },
          ]),
    ],
  };
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escapeMrkdwn = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A URL that cannot end its own link. */
const linkTarget = (url: string) =>
  escapeMrkdwn(new URL(url).href.replaceAll('|', '%7C').replaceAll(' ', '%20'));
