import { availabilityMentionsIn } from '@torale/block-alignment';
import type { AvailabilityValue, ModalityValue, NegationValue } from './value.ts';

/** What a text says of whether a thing can be had, in order of trust: a denial before what it denies. */
export const availabilitiesIn = (text: string): AvailabilityValue[] =>
  availabilityMentionsIn(text).map((mention) => ({
    kind: 'availability',
    key: `availability:${mention.state}`,
    ...mention,
  }));

const negation =
  /(?<![\p{L}'])(?:not|no longer|no|never|none|neither|nor|without|cannot|\p{L}+n't|nicht|kein(?:e[nrsm]?)?|nie|pas|jamais|sans|sin|nunca|senza|niet|geen|inte|ingen|não)(?!\p{L})/giu;
export const negationsIn = (text: string): NegationValue[] =>
  [...text.matchAll(negation)].map((match) => ({
    kind: 'negation',
    key: `negation:${match[0].toLowerCase()}`,
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));

const modality =
  /(?<!\p{L})(?:may|might|can|could|should|must|will|shall|would|required|optional)(?!\p{L})/giu;
export const modalitiesIn = (text: string): ModalityValue[] =>
  [...text.matchAll(modality)].map((match) => ({
    kind: 'modality',
    key: `modality:${match[0].toLowerCase()}`,
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
