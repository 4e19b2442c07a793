import type { Severity } from '@torale/contracts';

const colours: Record<Severity, number> = { high: 0xc62828, medium: 0xef8f00, low: 0x1f5fbf };

/** 24-bit RGB; grey for what has no severity. */
export const colourOf = (severity: Severity | null): number => (severity ? colours[severity] : 0x5f6b7a);
