import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { AppError } from '@torale/contracts';

/** More would only make a hostile body expensive to refuse. */
const maxErrors = 50;

/**
 * Validates what `@Body`, `@Query` and `@Param` carry against their `schema`. Paths of faults in the body are
 * bare (`check_interval_seconds`), others are prefixed (`query.limit`, `params.id`).
 */
export class ContractValidationPipe extends StandardSchemaValidationPipe {
  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const { schema, type, data } = metadata;
    if (!schema || type === 'custom') return value;
    this.stripProtoKeys(value);
    const result = await this.validate<T>(value, schema);
    if (!result.issues) return result.value;

    const place = { body: [], query: ['query'], param: ['params'] }[type];
    const errors = result.issues.slice(0, maxErrors).map((issue) => {
      const keys = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
      const path = [...place, ...(data ? [data] : []), ...keys].map(String).join('.');
      return { path: path || 'body', message: issue.message };
    });
    const [first] = errors;
    throw new AppError('invalid_request', first && `${first.path}: ${first.message}`, { errors });
  }
}
