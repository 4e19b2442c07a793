import { AppError, errorCodes, type ErrorCode } from '@torale/contracts';
import { errorClassOf } from './error-class.ts';
import { planRetry } from './plan-retry.ts';

const systemError = (code: string) => Object.assign(new Error('it failed'), { code });
const policy = { retryDelay: 2, retryDelayMax: 60 };

describe('the class of an error', () => {
  const final: ErrorCode[] = [
    'invalid_request',
    'not_found',
    'query_not_active',
    'payload_too_large',
    'unsupported_media_type',
    'no_sources_found',
    'address_refused',
  ];
  test.each(Object.keys(errorCodes) as ErrorCode[])('AppError %s', (code) => {
    const expected = final.includes(code)
      ? 'user_error'
      : { rate_limited: 'rate_limited', service_unavailable: 'network' }[code as string];
    expect(errorClassOf(new AppError(code))).toBe(expected ?? 'server');
  });

  test.each([
    ['ETIMEDOUT', 'timeout'],
    ['57014', 'timeout'],
    ['ECONNREFUSED', 'network'],
    ['ECONNRESET', 'network'],
    ['EAI_AGAIN', 'network'],
    ['57P01', 'network'],
    ['08006', 'network'],
    ['23505', 'server'],
    ['ENOENT', 'server'],
  ])('code %s is %s, also as a cause', (code, expected) => {
    expect(errorClassOf(systemError(code))).toBe(expected);
    expect(errorClassOf(new Error('fetch failed', { cause: systemError(code) }))).toBe(expected);
  });

  test.each([
    [new DOMException('took too long', 'TimeoutError'), 'timeout'],
    [new Error('Connection terminated unexpectedly'), 'network'],
    [new TypeError('x is not a function'), 'server'],
    ['a string', 'server'],
    [undefined, 'server'],
  ])('%s', (error, expected) => {
    expect(errorClassOf(error)).toBe(expected);
  });
});

describe('the next try', () => {
  const delays = (error: unknown, random: number) =>
    [1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => planRetry(error, failures, policy, random).delay_seconds);

  test('is later each time, up to the longest pause of the queue', () => {
    expect(delays(new Error('no'), 0)).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test('is up to half as late, at random', () => {
    expect(delays(new Error('no'), 1)).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  test.each([
    ['timeout', systemError('ETIMEDOUT'), 4],
    ['rate_limited', new AppError('rate_limited'), 8],
    ['network', systemError('ECONNREFUSED'), 2],
  ])('begins as suits the class %s', (error_class, error, delay_seconds) => {
    expect(planRetry(error, 1, policy, 0)).toEqual({ error_class, delay_seconds });
  });

  test('is when the other side says, and a little later at random', () => {
    const error = new AppError('rate_limited', undefined, { retry_after_seconds: 300 });
    expect(planRetry(error, 1, policy, 0).delay_seconds).toBe(300);
    expect(planRetry(error, 1, policy, 1).delay_seconds).toBeCloseTo(330);
    expect(planRetry(error, 9, { retryDelay: 2, retryDelayMax: 900 }, 0).delay_seconds).toBe(900);
  });

  test('is not put off for ever by what the other side says', () => {
    const error = new AppError('rate_limited', undefined, { retry_after_seconds: 1e9 });
    expect(planRetry(error, 1, policy, 0).delay_seconds).toBe(86_400);
  });

  test('is never for what cannot succeed', () => {
    expect(planRetry(new AppError('invalid_request'), 1, policy)).toEqual({
      error_class: 'user_error',
      delay_seconds: null,
    });
  });
});
