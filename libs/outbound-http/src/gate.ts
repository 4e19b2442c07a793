import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPermitted, type Cidr } from './address-policy.ts';
import { badPorts } from './bad-ports.ts';
import { OutboundError } from './outbound-http.ts';
import type { ResolveName } from './resolve-name.ts';

/** Decides where a socket may lead. Every road out of Torale to an address that a user chose asks here. */
export class Gate {
  readonly #allowed: readonly Cidr[];
  readonly #resolveName: ResolveName;

  constructor(allowed: readonly Cidr[], resolveName: ResolveName) {
    this.#allowed = allowed;
    this.#resolveName = resolveName;
  }

  /**
   * The URL in its normal form: Unicode hosts as their ASCII form, every spelling of an IPv4 address as four numbers,
   * no fragment. Throws OutboundError for a scheme, a port, a user name or an IP literal that is refused; names are
   * checked by `addressesOf`.
   */
  checkUrl(text: string, base?: URL): URL {
    const url = URL.parse(text, base?.href);
    if (!url) throw new OutboundError('unsupported', `"${text}" is not a URL`);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new OutboundError(
        'unsupported',
        `The scheme "${url.protocol}" is not supported, only http and https`,
      );
    }
    if (url.username !== '' || url.password !== '') {
      throw refused('The address holds a user name or a password');
    }
    if (url.port !== '') this.checkPort(Number(url.port));
    const literal = withoutBrackets(url.hostname);
    if (isIP(literal) !== 0) this.#assertPermitted(literal);
    // Never sent anyway; without it a redirect back to the same page is seen as what it is.
    url.hash = '';
    return url;
  }

  checkPort(port: number): void {
    if (badPorts.has(port)) throw refused(`Port ${port} is not one of the web`);
  }

  /**
   * The permitted addresses of a name or an IP literal, at least one. Whoever connects must connect to one of them
   * and not resolve the name again.
   * @param hostname as in a URL
   */
  async addressesOf(hostname: string): Promise<LookupAddress[]> {
    const literal = withoutBrackets(hostname);
    const family = isIP(literal);
    if (family !== 0) {
      this.#assertPermitted(literal);
      return [{ address: literal, family }];
    }
    const permitted = (await this.#resolveName(hostname)).filter(({ address }) =>
      isPermitted(address, this.#allowed),
    );
    if (permitted.length === 0) throw refused(`${hostname} has no public address`);
    return permitted;
  }

  /** `addressesOf` as the option of net.connect; net.connect does not ask it about IP literals. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.addressesOf(hostname).then(
      (addresses) => {
        const [{ address, family }] = addresses as [LookupAddress];
        if (options.all) callback(null, addresses);
        else callback(null, address, family);
      },
      (error: Error) => callback(error, ''),
    );
  };

  #assertPermitted(address: string): void {
    if (!isPermitted(address, this.#allowed)) throw refused(`${address} is not a public address`);
  }
}

const refused = (message: string) => new OutboundError('address_refused', message);

/** A host of a URL as net.connect and net.isIP take it. */
export const withoutBrackets = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
