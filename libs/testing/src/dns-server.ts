import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { decode, encode } from 'dns-packet';

/** A DNS server on a free port of 127.0.0.1 that changes its mind as it was told to. */
export class DnsServer {
  readonly #zone = new Map<string, string[][]>();
  readonly #asked = new Map<string, number>();
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (message, peer) => {
      const query = decode(message);
      const { name, type } = query.questions![0]!;
      const answers = this.#answer(name.toLowerCase(), type);
      const reply = encode({
        type: 'response',
        id: query.id!,
        // NXDOMAIN for a name that was never set.
        flags: answers ? 0 : 3,
        questions: query.questions!,
        answers: (answers ?? []).map((data) => ({ type: type as 'A', name, ttl: 0, data })),
      });
      socket.send(reply, peer.port, peer.address);
    });
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket);
  }

  /** As OUTBOUND_DNS_SERVERS takes it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** What is answered from now on: one list of addresses a question, the last for ever. */
  set(name: string, ...answers: string[][]): void {
    this.#zone.set(name, answers);
    this.#asked.clear();
  }

  /** How often the addresses of a name were asked for. */
  asked(name: string): number {
    return this.#asked.get(`${name} A`) ?? 0;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(name: string, type: string): string[] | undefined {
    const answers = this.#zone.get(name);
    if (!answers) return undefined;
    const key = `${name} ${type}`;
    const asked = this.#asked.get(key) ?? 0;
    this.#asked.set(key, asked + 1);
    const current = answers[Math.min(asked, answers.length - 1)]!;
    return current.filter((address) => isIPv6(address) === (type === 'AAAA'));
  }
}
