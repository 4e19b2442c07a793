import { z } from 'zod';

const maxHeaders = 30;
const maxCookies = 50;
const maxBodyLength = 65_536;
/** Of all names and values together: more than servers accept. */
const maxHeadLength = 16_384;

/** RFC 9110 token, which a header or cookie name is. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const cookieValue = /^[\x20-\x3a\x3c-\x7e]*$/;

/** Torale's own: of the connection, of the conditional fetch, and those that have a field of their own. */
const reservedHeaders =
  /^(host|content-length|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|proxy-.*|accept-encoding|if-.*|range|cookie|user-agent)$/i;

const valueSchema = z.string().max(4096);

const headersSchema = z.record(z.string(), valueSchema).superRefine((headers, context) => {
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const fault = (message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (!token.test(name)) fault('is not a name that a header can have');
    else if (reservedHeaders.test(name)) fault('is a header that cannot be set here');
    else if (seen.has(name.toLowerCase())) fault('is named twice');
    else if (!headerValue.test(value)) fault('has a value that a header cannot have');
    seen.add(name.toLowerCase());
  }
  if (seen.size > maxHeaders) context.addIssue(`at most ${maxHeaders} headers`);
});

const cookiesSchema = z.record(z.string(), valueSchema).superRefine((cookies, context) => {
  for (const [name, value] of Object.entries(cookies)) {
    const fault = (message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (!token.test(name)) fault('is not a name that a cookie can have');
    else if (!cookieValue.test(value)) fault('has a value that a cookie cannot have');
  }
  if (Object.keys(cookies).length > maxCookies) context.addIssue(`at most ${maxCookies} cookies`);
});

const lengthOf = (pairs: Record<string, string>) =>
  Object.entries(pairs).reduce((length, [name, value]) => length + name.length + value.length, 0);

/** How a source is asked for. Goes in and is kept sealed; what comes back is `SourceRequestSummary`. */
export const sourceRequestSchema = z
  .strictObject({
    method: z.enum(['GET', 'POST']).default('GET'),
    headers: headersSchema
      .default({})
      .meta({ description: 'Cookies and the user agent have their own fields.' }),
    body: z
      .string()
      .max(maxBodyLength)
      .optional()
      .meta({ description: 'With POST; sent as a form unless a `content-type` header says otherwise.' }),
    cookies: cookiesSchema.default({}),
    user_agent: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .regex(/^[\x20-\x7e]*$/, 'has a character that a header cannot have')
      .optional()
      .meta({ description: "Instead of Torale's own." }),
    proxy: z
      .url({ protocol: /^(https?|socks5)$/, hostname: /.+/ })
      .max(2048)
      .optional()
      .meta({ description: 'An `http`, `https` or `socks5` URL, with user name and password where needed.' }),
  })
  .superRefine(({ method, headers, body, cookies }, context) => {
    if (body !== undefined && method !== 'POST') {
      context.addIssue({ code: 'custom', path: ['body'], message: 'only a POST request has a body' });
    }
    if (lengthOf(headers) + lengthOf(cookies) > maxHeadLength) {
      context.addIssue(`headers and cookies together are longer than ${maxHeadLength} characters`);
    }
  })
  .meta({ id: 'SourceRequest' });
export type SourceRequest = z.output<typeof sourceRequestSchema>;

/** What is shown of a source's request: no value that could be a secret. */
export const sourceRequestSummarySchema = z
  .object({
    method: z.enum(['GET', 'POST']),
    header_names: z.array(z.string()),
    cookie_names: z.array(z.string()),
    user_agent: z.string().nullable(),
    has_body: z.boolean(),
    has_proxy: z.boolean(),
  })
  .meta({ id: 'SourceRequestSummary' });
export type SourceRequestSummary = z.infer<typeof sourceRequestSummarySchema>;
