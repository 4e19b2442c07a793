import { z } from 'zod';
import { httpUrlSchema } from './common.ts';
import { defineContract, defineEndpoint, type ServiceApi } from './endpoint.ts';
import { sourceKindSchema, sourceOriginSchema } from './monitored-source.ts';

export const discoverRequestSchema = z
  .strictObject({ raw_query: z.string().min(1).max(5000), condition: z.string().max(2000).nullable() })
  .meta({ id: 'DiscoverRequest' });
export type DiscoverRequest = z.infer<typeof discoverRequestSchema>;

export const discoveredSourceSchema = z
  .object({
    url: httpUrlSchema,
    kind: sourceKindSchema,
    title: z.string().nullable(),
    origin: sourceOriginSchema,
    reason: z.string(),
  })
  .meta({ id: 'DiscoveredSource' });
export type DiscoveredSource = z.infer<typeof discoveredSourceSchema>;

export const discoverResponseSchema = z
  .object({
    refined_query: z.string().nullable(),
    condition: z
      .string()
      .nullable()
      .meta({ description: 'The condition as given, or as the model read it out of the sentence.' }),
    sources: z.array(discoveredSourceSchema).min(1).max(10),
  })
  .meta({ id: 'DiscoverResponse' });
export type DiscoverResponse = z.infer<typeof discoverResponseSchema>;

/** Sentence → sources. Fails with `no_sources_found` and what to do when nothing is found. */
export const discoveryContract = defineContract('discovery', {
  discover: defineEndpoint({
    method: 'POST',
    path: '/discover',
    summary: 'Find the pages worth watching for a sentence',
    body: discoverRequestSchema,
    response: discoverResponseSchema,
    deadline_ms: 25_000,
  }),
});
export type DiscoveryApi = ServiceApi<typeof discoveryContract>;
export const DISCOVERY_API = Symbol.for('torale.DiscoveryApi');
