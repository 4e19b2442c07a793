import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TerminusModule } from '@nestjs/terminus';
import { AppError, type ConfigSlice } from '@torale/contracts';
import { SERVICE_NAME } from '@torale/service-client';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { ConfigModule } from './config.module.ts';
import { ContractValidationPipe } from './contract-validation.pipe.ts';
import { coreConfig } from './core.config.ts';
import { HealthController } from './health.controller.ts';
import { useJsonBody } from './json-body.ts';
import type { Config } from './load-config.ts';
import { loggingModule } from './logging.ts';
import { useMetrics } from './metrics.ts';
import { useOpenApi } from './open-api.ts';
import { ProblemFilter, sendProblem } from './problem.filter.ts';
import { ReadinessRegistry } from './readiness-registry.ts';
import { requestIdOf, useRequestContext } from './request-context.ts';
import { useRequestLog } from './request-log.ts';
import { TransportRegistry } from './transport-registry.ts';

const bodyLimitBytes = 1024 * 1024;
const requestTimeoutMs = 30_000;

export interface ApplicationParts {
  /** The service's name: token audience, log field, OpenAPI title. */
  name: string;
  module: Type | DynamicModule;
  slices: readonly ConfigSlice[];
  config: Config;
  /** Bound for every module. */
  providers?: Provider[];
}

@Module({})
class HostModule {}

/** The service as an initialised Nest application with everything but a port; its transports are not started. */
export async function createApplication(parts: ApplicationParts): Promise<NestFastifyApplication> {
  const { name, module, slices, config } = parts;
  const globals: Provider[] = [
    { provide: SERVICE_NAME, useValue: name },
    ReadinessRegistry,
    TransportRegistry,
    ...(parts.providers ?? []),
  ];
  const root: DynamicModule = {
    module: HostModule,
    global: true,
    imports: [
      ConfigModule.register(slices, config),
      loggingModule(name, config.of(coreConfig).LOG_LEVEL),
      TerminusModule,
      module,
    ],
    controllers: [HealthController],
    providers: globals,
    exports: globals,
  };

  const adapter = new FastifyAdapter({
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    genReqId: requestIdOf,
    // The router refuses a malformed URL before any hook or filter runs.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(new AppError('invalid_request', error.message), request, reply),
  });
  const fastify = adapter.getInstance();
  useRequestContext(fastify);
  useJsonBody(fastify);
  useRequestLog(fastify);
  useMetrics(fastify);

  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bodyParser: false,
    bufferLogs: true,
    // Nest would print an error that ends the start, and then whoever called prints it again.
    autoFlushLogs: false,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  app.flushLogs();
  app.useGlobalPipes(new ContractValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  useOpenApi(app, name);
  await app.init();
  for (const strategy of app.get(TransportRegistry).entries()) {
    app.connectMicroservice<MicroserviceOptions>({ strategy });
  }
  return app;
}
