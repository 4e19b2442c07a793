import { createHash } from 'node:crypto';
import type {
  ChannelKind,
  CreateChannel,
  NotificationChannel,
  SealedChannelSettings,
} from '@torale/contracts';

/** A channel as it is stored. */
export interface NewChannel {
  kind: ChannelKind;
  name: string | null;
  is_default: boolean | undefined;
  /** Where it leads, without what is secret in it. The same place is the same text. */
  target: string;
  settings: NotificationChannel['settings'];
  /** Null for e-mail. */
  secrets: SealedChannelSettings | null;
  /** The address that Torale would call, under the name of its field. */
  address: { path: string; url: string } | null;
}

/** Takes apart what is shown of a channel and what is sealed. */
export function channelOf({ name, is_default, ...channel }: CreateChannel): NewChannel {
  return { kind: channel.kind, name: name ?? null, is_default, ...placeOf(channel) };
}

type Place = Pick<NewChannel, 'target' | 'settings' | 'secrets' | 'address'>;

function placeOf(channel: CreateChannel): Place {
  const settings = {};
  switch (channel.kind) {
    case 'email':
      return { target: channel.address, settings, secrets: null, address: null };
    case 'webhook': {
      const { kind, url, headers = {}, http_message_signatures = false } = channel;
      return {
        target: url,
        settings: { header_names: Object.keys(headers), http_message_signatures },
        secrets: { kind, headers },
        address: { path: 'url', url },
      };
    }
    case 'slack':
    case 'discord':
    case 'teams': {
      const { kind, url } = channel;
      return { target: shortened(url), settings, secrets: { kind, url }, address: { path: 'url', url } };
    }
    case 'telegram': {
      const { kind, bot_token, chat_id } = channel;
      return { target: chat_id, settings, secrets: { kind, bot_token, chat_id }, address: null };
    }
    case 'ntfy': {
      const { kind, server, topic, token = null } = channel;
      const url = server.replace(/\/+$/, '');
      return {
        target: `${withoutScheme(url)}/${topic}`,
        settings,
        secrets: { kind, server: url, topic, token },
        address: { path: 'server', url },
      };
    }
    case 'web_push': {
      const { kind, subscription } = channel;
      return {
        target: `${new URL(subscription.endpoint).host} ${fingerprint(subscription.endpoint)}`,
        settings,
        secrets: { kind, ...subscription },
        address: { path: 'subscription.endpoint', url: subscription.endpoint },
      };
    }
  }
}

const withoutScheme = (url: string) => url.replace(/^https?:\/\//i, '');

/** Who knows the whole of such a URL can post. Its secret is its longest word, whose end is enough to recognise it by. */
function shortened(url: string): string {
  const words = url.match(/[\w-]+/g) ?? [];
  const secret = words.reduce((longest, word) => (word.length > longest.length ? word : longest), '');
  return `${new URL(url).host}/…${secret.slice(-4)}`;
}

const fingerprint = (secret: string) => createHash('sha256').update(secret).digest('hex').slice(0, 8);
