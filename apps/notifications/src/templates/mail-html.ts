/**
 * The HTML of mails, as Mustache of our own. Styles are inline, because that is what mail programs keep; the sheet in
 * the head adds what those that read it can do: dark colours and small screens. Nothing is loaded from elsewhere.
 */

const quiet = 'color:#5f6b7a;font-size:13px;line-height:1.5';
const wraps = 'overflow-wrap:anywhere;word-break:break-word';
const passage = `margin:0 0 6px;padding:10px 14px;border-radius:6px;border-left:3px solid #c3cad3;background:#f6f7f9;font-size:16px;line-height:1.5;${wraps}`;
const removed = 'background:#fbdfdc;color:#8a1c11;text-decoration:line-through';
const added = 'background:#d3f0dc;color:#0f5427;text-decoration:none';

const styleSheet = `:root { color-scheme: light dark; supported-color-schemes: light dark; }
      @media (prefers-color-scheme: dark) {
        .page { background: #101318 !important; }
        .card { background: #1a1f27 !important; border-color: #2c333d !important; color: #e6e9ee !important; }
        .quiet { color: #9aa5b3 !important; }
        .passage { background: #222933 !important; border-color: #46505d !important; }
        .rule { border-color: #2c333d !important; }
        .badge { background: #2c333d !important; color: #d5dae1 !important; }
        .removed { background: #4d211f !important; color: #ffb4ab !important; }
        .added { background: #173d26 !important; color: #9fe3b4 !important; }
        .link { color: #8ab4f8 !important; }
        .button { background: #8ab4f8 !important; color: #101318 !important; }
      }
      @media (max-width: 480px) {
        .page { padding: 0 !important; }
        .card { padding: 22px 18px !important; border-width: 0 !important; border-radius: 0 !important; }
      }`;

/** A link where the address is one that a browser opens, else only the address. */
const link = (text: string, target: string) =>
  `{{#${target}}}<a class="link" href="{{${target}}}" style="color:#1f5fbf;${wraps}">{{${text}}}</a>{{/${target}}}{{^${target}}}<span style="${wraps}">{{${text}}}</span>{{/${target}}}`;

const asked = `{{#sentence}}<p class="quiet" style="margin:0 0 20px;${quiet}">You asked: “<bdi style="${wraps}">{{sentence}}</bdi>”</p>{{/sentence}}`;

const changes = `{{#changes}}
          <div style="margin:0 0 20px">
            <p class="quiet" dir="auto" style="margin:0 0 6px;${quiet};${wraps}"><span class="badge" style="display:inline-block;padding:0 7px;border-radius:9px;background:#e8ebef;color:#3c4653;font-size:12px;line-height:18px">{{label}}</span> {{heading}}</p>
            <div class="passage" dir="auto" style="${passage}">{{#parts}}{{#same}}{{text}}{{/same}}{{#removed}}<del class="removed" style="${removed}">{{text}}</del>{{/removed}}{{#gap}} {{/gap}}{{#added}}<ins class="added" style="${added}">{{text}}</ins>{{/added}}{{/parts}}{{found}}</div>
            {{#url}}<p class="quiet" style="margin:0;${quiet}">${link('url', 'link')}</p>{{/url}}
          </div>{{/changes}}
          {{#more}}<p class="quiet" style="margin:0 0 20px;${quiet}">… and {{more}} on the page</p>{{/more}}`;

const judgement = `<p style="margin:0 0 6px;font-size:15px;line-height:1.5">${link('source_url', 'source_link')}</p>
          <p class="quiet" style="margin:0;${quiet}">Severity {{severity}} · confidence {{confidence}} · seen {{seen_at}}</p>`;

const button = `{{#alert_url}}<p style="margin:18px 0 0"><a class="button" href="{{alert_url}}" style="display:inline-block;padding:9px 18px;border-radius:7px;background:#1f5fbf;color:#ffffff;font-size:15px;font-weight:600;text-decoration:none">Open in Torale</a></p>{{/alert_url}}`;

const heading = (name: string, size: number) =>
  `<h${size === 21 ? 1 : 2} dir="auto" style="margin:0 0 10px;font-size:${size}px;line-height:1.35;${wraps}">{{${name}}}</h${size === 21 ? 1 : 2}>`;

const rule = '<hr class="rule" style="margin:26px 0;border:0;border-top:1px solid #e3e6ea" />';

const noticeBody = `<p dir="auto" style="margin:0 0 14px;font-size:16px;line-height:1.5;${wraps}">{{detail}}</p>
          {{#source_url}}<p style="margin:0;font-size:15px;line-height:1.5">${link('source_url', 'source_link')}</p>{{/source_url}}`;

/** What every mail looks like. `{{title}}` is its headline for screens that read the document's. */
const letter = (content: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="supported-color-schemes" content="light dark" />
    <title>{{title}}</title>
    <style>
      ${styleSheet}
    </style>
  </head>
  <body class="page" style="margin:0;padding:24px 12px;background:#f3f4f6;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
    <div class="card" style="max-width:544px;margin:0 auto;padding:28px;background:#ffffff;border:1px solid #e3e6ea;border-radius:12px;color:#1d2530">
          ${content}
          ${rule}
          {{#footer}}<p class="quiet" style="margin:0 0 6px;${quiet};${wraps}">{{line}}</p>{{/footer}}
          {{#unsubscribe_url}}<p class="quiet" style="margin:0;${quiet}"><a class="link" href="{{unsubscribe_url}}" style="color:#1f5fbf">{{unsubscribe_label}}</a></p>{{/unsubscribe_url}}
    </div>
  </body>
</html>
`;

export const mailHtml = {
  alert: letter(`${heading('summary', 21)}${asked}${changes}${judgement}${button}`),
  notice: letter(`${heading('summary', 21)}${asked}${noticeBody}`),
  digest: letter(`${heading('headline', 21)}<p class="quiet" style="margin:0;${quiet}">Up to {{due_at}}</p>
          {{#alerts}}${rule}${heading('summary', 18)}${asked}${changes}${judgement}${button}{{/alerts}}
          {{#notices}}${rule}${heading('summary', 18)}${asked}${noticeBody}{{/notices}}
          {{#more_items}}<p class="quiet" style="margin:20px 0 0;${quiet}">… and {{more_items}} in Torale</p>{{/more_items}}`),
  verification:
    letter(`${heading('title', 21)}<p style="margin:0 0 14px;font-size:16px;line-height:1.5">{{detail}}</p>
          <p style="margin:0;font-size:30px;font-weight:700;letter-spacing:6px">{{code}}</p>`),
  /** The words of a user. */
  words: letter(
    `<div dir="auto" style="font-size:16px;line-height:1.5;white-space:pre-wrap;${wraps}">{{text}}</div>`,
  ),
};
