import { sourceRequestSchema } from '@torale/contracts';
import { OutboundError, type OutboundRequest } from '@torale/outbound-http';
import { SealError, type Sealer } from '@torale/secrets';

/** How the owner of a source has it asked for; what `OutboundHttp.fetch` takes besides the URL. */
export type ChosenRequest = Pick<
  OutboundRequest,
  'method' | 'headers' | 'body' | 'cookies' | 'user_agent' | 'proxy'
>;

/**
 * What was sealed with a source; nothing for a plain GET.
 * @throws OutboundError `unsupported` when it cannot be opened: its owner has to set it again
 */
export async function openRequest(
  sealer: Sealer,
  { user_id, request_sealed }: { user_id: string; request_sealed: string | null },
): Promise<ChosenRequest> {
  if (request_sealed === null) return {};
  try {
    return sourceRequestSchema.parse(await sealer.open(user_id, request_sealed));
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    throw new OutboundError(
      'unsupported',
      'The headers, cookies and proxy of this source cannot be read any more; set its request again',
      { cause: error },
    );
  }
}
