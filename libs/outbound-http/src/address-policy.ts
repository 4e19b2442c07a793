import ipaddr from 'ipaddr.js';

export type Cidr = [address: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number];

/** `10.0.0.0/8`, `fd00::/8`, or one address. Throws with what is wrong. */
export function parseCidr(text: string): Cidr {
  const cidr: Cidr = text.includes('/')
    ? ipaddr.parseCIDR(text)
    : [ipaddr.parse(text), text.includes(':') ? 128 : 32];
  const [address] = cidr;
  if (address.kind() === 'ipv6' && (address as ipaddr.IPv6).isIPv4MappedAddress()) {
    throw new Error('write an IPv4 range as IPv4');
  }
  return cidr;
}

/** Answers virtual machines on Azure, from within what is otherwise public address space. */
const azureWireServer = '168.63.129.16';
/** All of IPv6 that is allocated for the public internet. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether a socket may be opened to an address: public ones, and whatever lies in `allowed`.
 * @param address as `net.isIP` accepts it, without brackets; IPv4-mapped IPv6 counts as the IPv4 address it is
 */
export function isPermitted(address: string, allowed: readonly Cidr[]): boolean {
  const parsed = ipaddr.process(address);
  const named = allowed.some(([network, prefix]) => {
    return network.kind() === parsed.kind() && parsed.match([network, prefix]);
  });
  return named || isPublic(parsed);
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' ? address.toString() !== azureWireServer : address.match(globalUnicast);
}
