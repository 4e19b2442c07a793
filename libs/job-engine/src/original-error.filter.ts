import { Catch, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Lets the error that a handler threw through to the job engine, which decides by it when to try again. Without a
 * filter Nest would log it and go on with "Internal server error".
 */
@Catch()
export class OriginalErrorFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
