import { canonicalText, remembered } from '@torale/block-alignment';
import type { Block } from '@torale/contracts';
import type { NoiseFinding } from './noise-finding.ts';

interface FurnitureRule {
  reason: string;
  /** Matches a heading above the block, or the block when it is a heading itself. */
  section?: RegExp;
  /** Matches the text of the block. */
  text?: RegExp;
  /** Where a costly `text` is worth trying. */
  hint?: RegExp;
  /** Longer blocks are content, whatever words they use. */
  longest: number;
}

const rules: FurnitureRule[] = [
  {
    reason: 'an advertisement',
    section: /^(?:sponsored|advertisements?|ads?|promoted|anzeigen?|werbung|publicité|publicidad|pubblicità|from our (?:partners|sponsors)|partner content)(?!\p{L})/iu,
    text: /^(?:ad|ads|advertisement|sponsored|promoted|anzeige|werbung|publicité|publicidad|paid (?:content|partnership))\b *(?:[:·|-]|(?:by|content|post)\b|$)/iu,
    longest: 400,
  },
  {
    reason: 'a list of recommendations',
    section: /^(?:(?:also )?recommend(?:ed|ations)|(?:you )?(?:may|might) also (?:like|enjoy|be interested)|you(?:'ll| will)? (?:also )?(?:love|like)|related|similar|more (?:from|like|stories|articles|news|to explore|posts)|(?:customers|people|others) (?:who|also)|frequently bought|trending|most (?:read|popular|viewed)|popular (?:posts|articles|products|now|stories|right now)|what to read next|read (?:more|next)|keep reading|up next|picked for you|for you|recently viewed|das könnte|ähnliche|weitere (?:artikel|produkte|themen)|à lire aussi|vous aimerez|articles (?:similaires|liés)|también te|te puede interesar|productos relacionados|potrebbe)(?!\p{L})/iu,
    text: /^(?:recommended for you|you may also like)\b/iu,
    longest: 600,
  },
  {
    reason: 'a cookie or consent notice',
    hint: /cookie/i,
    text: /(?=.*\bcookies?\b)(?=.*\b(?:accept|agree|consent|reject|decline|manage|preferences|settings|akzeptieren|ablehnen|einstellungen|accepter|refuser|aceptar|rechazar|accetta)\b)/iu,
    longest: 350,
  },
  {
    reason: 'an invitation to subscribe',
    hint: /newsletter|mailing|updates|inbox|mail/i,
    text: /\b(?:subscribe|sign up|join|abonnieren|inscrivez|suscríbete|iscriviti)\b.{0,60}\b(?:newsletters?|mailing list|updates|inbox|e-?mails?)\b/iu,
    longest: 220,
  },
  {
    reason: 'page furniture',
    text: /^(?:skip to (?:main )?content|back to top|share(?: this)?(?: page| article)?|(?:log|sign) ?(?:in|out|up)|menu|search|close|accept(?: all)?(?: cookies)?|cookie (?:settings|preferences)|print|follow us(?: on \w+)?|contact us|privacy(?: policy)?|terms(?: of (?:use|service))?|previous|next|loading\.*|toggle (?:menu|navigation|theme)|get (?:the )?app|download (?:the|our) app)$/iu,
    longest: 60,
  },
]; // prettier-ignore

/** What the rules find in a heading, and in a text, by the number of the rule. */
const foundIn = (part: 'section' | 'text') =>
  remembered((text: string): ReadonlyMap<number, string> => {
    const canonical = canonicalText(text);
    const found = new Map<number, string>();
    rules.forEach((rule, index) => {
      if (part === 'text' && (canonical.length > rule.longest || rule.hint?.test(canonical) === false))
        return;
      const match = rule[part]?.exec(canonical);
      if (match) found.set(index, match[0].slice(0, 60));
    });
    return found;
  });
const sectionsIn = foundIn('section');
const furnitureIn = foundIn('text');

const aboutCookies = /\bcookies?\b|privacy|datenschutz|confidentialité/iu;

/** Why a block is not what the page exists for; null when it may be. `title` is that of the page. */
export function furnitureOf(block: Block, title: string | null): NoiseFinding | null {
  const sections = [...block.path, ...(block.kind === 'heading' ? [block.text] : [])].map(sectionsIn);
  const own = furnitureIn(block.text);
  if (own.size === 0 && sections.every(({ size }) => size === 0)) return null;
  for (const [index, { reason, longest }] of rules.entries()) {
    const words = sections.find((found) => found.has(index))?.get(index) ?? own.get(index);
    if (words === undefined || canonicalText(block.text).length > longest) continue;
    // A page about cookies says "cookie" in earnest.
    if (reason.includes('cookie') && aboutCookies.test(title ?? '')) continue;
    return { reason, words };
  }
  return null;
}
