import type { Availability, AvailabilityValue, ModalityValue, NegationValue } from './value.ts';

/** In order: what denies comes before what it denies (`not available` before `available`). */
const states: [Availability, string][] = [
  ['unavailable', "(?:currently |temporarily )?(?:out of stock|sold out|unavailable|no longer available|not (?:currently |yet )?(?:available|in stock)|isn't available|aren't available|not on sale|none left|notify me when (?:it is )?(?:available|in stock)|ausverkauft|vergriffen|nicht (?:mehr )?(?:verfügbar|lieferbar|vorrätig|auf lager)|en rupture(?: de stock)?|rupture de stock|épuisée?s?|indisponible|non disponible|agotad[oa]s?|no disponible|sin existencias|esaurit[oa]|non disponibile|uitverkocht|niet (?:leverbaar|op voorraad)|slutsåld|esgotado|在庫切れ|売り切れ)"],
  ['preorder', '(?:available for )?(?:pre-?orders?|vorbestellbar|précommande)'],
  ['backorder', '(?:on )?back-?orders?(?:ed)?'],
  ['discontinued', '(?:discontinued|end of life|retired)'],
  ['coming_soon', '(?:coming soon|available soon|demnächst|bientôt disponible|próximamente)'],
  ['outage', '(?:(?:(?:major|partial|service) )?(?:outages?|disruption)|degraded(?: performance)?|offline)'],
  ['operational', '(?:fully )?operational'],
  ['cancelled', '(?:cancel+ed|called off|abgesagt|annulée?s?|cancelad[oa]s?|annullat[oa])'],
  ['postponed', '(?:postponed|rescheduled|verschoben|reportée?s?|aplazad[oa]s?|rinviat[oa])'],
  ['available', '(?:(?:back |now )?in stock|on sale now|now on sale|(?:now |currently |again )?available(?: now| again)?|add to (?:cart|basket|bag)|buy (?:now|tickets)|book now|(?:sofort )?lieferbar|auf lager|verfügbar|vorrätig|en stock|disponible|en existencias|disponibile|op voorraad|leverbaar|i lager|em estoque|disponível|在庫あり)'],
  ['closed', '(?:closed|not (?:yet )?open|geschlossen|fermée?s?|cerrad[oa]s?|chius[oa])'],
  ['open', '(?:now open|reopened|opened|open(?! (?:source|to|a|an|the|up|in)\\b|-)|geöffnet|ouvert[es]*|abiert[oa]s?|apert[oa])'],
]; // prettier-ignore
const availability = states.map(
  ([state, words]) => [state, new RegExp(`(?<![\\p{L}-])${words}(?!\\p{L})`, 'giu')] as const,
);

/** What a text says of whether a thing can be had, in order of trust: a denial before what it denies. */
export const availabilitiesIn = (text: string): AvailabilityValue[] =>
  availability.flatMap(([state, pattern]) =>
    [...text.matchAll(pattern)].map((match): AvailabilityValue => ({
      kind: 'availability',
      state,
      key: `availability:${state}`,
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
    })),
  );

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
