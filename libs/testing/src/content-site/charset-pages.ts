import iconv from 'iconv-lite';
import { type ContentPage, typed } from './content-page.ts';

const page = (name: string, body: Buffer, type: string | undefined, text: string): ContentPage => ({
  name,
  answer: typed(type, body),
  outcome: 'ok',
  blocks: [`heading: ${text}`],
});
const japanese = '入場料は来月から千二百円に変わります。詳しくは公式サイトをご覧ください';
const russian = 'Цена на билеты изменится первого июня, сообщает администрация музея';

/** The same heading in every encoding that it may come in, told or not. */
export const charsetPages: ContentPage[] = [
  page('UTF-8 by the header', Buffer.from('<h1>Grün €5</h1>'), 'text/html; charset=utf-8', 'Grün €5'),
  page('UTF-8 and nothing said', Buffer.from('<h1>Grün €5</h1>'), 'text/html', 'Grün €5'),
  page('UTF-8 without any header', Buffer.from('<h1>Grün €5</h1>'), undefined, 'Grün €5'),
  page(
    'a byte order mark of UTF-8 against a header that lies',
    Buffer.from('\ufeff<h1>Grün €5</h1>'),
    'text/html; charset=iso-8859-1',
    'Grün €5',
  ),
  page(
    'UTF-16 by its byte order mark',
    iconv.encode('<h1>Grün €5</h1>', 'utf-16le', { addBOM: true }),
    'text/html',
    'Grün €5',
  ),
  page(
    'UTF-16, the other way round',
    iconv.encode('<h1>Grün €5</h1>', 'utf-16be', { addBOM: true }),
    'text/html',
    'Grün €5',
  ),
  page(
    'windows-1252 by the header',
    iconv.encode('<h1>Grün €5</h1>', 'windows-1252'),
    'text/html; charset=windows-1252',
    'Grün €5',
  ),
  page(
    'ISO 8859-1 is read as windows-1252, as browsers do',
    iconv.encode('<h1>Grün €5</h1>', 'windows-1252'),
    'text/html; charset=ISO-8859-1',
    'Grün €5',
  ),
  page(
    'a header between quotes',
    iconv.encode('<h1>Grün</h1>', 'windows-1252'),
    'text/html;charset="windows-1252"',
    'Grün',
  ),
  page('a charset that nobody knows', Buffer.from('<h1>Grün</h1>'), 'text/html; charset=utf-9', 'Grün'),
  page(
    'Shift-JIS by meta',
    iconv.encode(`<meta charset="shift_jis"><h1>${japanese}</h1>`, 'shift_jis'),
    'text/html',
    japanese,
  ),
  page(
    'Shift-JIS that nobody names',
    iconv.encode(`<h1>${japanese}</h1>`, 'shift_jis'),
    'text/html',
    japanese,
  ),
  page(
    'EUC-JP by the meta of old',
    iconv.encode(
      `<meta http-equiv="Content-Type" content="text/html; charset=euc-jp"><h1>${japanese}</h1>`,
      'euc-jp',
    ),
    'text/html',
    japanese,
  ),
  page(
    'windows-1251 that nobody names',
    iconv.encode(`<h1>${russian}</h1>`, 'windows-1251'),
    'text/html',
    russian,
  ),
  page(
    'meta after a comment of two thousand characters',
    iconv.encode(
      `<!--${'x'.repeat(2000)}--><meta charset="windows-1251"><h1>${russian}</h1>`,
      'windows-1251',
    ),
    'text/html',
    russian,
  ),
  page(
    'meta that says UTF-16 and cannot mean it',
    Buffer.from('<meta charset="utf-16"><h1>Grün</h1>'),
    'text/html',
    'Grün',
  ),
  page(
    'a broken byte among UTF-8',
    Buffer.concat([Buffer.from('<meta charset="utf-8"><h1>Gr'), Buffer.from([0xff]), Buffer.from('n</h1>')]),
    'text/html',
    'Gr�n',
  ),
];
