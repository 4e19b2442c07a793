/* A service as a main.ts would start it, on the built library: spawned by process.spec.ts. */
import { Controller, Get, Logger, Module, Post } from '@nestjs/common';
import { defineConfig } from '@torale/contracts';
import { bootstrap } from '@torale/service-host';
import { once } from 'node:events';
import { setInterval } from 'node:timers';
import { z } from 'zod';

const logger = new Logger('fixture');

class FixtureController {
  /** Takes until there is something to read. */
  async slow() {
    process.stdout.write('slow began\n');
    await once(process.stdin, 'data');
    return { done: true };
  }

  log() {
    const error = new Error('call failed', { cause: new Error('the cause') });
    Object.assign(error, { code: 'E_CALL', config: { headers: { Authorization: 'Bearer s3cret-1' } } });
    logger.error({ err: error });
    logger.log({
      password: 's3cret-2',
      user: { access_token: 's3cret-3' },
      headers: { deep: { cookie: 's3cret-4' } },
    });
    throw new Error('unforeseen');
  }
}
const decorate = (decorators, method) => {
  const descriptor = Object.getOwnPropertyDescriptor(FixtureController.prototype, method);
  for (const decorator of decorators) decorator(FixtureController.prototype, method, descriptor);
};
decorate([Get('slow')], 'slow');
decorate([Post('log')], 'log');
Controller()(FixtureController);

class FixtureModule {
  onModuleDestroy() {
    process.stdout.write('destroy\n');
  }

  async onApplicationShutdown() {
    process.stdout.write('shutdown\n');
    if (process.env.HANG) await new Promise(() => setInterval(() => {}, 1000));
  }
}
Module({ controllers: [FixtureController] })(FixtureModule);

await bootstrap({
  name: 'fixture',
  module: FixtureModule,
  config: [defineConfig('fixture', { NUMBER: z.coerce.number(), NEEDED: z.string() })],
});
