import type { SealedChannelSettings } from '@torale/contracts';
import type { OutgoingMessage } from './delivery-channel.ts';

type SettingsOf<Kind> = SealedChannelSettings extends infer Settings
  ? Settings extends { kind: infer Kinds }
    ? Kind extends Kinds
      ? Settings
      : never
    : never
  : never;

/** The settings of a message to a channel of this kind. */
export function settingsFor<Kind extends SealedChannelSettings['kind']>(
  { settings, channel_id }: OutgoingMessage,
  kind: Kind,
): SettingsOf<Kind> {
  if (settings?.kind !== kind) throw new Error(`Channel ${channel_id} has no settings of the kind ${kind}`);
  return settings as SettingsOf<Kind>;
}
