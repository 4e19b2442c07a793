import { z } from 'zod';
import {
  changeDetectorContract,
  contentProcessorContract,
  createUserQuerySchema,
  discoveryContract,
  gatewayContract,
  notificationsContract,
  updateUserQuerySchema,
  type ServiceContract,
} from './index.ts';

const contracts: ServiceContract[] = [
  gatewayContract,
  discoveryContract,
  contentProcessorContract,
  changeDetectorContract,
  notificationsContract,
];

describe.each(contracts.map((contract) => [contract.name, contract] as const))(
  'the contract of %s',
  (_, contract) => {
    const endpoints = Object.entries(contract.endpoints);

    test('has no two endpoints on one method and path', () => {
      const routes = endpoints.map(([, { method, path }]) => `${method} ${path.replace(/:\w+/g, ':')}`);
      expect(new Set(routes).size).toBe(routes.length);
    });

    test.each(endpoints)('%s declares exactly the parameters of its path', (_name, { path, params }) => {
      const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
      const declared = params instanceof z.ZodObject ? Object.keys(params.shape) : [];
      expect(declared.sort()).toEqual(inPath.sort());
    });

    test.each(endpoints)('%s is JSON from end to end', (_name, { body, response }) => {
      for (const schema of [body, response]) {
        if (schema instanceof z.ZodUndefined) continue;
        expect(() => z.toJSONSchema(schema, { io: 'output' })).not.toThrow();
      }
    });
  },
);

test('every public path is under /api/v1, or where a standard says that it is', () => {
  for (const { path } of Object.values(gatewayContract.endpoints)) {
    expect(path).toMatch(/^\/(api\/v1|\.well-known)\//);
  }
});

test('a new sentence is notified once unless it says otherwise, and when it is checked is not said here', () => {
  expect(createUserQuerySchema.parse({ raw_query: '  tell me when it rains ' })).toEqual({
    raw_query: 'tell me when it rains',
    notify_behavior: 'once',
  });
});

test('fields that are not ours to set, and changes that change nothing, are refused', () => {
  expect(createUserQuerySchema.safeParse({ raw_query: 'abc', status: 'active' }).success).toBe(false);
  expect(updateUserQuerySchema.safeParse({}).success).toBe(false);
  expect(updateUserQuerySchema.safeParse({ status: 'completed' }).success).toBe(false);
});
