import iconv from 'iconv-lite';
import { decodeBody } from './decode-body.ts';

const encoded = (text: string, charset: string) => iconv.encode(text, charset);

test.each([
  [
    'a byte order mark beats the header',
    iconv.encode('grün', 'utf-16le', { addBOM: true }),
    'text/html; charset=utf-8',
  ],
  ['the header', encoded('grün', 'iso-8859-1'), 'text/html; charset="ISO-8859-1"'],
  [
    'the header beats meta',
    encoded('<meta charset="utf-8">grün', 'windows-1252'),
    'text/html; charset=windows-1252',
  ],
  ['meta', encoded('<html><head><meta charset=iso-8859-15>grün', 'iso-8859-15'), 'text/html'],
  [
    'meta of old',
    encoded('<meta http-equiv="Content-Type" content="text/html; charset=windows-1250">grün', 'windows-1250'),
    'text/html',
  ],
  ['the XML declaration', encoded('<?xml version="1.0" encoding="ISO-8859-1"?><a>grün</a>', 'latin1'), ''],
  ['UTF-8, unsaid', Buffer.from('grün'), ''],
  ['a label nobody knows', Buffer.from('grün'), 'text/html; charset=utf-9'],
  ['meta that says UTF-16 in ASCII', Buffer.from('<meta charset="utf-16">grün'), ''],
])('%s', (_name, body, contentType) => {
  expect(decodeBody(body, contentType)).toMatch(/grün(<\/a>)?$/);
});

test.each([
  ['windows-1251', 'Цена на билеты изменится первого июня, сообщает администрация музея.'],
  ['shift_jis', '来月から入場料が変わります。詳しくは公式サイトをご覧ください。'],
  ['euc-kr', '다음 달부터 입장료가 변경됩니다. 자세한 내용은 공식 사이트를 참조하세요.'],
  ['big5', '下個月起門票價格將會調整，詳情請參閱官方網站。'],
  ['windows-1252', 'Le prix du café augmente à Évreux : 2 € dès l’été, précise la société.'],
])('%s is guessed', (charset, text) => {
  expect(decodeBody(encoded(text.repeat(4), charset))).toBe(text.repeat(4));
});
