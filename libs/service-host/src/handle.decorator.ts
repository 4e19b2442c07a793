import { applyDecorators, HttpCode, RequestMapping, RequestMethod } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiDefaultResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { problemSchema, type Endpoint } from '@torale/contracts';
import { z } from 'zod';

/** What a route keeps of its endpoint for the request hooks. */
export interface EndpointRouteConfig {
  deadline_ms: number;
}

/**
 * Serves an endpoint of a contract: method, path, status, deadline and its OpenAPI. Take its input by
 * `@Body({ schema: endpoint.body })`, `@Query({ schema: endpoint.query })`, `@Param({ schema: endpoint.params })`:
 * that validates and documents it.
 */
export function Handle(endpoint: Endpoint): MethodDecorator {
  const hasContent = !(endpoint.response instanceof z.ZodUndefined);
  return applyDecorators(
    RequestMapping({ method: RequestMethod[endpoint.method], path: endpoint.path }),
    HttpCode(endpoint.status),
    RouteConfig({ deadline_ms: endpoint.deadline_ms } satisfies EndpointRouteConfig),
    ApiOperation({ summary: endpoint.summary }),
    ApiResponse({
      status: endpoint.status,
      description: 'Done',
      ...(hasContent && { standardSchema: endpoint.response }),
    }),
    ApiDefaultResponse({ description: 'Problem details (RFC 9457)', standardSchema: problemSchema }),
  );
}
