/** Why nothing is told through a channel, as deliveries say it. */
export const unusable = {
  removed: 'The channel was removed.',
  pending: 'The channel is not verified.',
  /** What it missed can be told again once it is back: by this it is found. */
  disabled: 'The channel is disabled.',
} as const;
