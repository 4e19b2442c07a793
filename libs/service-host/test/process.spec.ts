import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const project = join(__dirname, '..');

class Service {
  output = '';
  readonly ended: Promise<number | null>;
  readonly child: ChildProcess;

  constructor(environment: Record<string, string>) {
    this.child = spawn(process.execPath, [join(project, 'test/fixture-service.mjs')], {
      env: { PATH: process.env['PATH'], PORT: '0', NUMBER: '7', NEEDED: 'yes', ...environment },
    });
    this.child.stdout!.on('data', (data) => (this.output += data));
    this.child.stderr!.on('data', (data) => (this.output += data));
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (this.child.exitCode !== null)
        throw new Error(`It ended without saying ${pattern}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async url(): Promise<string> {
    return (await this.says(/listens on (http:\/\/[\d.:]+)/))[1]!;
  }

  logs(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }
}

/** Resolves when a new connection is refused. */
async function refused(url: string): Promise<void> {
  const { port } = new URL(url);
  for (;;) {
    const socket = connect(Number(port), '127.0.0.1');
    const isTaken = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (!isTaken) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a service process', () => {
  let service: Service;
  const start = (environment: Record<string, string> = {}) => (service = new Service(environment));

  beforeAll(async () => {
    await promisify(execFile)(join(project, '../../node_modules/.bin/tsc'), ['--build', project]);
  }, 120_000);
  afterEach(() => service.child.kill('SIGKILL'));

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: the request in flight is answered, only then the hooks run, and it exits 0',
    async (signal) => {
      const url = await start().url();
      // A connection that is kept alive must not hold up the end.
      const agent = new Agent({ keepAlive: true });
      const answer = new Promise<string>((resolve, reject) =>
        get(`${url}/slow`, { agent }, async (response) => resolve((await response.toArray()).join(''))).on(
          'error',
          reject,
        ),
      );
      await service.says(/slow began/);
      service.child.kill(signal);
      await service.says(/finishing what is in flight/);
      await refused(url);
      expect(service.output).not.toContain('destroy');
      const begun = performance.now();
      service.child.stdin!.write('answer');
      expect(await answer).toBe('{"done":true}');
      expect(await service.ended).toBe(0);
      // Less than the twenty seconds after which it cuts off.
      expect(performance.now() - begun).toBeLessThan(10_000);
      expect(service.output).toMatch(/destroy[^]*shutdown/);
      agent.destroy();
    },
  );

  test('a request that takes too long is cut off, and the hooks still run', async () => {
    const url = await start({ SHUTDOWN_GRACE_SECONDS: '0.3' }).url();
    const answer = fetch(`${url}/slow`).catch(() => 'cut off');
    await service.says(/slow began/);
    service.child.kill('SIGTERM');
    expect(await answer).toBe('cut off');
    expect(await service.ended).toBe(0);
    expect(service.output).toMatch(/cut off/);
    expect(service.output).toMatch(/destroy[^]*shutdown/);
  });

  test('a second signal ends it at once', async () => {
    await start({ HANG: 'yes' }).url();
    service.child.kill('SIGTERM');
    await service.says(/shutdown\n/);
    service.child.kill('SIGINT');
    expect(await service.ended).toBe(130);
  });

  test('a wrong configuration: exit 1 with every fault in plain words', async () => {
    start({ NEEDED: '', NUMBER: 'long', LOG_LEVEL: 'loud', PORT: '99999' });
    expect(await service.ended).toBe(1);
    expect(service.output).toMatch(/^fixture cannot start\. The configuration is not valid:\n/);
    for (const variable of ['NEEDED', 'NUMBER', 'LOG_LEVEL', 'PORT'])
      expect(service.output).toContain(variable);
    expect(service.output).not.toMatch(/\n\s+at /);
  });

  test('a port that is taken: exit 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    start({ PORT: String((taken.address() as AddressInfo).port) });
    expect(await service.ended).toBe(1);
    expect(service.output).toContain('EADDRINUSE');
    taken.close();
  });

  test('logs are JSON lines with service, request and trace, and hold no secret', async () => {
    const url = await start().url();
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    await fetch(`${url}/log?token=s3cret-5`, {
      method: 'POST',
      headers: {
        'x-request-id': 'log-1',
        traceparent: `00-${trace}-00f067aa0ba902b7-01`,
        authorization: 'Bearer s3cret-6',
      },
    });
    await service.says(/"duration_ms".*\n/);
    const ours = service.logs().filter((line) => line['request_id'] === 'log-1');
    expect(ours).toHaveLength(4);
    for (const line of ours) expect(line).toMatchObject({ service: 'fixture', trace_id: trace });
    expect(ours[0]).toMatchObject({
      err: {
        message: 'call failed',
        code: 'E_CALL',
        stack: expect.stringContaining('fixture-service.mjs'),
        cause: { message: 'the cause' },
      },
    });
    expect(ours[2]).toMatchObject({ level: 50, err: { message: 'unforeseen', stack: expect.any(String) } });
    expect(ours[3]).toMatchObject({
      method: 'POST',
      path: '/log',
      status: 500,
      duration_ms: expect.any(Number),
    });
    expect(service.output).not.toContain('s3cret');
    expect(service.output).not.toContain('Mapped {');
  });
});
