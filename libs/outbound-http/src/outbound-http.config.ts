import { Resolver } from 'node:dns';
import { defineConfig } from '@torale/contracts';
import { z } from 'zod';
import { parseCidr, type Cidr } from './address-policy.ts';
import { parseProxyUrl } from './proxy-url.ts';

const milliseconds = (fallback: number, description: string) =>
  z.coerce.number().int().min(10).default(fallback).meta({ description });
const bytes = (fallback: number, description: string) =>
  z.coerce.number().int().min(1024).default(fallback).meta({ description });

const proxyUrlSchema = z.string().refine((text) => {
  try {
    return parseProxyUrl(text);
  } catch {
    return false;
  }
}, 'write it as http://host:port, https://host:port or socks5://host:port');

const dnsServersSchema = z.string().transform((text, context) => {
  const servers = listOf(text);
  try {
    new Resolver().setServers(servers);
  } catch (error) {
    context.addIssue(
      `"${text}" is not a list of DNS servers such as 9.9.9.9,[::1]:53: ${(error as Error).message}`,
    );
  }
  return servers;
});

const listOf = (text: string) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const cidrListSchema = z.string().transform((text, context): Cidr[] =>
  listOf(text).flatMap((entry) => {
    try {
      return [parseCidr(entry)];
    } catch (error) {
      context.addIssue(`"${entry}" is not an address range such as 10.0.0.0/8: ${(error as Error).message}`);
      return [];
    }
  }),
);

export const outboundHttpConfig = defineConfig('outbound-http', {
  OUTBOUND_ALLOW_CIDRS: cidrListSchema.prefault('').meta({
    description:
      'Address ranges, comma-separated, that may be fetched although they are not public, such as `127.0.0.0/8`. Everything private is refused when empty.',
  }),
  OUTBOUND_PROXY_URL: proxyUrlSchema.optional().meta({
    description:
      'Proxy that every fetch goes through, `http://`, `https://` or `socks5://`, with user name and password where it wants them. Torale resolves names itself and gives it checked addresses only.',
  }),
  OUTBOUND_DNS_SERVERS: dnsServersSchema.prefault('').meta({
    description: 'DNS servers, comma-separated, to ask in place of the system about the names of sites.',
  }),
  OUTBOUND_CONNECT_TIMEOUT_MS: milliseconds(
    10_000,
    'How long a connection may take: name lookup, TCP and TLS.',
  ),
  OUTBOUND_HEADERS_TIMEOUT_MS: milliseconds(15_000, 'How long a site may take to send its headers.'),
  OUTBOUND_IDLE_TIMEOUT_MS: milliseconds(10_000, 'How long a site may fall silent within its answer.'),
  OUTBOUND_TIMEOUT_MS: milliseconds(20_000, 'How long one fetch may take in all, redirects included.'),
  OUTBOUND_MAX_HEADER_BYTES: bytes(65_536, 'Largest headers of one response.'),
  OUTBOUND_MAX_WIRE_BYTES: bytes(10_000_000, 'Largest body as it is sent, compressed or not.'),
  OUTBOUND_MAX_BYTES: bytes(10_000_000, 'Largest body after decompression.'),
  OUTBOUND_MAX_REDIRECTS: z.coerce
    .number()
    .int()
    .min(0)
    .max(50)
    .default(10)
    .meta({ description: 'Redirects followed in one fetch.' }),
  OUTBOUND_USER_AGENT: z
    .string()
    .min(1)
    .default('Mozilla/5.0 (compatible; Torale/0.1; +https://torale.dev/bot)')
    .meta({ description: 'How Torale introduces itself to the sites it fetches.' }),
});
