import type { CreatedChannel, Page } from '@torale/contracts';

export interface ApiResponse<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** A signed-up user who talks to a running gateway with nothing but HTTP. */
export class ApiSession {
  readonly email: string;
  private readonly baseUrl: string;
  private readonly accessToken: string;

  private constructor(baseUrl: string, email: string, accessToken: string) {
    this.baseUrl = baseUrl;
    this.email = email;
    this.accessToken = accessToken;
  }

  static async signUp(
    baseUrl: string,
    email: string,
    password = 'correct horse battery staple',
  ): Promise<ApiSession> {
    const response = await fetch(`${baseUrl}/auth/v1/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    const body = (await response.json()) as { access_token?: string };
    if (!response.ok || !body.access_token)
      throw new Error(`Signing up answered ${response.status}: ${JSON.stringify(body)}`);
    return new ApiSession(baseUrl, email, body.access_token);
  }

  /** Acts with an access token that somebody else issued. */
  static withToken(baseUrl: string, email: string, accessToken: string): ApiSession {
    return new ApiSession(baseUrl, email, accessToken);
  }

  /** One request to `/api/v1`; the path starts after that. Does not reject on an HTTP error status. */
  async request<Body = unknown>(method: string, path: string, body?: unknown): Promise<ApiResponse<Body>> {
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.accessToken}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text ? JSON.parse(text) : undefined) as Body,
    };
  }

  /** Like `request`, and rejects with the problem when the answer is not a success. */
  async expect<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await this.request<Body>(method, path, body);
    if (response.status >= 400) {
      throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(response.body)}`);
    }
    return response.body;
  }

  /** The answer itself, of an endpoint that does not speak JSON. */
  async download(path: string): Promise<Response> {
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      headers: { authorization: `Bearer ${this.accessToken}` },
    });
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
    return response;
  }

  /** Adds a webhook whose receiver answers the challenge; rejects unless it is verified by that. */
  async addWebhook(url: string): Promise<CreatedChannel & { secret: string }> {
    const channel = await this.expect<CreatedChannel>('POST', '/notifications/channels', {
      kind: 'webhook',
      url,
    });
    const { status, secret, verification } = channel;
    if (status !== 'verified' || !secret) throw new Error(`The webhook is ${status}: ${verification}`);
    return { ...channel, secret };
  }

  /** All items of a list, page after page. */
  async all<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    const separator = path.includes('?') ? '&' : '?';
    let cursor: string | null = null;
    do {
      const suffix: string = cursor ? `${separator}cursor=${encodeURIComponent(cursor)}` : '';
      const page: Page<Item> = await this.expect<Page<Item>>('GET', `${path}${suffix}`);
      items.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor);
    return items;
  }
}
