import type { MessageTemplate, TemplateAbout, TemplateKind } from '@torale/contracts';

type Templates = Record<TemplateAbout, MessageTemplate>;

const changes = `{{#changes}}
{{#heading}}
› {{heading}}
{{/heading}}
{{#before}}
  − {{before}}
{{/before}}
{{#after}}
  + {{after}}
{{/after}}
{{#found}}
  {{found}}
{{/found}}
{{#url}}
  {{url}}
{{/url}}

{{/changes}}
{{#more}}
… and {{more}} on the page

{{/more}}`;

const noticesOfDigest = `{{#notices}}
{{summary}}
{{detail}}
{{#sentence}}
You asked: “{{sentence}}”
{{/sentence}}
{{#source_url}}
{{source_url}}
{{/source_url}}

{{/notices}}
{{#more_items}}
… and {{more_items}} in Torale
{{/more_items}}`;

const digestTitle = 'Torale: {{headline}}';

/** Reads well without HTML; how to end it follows in every mail. */
const mail: Templates = {
  alert: {
    title: '{{summary}}',
    text: `{{summary}}

You asked: “{{sentence}}”

${changes}
Source: {{source_url}}
{{#alert_url}}
In Torale: {{alert_url}}
{{/alert_url}}
Severity {{severity}} · confidence {{confidence}} · seen {{seen_at}}
`,
  },
  notice: {
    title: '{{summary}}',
    text: `{{summary}}

{{#sentence}}
You asked: “{{sentence}}”

{{/sentence}}
{{detail}}

{{#source_url}}
Source: {{source_url}}
{{/source_url}}
`,
  },
  digest: {
    title: digestTitle,
    text: `{{headline}} up to {{due_at}}

{{#alerts}}
{{summary}}
You asked: “{{sentence}}”

${changes}
Source: {{source_url}}
{{#alert_url}}
In Torale: {{alert_url}}
{{/alert_url}}
Severity {{severity}} · confidence {{confidence}} · seen {{seen_at}}

————

{{/alerts}}
${noticesOfDigest}
`,
  },
};

/** Under a headline that says what happened, beside a link to the page. */
const chat: Templates = {
  alert: {
    title: '{{summary}}',
    text: `You asked: “{{sentence}}”

${changes}
{{site}} · severity {{severity}} · confidence {{confidence}} · seen {{seen_at}}
`,
  },
  notice: {
    title: '{{summary}}',
    text: `{{detail}}

{{#sentence}}
You asked: “{{sentence}}”
{{/sentence}}
`,
  },
  digest: {
    title: digestTitle,
    text: `{{#alerts}}
{{summary}}
{{#changes}}
{{#before}}
  − {{before}}
{{/before}}
{{#after}}
  + {{after}}
{{/after}}
{{#found}}
  {{found}}
{{/found}}
{{/changes}}
{{source_url}}

{{/alerts}}
${noticesOfDigest}
`,
  },
};

/** On a lock screen. */
const push: Templates = {
  alert: {
    title: '{{summary}}',
    text: `{{#changes}}
{{#before}}
− {{before}}
{{/before}}
{{#after}}
+ {{after}}
{{/after}}
{{#found}}
{{found}}
{{/found}}
{{/changes}}
You asked: “{{sentence}}”
`,
  },
  notice: { title: '{{summary}}', text: '{{detail}}\n' },
  digest: {
    title: digestTitle,
    text: `{{#alerts}}
{{summary}}
{{/alerts}}
{{#notices}}
{{summary}}
{{/notices}}
{{#more_items}}
… and {{more_items}}
{{/more_items}}
`,
  },
};

/** Torale's own words. */
export const defaultTemplates: Record<TemplateKind, Templates> = {
  email: mail,
  slack: chat,
  discord: chat,
  teams: chat,
  telegram: chat,
  ntfy: push,
  web_push: push,
};
