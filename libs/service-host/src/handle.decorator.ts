import { applyDecorators, HttpCode, RequestMapping, RequestMethod } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation, ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { BodyReading, Endpoint } from '@torale/contracts';
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';

/** What a route keeps of its endpoint for the request hooks. */
export interface EndpointRouteConfig {
  deadline_ms: number;
  body_limit_bytes: number | undefined;
  body_reading: BodyReading;
}

/**
 * Serves an endpoint of a contract: method, path, status, deadline and its OpenAPI. Take the parts it has by
 * `@Body({ schema: endpoint.body })`, `@Query({ schema: endpoint.query })`, `@Param({ schema: endpoint.params })`:
 * that validates and documents it. A streaming endpoint returns `ndjson(results)`.
 */
export function Handle(endpoint: Endpoint): MethodDecorator {
  const hasContent = !(endpoint.response instanceof z.ZodUndefined);
  return applyDecorators(
    RequestMapping({ method: RequestMethod[endpoint.method], path: endpoint.path }),
    HttpCode(endpoint.status),
    RouteConfig({
      deadline_ms: endpoint.deadline_ms,
      body_limit_bytes: endpoint.body_limit_bytes,
      body_reading: endpoint.body_reading,
    } satisfies EndpointRouteConfig),
    ApiOperation({ summary: endpoint.summary }),
    ApiProduces(endpoint.content_type),
    ApiResponse({
      status: endpoint.status,
      description: STATUS_CODES[endpoint.status],
      ...(hasContent && { standardSchema: endpoint.response }),
    }),
  );
}
