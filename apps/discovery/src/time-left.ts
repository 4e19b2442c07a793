import { discoveryContract } from '@torale/contracts';
import { callContext } from '@torale/service-client';

/** Kept back for composing and sending the answer. */
const answerMs = 500;

/** When discovery must be done, milliseconds since the epoch: a little before its caller stops waiting. */
export function deadlineOfCall(): number {
  const ownDeadline = Date.now() + discoveryContract.endpoints.discover.deadline_ms;
  return Math.min(ownDeadline, callContext.getStore()?.deadline ?? Infinity) - answerMs;
}

/** Whole milliseconds for one step: `wanted`, or what the deadline leaves of it; at least 1. */
export function timeFor(wanted: number, deadline: number): number {
  return Math.max(1, Math.floor(Math.min(wanted, deadline - Date.now())));
}
