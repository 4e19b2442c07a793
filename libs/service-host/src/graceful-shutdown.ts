import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { TransportRegistry } from './transport-registry.ts';

/**
 * How long the shutdown hooks may take once the last request is answered. With the grace that is the default it ends
 * before Kubernetes kills, which is 30 s after the signal.
 */
const hooksMs = 8_000;

/**
 * On SIGTERM or SIGINT: takes no new connections and no new messages, lets requests and messages in flight finish for
 * `graceMs`, only then runs Nest's shutdown hooks (so that none of them loses its database), and exits 0. A second
 * signal exits at once.
 */
export function stopOnSignals(app: NestFastifyApplication, graceMs: number): void {
  const logger = new Logger('shutdown');
  let stopping = false;

  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(128 + constants.signals[signal]);
    stopping = true;
    logger.log(`${signal}: finishing what is in flight`);
    setTimeout(() => {
      logger.error('The shutdown hooks hang; leaving');
      process.exit(1);
    }, graceMs + hooksMs).unref();
    // A connection kept alive is idle only once its request is answered, and would then be waited for.
    setInterval(() => app.getHttpServer().closeIdleConnections(), 100).unref();
    try {
      await Promise.all([closeHttp(), closeTransports()]);
      await app.close();
      process.exit(0);
    } catch (error) {
      logger.error({ err: error });
      process.exit(1);
    }
  };
  const closeHttp = async () => {
    const cutOff = delay(graceMs, 'cut off', { ref: false });
    if ((await Promise.race([app.getHttpAdapter().getInstance().close(), cutOff])) === 'cut off') {
      logger.warn(`Requests still ran after ${graceMs} ms and are cut off`);
      app.getHttpServer().closeAllConnections();
    }
  };
  // Each knows the grace by itself: what it gives back at its end is its own business.
  const closeTransports = () =>
    Promise.all(
      app
        .get(TransportRegistry)
        .entries()
        .map(async (transport) => transport.close()),
    );

  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
