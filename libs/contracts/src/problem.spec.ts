import { z } from 'zod';
import { AppError, errorCodes, problemSchema, type ErrorCode } from './problem.ts';

describe('AppError', () => {
  test.each(Object.keys(errorCodes) as ErrorCode[])('%s survives the way over the wire', (code) => {
    const error = new AppError(code, 'what to do', { errors: [{ path: 'a.b', message: 'wrong' }] });
    const received = AppError.fromProblem(problemSchema.parse(JSON.parse(JSON.stringify(error.toProblem()))));
    expect(received).toMatchObject({
      code,
      message: 'what to do',
      errors: error.errors,
      status: error.status,
    });
  });

  test('a code that this version does not know becomes upstream_failed and keeps its words', () => {
    const problem = { type: 'x', title: 'New', status: 418, code: 'from_the_future', detail: 'wait' };
    expect(AppError.fromProblem(problem)).toMatchObject({ code: 'upstream_failed', message: 'wait' });
  });

  test('a failed parse names every offending path', () => {
    const parsed = z
      .strictObject({ a: z.object({ b: z.int() }), c: z.string() })
      .safeParse({ a: { b: 1.5 } });
    const error = AppError.fromZod(parsed.error!);
    expect(error.code).toBe('invalid_request');
    expect(error.errors!.map(({ path }) => path)).toEqual(['a.b', 'c']);
  });

  test('a cause stays inside', () => {
    const problem = new AppError('internal_error', undefined, {
      cause: new Error('password=hunter2'),
    }).toProblem();
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });
});
