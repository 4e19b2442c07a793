import { html } from './html.ts';

describe('html', () => {
  it('escapes values in text and in quoted attributes', () => {
    const hostile = `"><script>alert('&')</script>`;
    expect(html`<a title="${hostile}">${hostile}</a>`.markup).toBe(
      '<a title="&quot;&gt;&lt;script&gt;alert(&apos;&amp;&apos;)&lt;/script&gt;">' +
        '&quot;&gt;&lt;script&gt;alert(&apos;&amp;&apos;)&lt;/script&gt;</a>',
    );
  });

  it('nests its own markup as it is, and lists of it', () => {
    const items = ['<1>', '<2>'].map((item) => html`<b>${item}</b>`);
    expect(html`<i>${items}</i>`.markup).toBe('<i><b>&lt;1&gt;</b><b>&lt;2&gt;</b></i>');
  });

  it('shows numbers and leaves nothing for null', () => {
    expect(html`${0}${null}`.markup).toBe('0');
  });
});
