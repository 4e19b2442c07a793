import { withoutBrackets } from './gate.ts';
import { OutboundError } from './outbound-http.ts';

const defaultPorts: Record<string, number> = { 'http:': 80, 'https:': 443, 'socks5:': 1080 };

export interface ProxyAddress {
  protocol: 'http:' | 'https:' | 'socks5:';
  /** Without brackets. */
  hostname: string;
  port: number;
  username: string;
  password: string;
}

/** Throws OutboundError `unsupported`; its message never repeats the URL, which may hold a password. */
export function parseProxyUrl(text: string): ProxyAddress {
  // The URL standard normalises hosts of schemes that it knows only; `socks5h` is what curl calls our only way.
  const socks = /^socks(5|5h)?:/i.test(text);
  const url = URL.parse(socks ? text.replace(/^[^:]+:/, 'http:') : text);
  const protocol = socks ? 'socks5:' : url?.protocol;
  if (!url || (protocol !== 'http:' && protocol !== 'https:' && protocol !== 'socks5:')) {
    throw new OutboundError(
      'unsupported',
      'The address of a proxy begins with http://, https:// or socks5://',
    );
  }
  return {
    protocol,
    hostname: withoutBrackets(url.hostname),
    port: Number(url.port) || defaultPorts[protocol]!,
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}
