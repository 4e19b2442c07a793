import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Database } from '@torale/database';
import { SignJWT } from 'jose';
import { ApiSession } from './api-session.ts';
import { createUser } from './factories.ts';
import { freePort } from './free-port.ts';
import type { PostgresDatabase } from './postgres.ts';
import { ToraleProcess, type AppName } from './torale-process.ts';

/** Nothing listens there: tokens are signed with the secret that the gateway is given. */
const SUPABASE_URL = 'http://127.0.0.1:9';
const SESSION_LASTS = '12h';
const READY_WITHIN_MS = 120_000;

const appOf = (name: string) => name.replace(/-\d+$/, '') as AppName;

/** The services and any number of workers as processes of their own on one Postgres, as containers run them. */
export class ToraleServices {
  /** `discovery`, `gateway`, … and `worker-1`, `worker-2`, … */
  readonly names: readonly string[];
  readonly #ports = new Map<string, number>();
  readonly #running = new Map<string, ToraleProcess>();
  readonly #environment: Record<string, string>;
  readonly #environmentOf: Partial<Record<AppName, Record<string, string>>>;
  readonly #postgres: PostgresDatabase;
  readonly #jwtSecret = randomBytes(32).toString('hex');

  private constructor(
    postgres: PostgresDatabase,
    ports: Map<string, number>,
    environment: Record<string, string>,
    environmentOf: Partial<Record<AppName, Record<string, string>>>,
  ) {
    this.#postgres = postgres;
    this.#ports = ports;
    this.#environmentOf = environmentOf;
    this.names = [...ports.keys()];
    const urlOf = (name: string) => `http://127.0.0.1:${ports.get(name)}`;
    this.#environment = {
      SUPABASE_URL,
      SUPABASE_JWT_SECRET: this.#jwtSecret,
      SERVICE_TOKEN_SECRET: randomBytes(32).toString('hex'),
      SECRETS_KEY: randomBytes(32).toString('base64'),
      WEBHOOK_SIGNING_KEY: generateKeyPairSync('ed25519')
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
      DISCOVERY_SERVICE_URL: urlOf('discovery'),
      CONTENT_PROCESSOR_URL: urlOf('content-processor'),
      CHANGE_DETECTOR_URL: urlOf('change-detector'),
      NOTIFICATION_SERVICE_URL: urlOf('notifications'),
      CIRCUIT_BREAKER_RESET_SECONDS: '1',
      OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
      POLITENESS_SPACING_MS: '0',
      POLITENESS_CONCURRENCY: '1000',
      MIN_CHECK_INTERVAL_SECONDS: '1',
      LOG_LEVEL: 'warn',
      ...environment,
    };
  }

  /** Nothing is started yet. The environments are given besides what binds all of them to each other. */
  static async prepare(
    postgres: PostgresDatabase,
    options: {
      workers: number;
      environment?: Record<string, string>;
      environmentOf?: Partial<Record<AppName, Record<string, string>>>;
    },
  ): Promise<ToraleServices> {
    const { workers, environment = {}, environmentOf = {} } = options;
    const names = ['discovery', 'content-processor', 'change-detector', 'notifications', 'gateway'];
    for (let worker = 1; worker <= workers; worker++) names.push(`worker-${worker}`);
    const ports = new Map<string, number>();
    for (const name of names) ports.set(name, await freePort());
    return new ToraleServices(postgres, ports, environment, environmentOf);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.get('gateway')}`;
  }

  /** The last process of this name. */
  get(name: string): ToraleProcess {
    const running = this.#running.get(name);
    if (!running) throw new Error(`${name} was never started`);
    return running;
  }

  /** Starts one without waiting for it. */
  launch(name: string): ToraleProcess {
    const app = appOf(name);
    const started = ToraleProcess.launch(app, this.#ports.get(name)!, {
      ...this.#environment,
      ...this.#environmentOf[app],
      DATABASE_URL: app === 'gateway' ? this.#postgres.authenticatorUrl : this.#postgres.url,
    });
    this.#running.set(name, started);
    return started;
  }

  /** Starts these, or all of them, and waits until they are ready. */
  async start(names = this.names): Promise<void> {
    await Promise.all(names.map((name) => this.launch(name).ready(READY_WITHIN_MS)));
  }

  /** A new user, signed in. */
  async signUp(database: Database, address?: string): Promise<ApiSession> {
    const { id, email } = await createUser(database, address);
    const token = await new SignJWT({ role: 'authenticated', email })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(`${SUPABASE_URL}/auth/v1`)
      .setAudience('authenticated')
      .setSubject(id)
      .setIssuedAt()
      .setExpirationTime(SESSION_LASTS)
      .sign(new TextEncoder().encode(this.#jwtSecret));
    return ApiSession.withToken(this.url, email, token);
  }

  /** Ends all that run, the orderly way unless told otherwise. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    await Promise.all([...this.#running.values()].map((running) => running.stop(signal)));
  }
}
