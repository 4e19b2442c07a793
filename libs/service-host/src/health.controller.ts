import { Controller, Get, Inject, Optional, Res, ServiceUnavailableException } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { REMOTE_SERVICES, type RemoteService } from '@torale/service-client';
import type { FastifyReply } from 'fastify';
import { ReadinessRegistry } from './readiness-registry.ts';

const checkTimeoutMs = 2_000;

@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(ReadinessRegistry) private readonly registry: ReadinessRegistry,
    @Optional() @Inject(REMOTE_SERVICES) private readonly remotes: RemoteService[] | null,
  ) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 503 when something is down that this process cannot work without; the body names it and says why. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    const own = this.registry.entries().map(([name, check]) =>
      this.indicators
        .check(name)
        .attempt(({ signal }) => check(signal).then(() => undefined))
        .withTimeout(checkTimeoutMs),
    );
    const remote = (this.remotes ?? []).map((service) => () => this.checkRemote(service));
    try {
      return await this.health.check([...own, ...remote]);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      reply.code(503);
      return error.getResponse() as HealthCheckResult;
    }
  }

  /** Without one remote service the rest keeps working, so its absence degrades and does not take down. */
  private async checkRemote({ name, ping }: RemoteService): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    try {
      await ping(AbortSignal.timeout(checkTimeoutMs));
      return indicator.up();
    } catch (error) {
      return indicator.degraded(error instanceof Error ? error.message : String(error));
    }
  }
}
