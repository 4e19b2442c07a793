import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { problemSchema } from '@torale/contracts';
import { z } from 'zod';

type ResponseObject = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>[string];

const problem = {
  description: 'Problem details (RFC 9457)',
  content: {
    'application/problem+json': { schema: z.toJSONSchema(problemSchema, { target: 'openapi-3.0' }) },
  },
} as ResponseObject;

/**
 * Serves what the controllers declare at `/openapi.json`.
 * @throws at start when a schema cannot be written as JSON Schema
 */
export function useOpenApi(app: NestFastifyApplication, service: string): void {
  SwaggerModule.setup('', app, describeApi(app, service), {
    ui: false,
    raw: ['json'],
    jsonDocumentUrl: 'openapi.json',
  });
}

function describeApi(app: NestFastifyApplication, service: string): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle(`Torale ${service}`)
    .setVersion('1')
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, base);
  document.components = { ...document.components, responses: { Problem: problem } };
  for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
    if (operation?.responses) operation.responses.default = { $ref: '#/components/responses/Problem' };
  }
  return document;
}
