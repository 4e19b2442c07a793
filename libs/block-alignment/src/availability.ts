import type { Availability } from '@torale/contracts';

/** Where a text says whether a thing can be had. */
export interface AvailabilityMention {
  state: Availability;
  text: string;
  start: number;
  end: number;
}

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
export const availabilityMentionsIn = (text: string): AvailabilityMention[] =>
  availability.flatMap(([state, pattern]) =>
    [...text.matchAll(pattern)].map((match) => ({
      state,
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
    })),
  );
