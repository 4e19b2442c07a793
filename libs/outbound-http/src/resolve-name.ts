import { promises as dns, type LookupAddress } from 'node:dns';

/** All addresses of a name. What it answers is filtered, so a replacement opens nothing that is closed. */
export type ResolveName = (hostname: string) => Promise<LookupAddress[]>;

const queryTimeoutMs = 3_000;
const queryTries = 2;

/** As every program of the system resolves names, its hosts file included. */
const resolveBySystem: ResolveName = (hostname) => dns.lookup(hostname, { all: true });

/**
 * Asks these DNS servers directly, for A and AAAA at once.
 * @param servers addresses with an optional port, `[::1]:53`
 */
function resolveByServers(servers: readonly string[]): ResolveName {
  const resolver = new dns.Resolver({ timeout: queryTimeoutMs, tries: queryTries });
  resolver.setServers(servers);
  return async (hostname) => {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
    return [
      ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
      ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
    ];
  };
}

/** @param servers the system's way when empty */
export const resolverOf = (servers: readonly string[]): ResolveName =>
  servers.length > 0 ? resolveByServers(servers) : resolveBySystem;
