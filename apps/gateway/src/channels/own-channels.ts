import { AppError } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { ownChannelIds } from './channels.repository.ts';

/** Refuses ids that are no channels of the caller's with `invalid_request` and the path of each. */
export async function assertOwnChannels(
  transaction: Transaction,
  ids: readonly string[] | null | undefined,
): Promise<void> {
  if (!ids) return;
  const own = await ownChannelIds(transaction, ids);
  const errors = ids.flatMap((id, index) =>
    own.includes(id) ? [] : [{ path: `channel_ids.${index}`, message: 'is no channel of yours' }],
  );
  const [first] = errors;
  if (first) throw new AppError('invalid_request', `${first.path}: ${first.message}`, { errors });
}
