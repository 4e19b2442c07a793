import { binaryKindOf, documentKindOf } from './document-kind.ts';

test.each([
  ['feed', '<?xml version="1.0"?>\n<!-- made by hand -->\n<rss version="2.0"><channel/></rss>', 'text/html'],
  ['feed', '<feed xmlns="http://www.w3.org/2005/Atom"></feed>', 'text/plain'],
  ['feed', '\ufeff<?xml version="1.0"?><?xml-stylesheet href="a.xsl"?><rdf:RDF></rdf:RDF>', ''],
  ['feed', '{"version": "https://jsonfeed.org/version/1.1", "items": []}', 'application/json'],
  ['json', ' {"price": 5}', 'text/html'],
  ['json', '[1, 2]', ''],
  ['html', '<!DOCTYPE html><p>a', 'text/plain'],
  [
    'html',
    '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0"><html xmlns="a">',
    'application/xhtml+xml',
  ],
  ['html', 'Hello', 'text/html; charset=utf-8'],
  ['html', 'Hello <p>there</p>', ''],
  ['html', '{not json} <b>a</b>', 'text/html'],
  ['text', 'Hello <p>there</p>', 'text/plain'],
  ['text', 'Hello', ''],
  ['unsupported', '<svg xmlns="http://www.w3.org/2000/svg"></svg>', 'image/svg+xml'],
  ['sitemap', '<?xml version="1.0"?><urlset></urlset>', 'application/xml'],
  ['calendar', 'BEGIN:VCALENDAR\r\nEND:VCALENDAR', 'text/plain'],
  ['csv', 'a;b;c\n1;2;3\n4;5;6\n7;8;9', 'application/octet-stream'],
  ['text', 'One, two, three\nfour', 'application/octet-stream'],
  ['markdown', '# A', 'text/markdown'],
  ['unsupported', '<?xml version="1.0"?><prices><price>5</price></prices>', 'application/xml'],
])('%s: %s', (kind, text, contentType) => {
  expect(documentKindOf(text, contentType)).toBe(kind);
});

test('files that hold no text are told by their bytes', () => {
  expect(binaryKindOf(Buffer.from('%PDF-1.7 \n'))).toBe('pdf');
  expect(binaryKindOf(Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]))).toBe('binary');
  expect(binaryKindOf(Buffer.from('\ufeffplain', 'utf16le'))).toBeUndefined();
  expect(binaryKindOf(Buffer.from('plain'))).toBeUndefined();
});
