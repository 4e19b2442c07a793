import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  AppError,
  CHANGE_DETECTOR_API,
  type ChangeDetectorApi,
  CONTENT_PROCESSOR_API,
  type ContentProcessorApi,
  DISCOVERY_API,
  type DiscoveryApi,
  type Endpoint,
  gatewayContract,
  NOTIFICATIONS_API,
  type NotificationsApi,
  type Problem,
  problemSchema,
  type TemplateGuide,
} from '@torale/contracts';
import { USER_DATABASE } from '@torale/database';
import { outboundHttpConfig, OutboundHttpModule } from '@torale/outbound-http';
import { createTestApplication } from '@torale/service-host';
import { createLinkSigner, createSealer, LINK_SIGNER, SEALER } from '@torale/secrets';
import { createTestDatabase, type TestDatabase, type TestUser } from '@torale/testing';
import { Module } from '@nestjs/common';
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type GenerateKeyPairResult,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';
import type { z } from 'zod';
import { ACCESS_TOKEN_KEYS, gatewayConfig, GatewayHttpModule } from '../src/index.ts';

type Endpoints = typeof gatewayContract.endpoints;
export type EndpointName = keyof Endpoints;

export const SUPABASE_URL = 'https://project.supabase.test';
/** What the gateway seals with. */
export const secretsKey = new Uint8Array(32).fill(7);
export const ISSUER = `${SUPABASE_URL}/auth/v1`;

const words = { title: 'Title', text: 'Text' };
const noTemplates: TemplateGuide = {
  defaults: { alert: words, notice: words, digest: words },
  variables: { alert: [], notice: [], digest: [] },
};

export interface CallInput {
  params?: Record<string, string>;
  query?: Record<string, string | number>;
  body?: unknown;
}
export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** Calls endpoints over HTTP with fixed credentials, and holds every answer against the contract. */
export class Api {
  constructor(
    readonly baseUrl: string,
    readonly headers: Record<string, string>,
  ) {}

  /** Expects a success. */
  async ok<Name extends EndpointName>(
    name: Name,
    input: CallInput = {},
  ): Promise<Answer<z.output<Endpoints[Name]['response']>>> {
    const { text, ...answer } = await this.send(name, input);
    if (answer.status >= 400) throw new Error(`${name} answered ${answer.status}: ${text}`);
    const body = text === '' ? undefined : JSON.parse(text);
    const { response } = gatewayContract.endpoints[name] as Endpoint;
    return { ...answer, body: response.parse(body) as z.output<Endpoints[Name]['response']> };
  }

  /** Expects a problem. */
  async problem(name: EndpointName, input: CallInput = {}): Promise<Problem> {
    const { status, headers, text } = await this.send(name, input);
    if (status < 400) throw new Error(`${name} answered ${status}: ${text}`);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const problem = problemSchema.parse(JSON.parse(text));
    expect(problem.status).toBe(status);
    return problem;
  }

  private async send(name: EndpointName, { params = {}, query = {}, body }: CallInput) {
    const { method, path } = gatewayContract.endpoints[name] as Endpoint;
    const url = new URL(
      path.replace(/:(\w+)/g, (_, key: string) => params[key] ?? `:${key}`),
      this.baseUrl,
    );
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value));
    const response = await fetch(url, {
      method,
      headers: { ...this.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}

export interface GatewayHarness {
  db: TestDatabase;
  app: NestFastifyApplication;
  url: string;
  /** What the scripted discovery service answers; set it per test. */
  discovery: { discover: jest.MockedFunction<DiscoveryApi['discover']> };
  /** The same of the other services, as far as the gateway calls them; nobody reads sentences until a test says so. */
  contentProcessor: jest.Mocked<Pick<ContentProcessorApi, 'scrape' | 'getSnapshot'>>;
  changeDetector: jest.Mocked<Pick<ChangeDetectorApi, 'conditionState' | 'read'>>;
  /** Sends a code to whatever it is asked to verify, until a test says otherwise. */
  notifications: jest.Mocked<
    Pick<
      NotificationsApi,
      | 'startVerification'
      | 'confirmVerification'
      | 'testChannel'
      | 'webPushKey'
      | 'replay'
      | 'signingKeys'
      | 'templateGuide'
      | 'checkTemplates'
      | 'previewTemplate'
      | 'recordSendGridEvents'
    >
  >;
  keyPair: GenerateKeyPairResult;
  /** The claims of an access token as Supabase issues it. */
  claims(user: TestUser): JWTPayload;
  sign(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** A new user and their API. */
  newUser(): Promise<{ user: TestUser; api: Api }>;
  close(): Promise<void>;
}

/** The gateway on a database of its own. Keys, discovery and change-detector are the test's, everything else is real. */
export async function startGateway(environment: Record<string, string> = {}): Promise<GatewayHarness> {
  const db = await createTestDatabase();
  const keyPair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(keyPair.publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' };
  const discovery = {
    discover: jest.fn<ReturnType<DiscoveryApi['discover']>, Parameters<DiscoveryApi['discover']>>(),
  };
  const contentProcessor = { scrape: jest.fn(), getSnapshot: jest.fn() };
  const changeDetector = {
    conditionState: jest.fn(),
    read: jest
      .fn<ReturnType<ChangeDetectorApi['read']>, Parameters<ChangeDetectorApi['read']>>()
      .mockRejectedValue(new AppError('service_unavailable')),
  };
  const notifications: GatewayHarness['notifications'] = {
    startVerification: jest.fn().mockResolvedValue({ status: 'pending', detail: 'A code was sent.' }),
    confirmVerification: jest.fn(),
    testChannel: jest.fn(),
    webPushKey: jest.fn(),
    replay: jest.fn(),
    signingKeys: jest.fn(),
    templateGuide: jest.fn().mockResolvedValue(noTemplates),
    checkTemplates: jest.fn().mockResolvedValue({}),
    previewTemplate: jest.fn().mockRejectedValue(new AppError('not_found')),
    recordSendGridEvents: jest.fn(),
  };

  @Module({ imports: [OutboundHttpModule, GatewayHttpModule] })
  class Root {}

  const app = await createTestApplication({
    module: Root,
    name: 'gateway',
    config: [gatewayConfig, outboundHttpConfig],
    environment: { SUPABASE_URL, ...environment },
    providers: [
      { provide: USER_DATABASE, useValue: db.userDatabase },
      { provide: DISCOVERY_API, useValue: discovery },
      { provide: CONTENT_PROCESSOR_API, useValue: contentProcessor },
      { provide: CHANGE_DETECTOR_API, useValue: changeDetector },
      { provide: NOTIFICATIONS_API, useValue: notifications },
      { provide: SEALER, useValue: createSealer(secretsKey) },
      { provide: LINK_SIGNER, useValue: createLinkSigner(secretsKey) },
      { provide: ACCESS_TOKEN_KEYS, useValue: createLocalJWKSet({ keys: [jwk] }) },
    ],
  });
  const url = await app.getUrl();

  const claims = ({ id, email }: TestUser): JWTPayload => {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: ISSUER,
      aud: 'authenticated',
      sub: id,
      email,
      role: 'authenticated',
      iat: now,
      exp: now + 3600,
    };
  };
  const sign: GatewayHarness['sign'] = (payload, header) =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', kid: 'key-1', typ: 'JWT', ...header })
      .sign(keyPair.privateKey);

  return {
    db,
    app,
    url,
    discovery,
    contentProcessor,
    changeDetector,
    notifications,
    keyPair,
    claims,
    sign,
    async newUser() {
      const user = await db.createUser();
      return { user, api: new Api(url, { authorization: `Bearer ${await sign(claims(user))}` }) };
    },
    async close() {
      await app.close();
      await db.close();
    },
  };
}

/** When a row was made that is to be older than others: lists tell moments apart to the millisecond. */
export const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000);

/** A public address that nothing here ever connects to. */
export const publicUrl = (path = '/') => `http://93.184.215.14${path}`;
