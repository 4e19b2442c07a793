import type { SourceRequest, SourceRequestSummary, SourceSettings } from '@torale/contracts';
import type { Sealer } from '@torale/secrets';

/** Settings as columns of monitored_sources; those that were not named are left out. */
export type StoredSettings = Omit<SourceSettings, 'request'> & {
  request?: SourceRequestSummary | null;
  request_sealed?: string | null;
};

/** Takes apart what is shown of a request and what is sealed. */
export async function storeSettings(
  { request, ...settings }: SourceSettings,
  sealer: Sealer,
  ownerId: string,
): Promise<StoredSettings> {
  if (request === undefined) return settings;
  if (request === null) return { ...settings, request: null, request_sealed: null };
  return { ...settings, request: summaryOf(request), request_sealed: await sealer.seal(ownerId, request) };
}

const summaryOf = (request: SourceRequest): SourceRequestSummary => ({
  method: request.method,
  header_names: Object.keys(request.headers),
  cookie_names: Object.keys(request.cookies),
  user_agent: request.user_agent ?? null,
  has_body: request.body !== undefined,
  has_proxy: request.proxy !== undefined,
});
