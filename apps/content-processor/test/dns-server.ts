import { createSocket } from 'node:dgram';
import { decode, encode } from 'dns-packet';

/** A DNS server on a free loopback port. It says of a name what it is told to, in turns if there are several answers. */
export async function startDnsServer(names: Record<string, string[]>) {
  const socket = createSocket('udp4');
  const asked = new Map<string, number>();
  socket.on('message', (message, { port, address }) => {
    const query = decode(message);
    const { name, type } = query.questions![0]!;
    const answers = type === 'A' ? names[name] : undefined;
    const turn = asked.get(name) ?? 0;
    if (answers) asked.set(name, turn + 1);
    const data = answers?.[turn % answers.length];
    socket.send(
      encode({
        type: 'response',
        id: query.id!,
        questions: query.questions!,
        answers: data ? [{ type: 'A', name, ttl: 0, data }] : [],
      }),
      port,
      address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    timesAsked: (name: string) => asked.get(name) ?? 0,
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}
