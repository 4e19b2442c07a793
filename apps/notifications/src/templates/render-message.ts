import { AppError, type ChannelKind, type MessageTemplate, type TemplateAbout } from '@torale/contracts';
import { escapeUTF8 } from 'entities';
import type { Digest, Told } from '../channels/told.ts';
import { plainText } from '../channels/plain-text.ts';
import { singleLine } from '../single-line.ts';
import { parseTemplate, renderTokens, TemplateFault, type Variable } from './bounded-template.ts';
import { defaultTemplates } from './default-templates.ts';
import { mailHtml } from './mail-html.ts';
import type { Fits } from './message-renderer.ts';
import {
  alertVariables,
  alertView,
  digestVariables,
  digestViews,
  type Links,
  noticeVariables,
  noticeView,
  queryIdOf,
} from './message-view.ts';

const titleLength = 200;
/** UTF-16 units. No mail program shows more of a mail, and no chat takes as much. */
const textLimit = 200_000;
const htmlLimit = 2_000_000;

export interface Words {
  title: string;
  text: string;
  /** For e-mail; empty elsewhere. */
  html: string;
}

export const variablesOf: Record<TemplateAbout, readonly Variable[]> = {
  alert: alertVariables,
  notice: noticeVariables,
  digest: digestVariables,
};

/** @throws AppError `invalid_request` with the path below `path` and the place of every fault */
export function assertTemplate(about: TemplateAbout, template: MessageTemplate, path: string): void {
  const errors = (['title', 'text'] as const).flatMap((part) => {
    try {
      parseTemplate(template[part], variablesOf[about]);
      return [];
    } catch (error) {
      if (!(error instanceof TemplateFault)) throw error;
      return [{ path: `${path}.${part}`, message: error.message }];
    }
  });
  const [first] = errors;
  if (first) throw new AppError('invalid_request', `${first.path}: ${first.message}`, { errors });
}

/**
 * What is told in words: by a template of the user's, or else by Torale's own.
 * @throws TemplateFault or RangeError for a template that is not fit, which is never one of Torale's
 */
export function renderMessage(
  kind: ChannelKind,
  told: Told,
  links: Links,
  template: MessageTemplate | null,
  fits: Fits = () => true,
): Words {
  if (told.type === 'verification') return verification(told);
  // A webhook has no words; what is asked of it are those of a mail.
  const words = template ?? defaultTemplates[kind === 'webhook' ? 'email' : kind][told.type];
  const tokensOf = (source: string) => parseTemplate(source, variablesOf[told.type]);
  const [titleTokens, textTokens] = [tokensOf(words.title), tokensOf(words.text)];
  const wordsOf = (view: View): Words => {
    const fill = (tokens: typeof titleTokens) =>
      renderTokens(tokens, view, { escape: (value) => value, limit: textLimit });
    const title = singleLine(fill(titleTokens), titleLength) || 'Torale';
    const text = tidy(fill(textTokens));
    if (kind !== 'email') return { title, text, html: '' };
    const foot = footOf(told, 'why' in view ? view.why : whyADigest, links);
    const head = { title, ...foot };
    return {
      title,
      text: `${text}\n${footText(foot)}`,
      html: template ? letterOf('words', { ...head, text }) : letterOf(told.type, { ...view, ...head }),
    };
  };
  switch (told.type) {
    case 'alert':
      return wordsOf(alertView(told.alert, links));
    case 'notice':
      return wordsOf(noticeView(told.notice));
    case 'digest':
      return wordsThatFit(told.digest, links, wordsOf, fits);
  }
}

type View = ReturnType<typeof alertView | typeof noticeView | ReturnType<typeof digestViews>>;

/** With as much of a digest in them as fits, and one alert or notice at least. */
function wordsThatFit(digest: Digest, links: Links, wordsOf: (view: View) => Words, fits: Fits): Words {
  const viewOf = digestViews(digest, links);
  let largest: Words | undefined;
  const isFit = (most: number): boolean => {
    try {
      const words = wordsOf(viewOf(most));
      if (!fits(words.text)) return false;
      largest = words;
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  };
  // Doubled at first, so that what is far beyond is not even looked at.
  const all = digest.alerts.length + digest.notices.length;
  let [fitting, beyond] = [1, 2];
  while (beyond < all && isFit(beyond)) [fitting, beyond] = [beyond, 2 * beyond];
  if (beyond >= all && isFit(all)) return largest!;
  beyond = Math.min(beyond, all);
  while (beyond - fitting > 1) {
    const middle = (fitting + beyond) >> 1;
    if (isFit(middle)) fitting = middle;
    else beyond = middle;
  }
  return largest ?? wordsOf(viewOf(fitting));
}

const whyADigest =
  'You get this because you chose to be told in digests, or there was more within a day than you wanted to be told of.';

const htmlTokens = new Map<string, ReturnType<typeof parseTemplate>>();

/** Parsed once: they are ours, and name whatever their view has. */
function letterOf(name: keyof typeof mailHtml, view: object): string {
  const tokens = htmlTokens.get(name) ?? parseTemplate(mailHtml[name], 'anything');
  htmlTokens.set(name, tokens);
  return renderTokens(tokens, view, { escape: escapeUTF8, limit: htmlLimit });
}

interface Foot {
  footer: { line: string }[];
  unsubscribe_url: string | null;
  unsubscribe_label: string;
}

/** At the end of every mail, whoever words the rest: why it came, and how to end it. */
function footOf(told: Told, why: string, { unsubscribeUrl }: Links): Foot {
  const queryId = queryIdOf(told);
  const stop = queryId
    ? `To stop, mute, pause or delete the query in Torale (PATCH or DELETE /api/v1/user-queries/${queryId}).`
    : 'To change what you are told, when and where, see your notification preferences and channels in Torale.';
  return {
    footer: [{ line: why }, { line: stop }],
    unsubscribe_url: unsubscribeUrl,
    unsubscribe_label: queryId ? 'Get no more mail about this query' : 'Get no more mail at this address',
  };
}

const footText = ({ footer, unsubscribe_url, unsubscribe_label }: Foot): string =>
  [
    '--',
    ...footer.map(({ line }) => line),
    ...(unsubscribe_url ? [`${unsubscribe_label}: ${unsubscribe_url}`] : []),
    '',
  ].join('\n');

function verification({ code, expires_at }: Extract<Told, { type: 'verification' }>): Words {
  const title = `${code} is your Torale code`;
  const until = `${expires_at.slice(11, 16)} UTC`;
  const detail = `Enter it in Torale to be told here. It is good until ${until}.`;
  const why =
    'If you did not ask for it, somebody has mistyped their address: do nothing, and nothing more comes.';
  return {
    title,
    text: `${title}.\n${detail}\n\n${why}\n`,
    html: letterOf('verification', {
      title,
      detail,
      code,
      footer: [{ line: why }],
      unsubscribe_url: null,
      unsubscribe_label: null,
    }),
  };
}

/** No more than one empty line at a time, none at the ends. */
const tidy = (text: string): string =>
  `${plainText(text)
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
