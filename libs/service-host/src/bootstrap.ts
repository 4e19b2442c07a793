import { Logger, type DynamicModule, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { StartError, type ConfigSlice } from '@torale/contracts';
import { coreConfig } from './core.config.ts';
import { createApplication } from './create-application.ts';
import { stopOnSignals } from './graceful-shutdown.ts';
import { loadConfig } from './load-config.ts';

export interface BootstrapOptions {
  /** The service's name, as in its contract. */
  name: string;
  module: Type | DynamicModule;
  /** What the service reads of the environment; `coreConfig` is always added. */
  config: readonly ConfigSlice[];
  environment?: NodeJS.ProcessEnv;
  /** Port when PORT is not set. */
  port?: number;
}

/**
 * Runs a service until SIGTERM or SIGINT. Ends the process with code 1 and a plain message when the
 * configuration is wrong or the service cannot start.
 */
export async function bootstrap(options: BootstrapOptions): Promise<NestFastifyApplication> {
  try {
    return await start(options);
  } catch (error) {
    console.error(`${options.name} cannot start.`, error instanceof StartError ? error.message : error);
    process.exit(1);
  }
}

async function start({ name, module, config: slices, environment = process.env, port }: BootstrapOptions) {
  const allSlices = [coreConfig, ...slices];
  const config = loadConfig(allSlices, environment);
  const core = config.of(coreConfig);
  const app = await createApplication({ name, module, slices: allSlices, config });
  stopOnSignals(app, core.SHUTDOWN_GRACE_SECONDS * 1000);
  await listen(app, core.HOST, core.PORT ?? port ?? 0);
  await app.startAllMicroservices();
  new Logger('bootstrap').log(`${name} listens on ${await app.getUrl()}`);
  return app;
}

async function listen(app: NestFastifyApplication, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new StartError(`Port ${port} of ${host} is already in use; stop what listens there or set PORT.`);
  }
}
