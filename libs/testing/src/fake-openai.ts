import { randomUUID } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** Body of `POST /chat/completions`, as far as Torale uses it. */
export interface FakeOpenAiRequest {
  model: string;
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[];
  temperature?: number;
  response_format?: {
    type: 'json_schema';
    json_schema: { name: string; strict?: boolean; schema: JsonSchema };
  };
}

export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  [keyword: string]: unknown;
}

/** What the fake does with one request. */
export type FakeOpenAiAnswer =
  /** The model answers with this value as JSON. */
  | { json: unknown }
  /** The model answers with this text, JSON or not. */
  | { text: string }
  | { refusal: string }
  /** The model ran out of tokens after this text. */
  | { cut_short: string }
  /** The API fails before the model is asked. */
  | { status: 401 | 404 | 429 | 500 | 503; retry_after?: number }
  /** The connection ends in the middle of the response body. */
  | { break_off: true }
  /** Nothing is ever answered. */
  | { hang: true };

/**
 * The chat completions API of OpenAI on loopback: refuses what OpenAI refuses (key, shape, schemas that strict mode
 * does not take), otherwise does what it was told, one scripted answer per request. A request without one gets a 400.
 */
export class FakeOpenAi {
  /** Requests that were well formed, in order of arrival. */
  readonly requests: FakeOpenAiRequest[] = [];
  /** Set for a model that takes no temperature but its own, as reasoning models do. */
  refusesTemperature = false;
  readonly #script: FakeOpenAiAnswer[] = [];
  readonly #server: Server;
  readonly #apiKey: string;

  private constructor(apiKey: string) {
    this.#apiKey = apiKey;
    this.#server = createServer((request, response) => {
      json(request).then(
        (body) => this.#serve(request.url!, request.headers.authorization, body, response),
        () => sendError(response, 400, 'We could not parse the JSON body of your request.'),
      );
    });
  }

  static async start(apiKey = 'sk-fake'): Promise<FakeOpenAi> {
    const fake = new FakeOpenAi(apiKey);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  /** What OPENAI_BASE_URL is set to. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** The next requests get these answers, one each. */
  answer(...answers: FakeOpenAiAnswer[]): void {
    this.#script.push(...answers);
  }

  /** Forgets the requests so far and the answers that are left. */
  reset(): void {
    this.requests.length = 0;
    this.#script.length = 0;
    this.refusesTemperature = false;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #serve(url: string, authorization: string | undefined, body: unknown, response: ServerResponse): void {
    if (url !== '/v1/chat/completions') return sendError(response, 404, `Invalid URL (POST ${url})`);
    if (authorization !== `Bearer ${this.#apiKey}`) {
      return sendError(response, 401, 'Incorrect API key provided.', { code: 'invalid_api_key' });
    }
    const request = body as FakeOpenAiRequest;
    const fault = faultOf(request);
    if (fault) return sendError(response, 400, fault);
    if (this.refusesTemperature && request.temperature !== undefined && request.temperature !== 1) {
      const message = `Unsupported value: 'temperature' does not support ${request.temperature} with this model.`;
      return sendError(response, 400, message, { param: 'temperature', code: 'unsupported_value' });
    }
    this.requests.push(request);
    const answer = this.#script.shift();
    if (!answer) return sendError(response, 400, 'FakeOpenAi has no answer left for this request');
    send(response, request.model, answer);
  }
}

function send(response: ServerResponse, model: string, answer: FakeOpenAiAnswer): void {
  if ('hang' in answer) return;
  if ('status' in answer) {
    const { status, retry_after } = answer;
    if (retry_after !== undefined) response.setHeader('retry-after', String(retry_after));
    return sendError(response, status, status === 429 ? 'Rate limit reached.' : 'The request failed.');
  }
  if ('break_off' in answer) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id":"chatcmpl-1","choices":[{"ind', () => response.destroy());
    return;
  }
  const content =
    'json' in answer
      ? JSON.stringify(answer.json)
      : 'text' in answer
        ? answer.text
        : 'cut_short' in answer
          ? answer.cut_short
          : null;
  const completion = {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: 'refusal' in answer ? answer.refusal : null },
        logprobs: null,
        finish_reason: 'cut_short' in answer ? 'length' : 'stop',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion));
}

function sendError(
  response: ServerResponse,
  status: number,
  message: string,
  details: { param?: string; code?: string } = {},
): void {
  const error = { message, type: 'invalid_request_error', param: null, code: null, ...details };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
}

function faultOf(request: FakeOpenAiRequest): string | undefined {
  if (typeof request.model !== 'string') return "Missing required parameter: 'model'.";
  if (!Array.isArray(request.messages) || request.messages.length === 0) {
    return "Missing required parameter: 'messages'.";
  }
  if (request.messages.some(({ content }) => typeof content !== 'string')) return 'Invalid message content.';
  if (!request.response_format) return undefined;
  const { type, json_schema: format } = request.response_format;
  if (type !== 'json_schema') return `Invalid value: '${String(type)}'.`;
  if (!/^[\w-]{1,64}$/.test(format.name)) return "Invalid 'response_format.json_schema.name'.";
  const fault = format.strict ? strictModeFaultOf(format.schema) : undefined;
  return fault && `Invalid schema for response_format '${format.name}': ${fault}`;
}

/** Keywords that strict mode refuses. */
const refusedKeywords = [
  'minLength',
  'maxLength',
  'patternProperties',
  'uniqueItems',
  'allOf',
  'not',
  'oneOf',
];

function strictModeFaultOf(schema: JsonSchema): string | undefined {
  const keyword = refusedKeywords.find((name) => name in schema);
  if (keyword) return `'${keyword}' is not permitted.`;
  const properties = schema.properties ?? {};
  if (schema.type === 'object') {
    if (schema.additionalProperties !== false) return "'additionalProperties' must be supplied and false.";
    if (Object.keys(properties).some((name) => !schema.required?.includes(name))) {
      return "'required' must include every key in properties.";
    }
  }
  const children = [
    ...Object.values(properties),
    ...(schema.anyOf ?? []),
    ...(schema.items ? [schema.items] : []),
  ];
  return children.map(strictModeFaultOf).find((fault) => fault !== undefined);
}
