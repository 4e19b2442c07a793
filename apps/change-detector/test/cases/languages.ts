import type { Case } from './case.ts';

const shop = (name: string, line: string) => [`# ${name}`, line];

/** German, French, Spanish, Italian, Japanese. */
export const languages: Case[] = [
  { why: 'German: a price in its notation', before: shop('Kamera', 'Preis: 1.299,00 €'), after: shop('Kamera', 'Preis: 1.199,00 €'), verdict: 'alert', says: '1.199,00 €' },
  { why: 'German: the same price in another notation', before: shop('Kamera', 'Preis: 1.299,00 €'), after: shop('Kamera', 'Preis: 1299 €'), verdict: 'noise' },
  { why: 'German: sold out', before: shop('Kamera', 'Auf Lager'), after: shop('Kamera', 'Ausverkauft'), verdict: 'alert', says: 'Ausverkauft' },
  { why: 'German: a date', before: shop('Fest', 'Beginn: 3. März 2027'), after: shop('Fest', 'Beginn: 10. März 2027'), verdict: 'alert', says: '10. März 2027' },
  { why: 'German: an age', before: shop('Blog', 'vor 3 Minuten'), after: shop('Blog', 'vor 2 Stunden'), verdict: 'noise' },
  { why: 'German: a negation', before: shop('Regeln', 'Hunde sind erlaubt.'), after: shop('Regeln', 'Hunde sind nicht erlaubt.'), verdict: 'alert', says: 'nicht' },
  { why: 'German: a condition', ask: 'Tell me when the Kamera drops below 500 €', before: shop('Kamera', '549,00 €'), after: shop('Kamera', '499,00 €'), verdict: 'alert' },
  { why: 'French: a price', before: shop('Appareil', 'Prix : 1 299,00 €'), after: shop('Appareil', 'Prix : 1 199,00 €'), verdict: 'alert', says: '1 199,00 €' },
  { why: 'French: sold out', before: shop('Appareil', 'En stock'), after: shop('Appareil', 'En rupture de stock'), verdict: 'alert' },
  { why: 'French: a date', before: shop('Concert', 'Le 3 mars 2027'), after: shop('Concert', 'Le 10 avril 2027'), verdict: 'alert', says: 'avril 2027' },
  { why: 'French: an age', before: shop('Blog', 'il y a 3 minutes'), after: shop('Blog', 'il y a 2 heures'), verdict: 'noise' },
  { why: 'French: a negation', before: shop('Règles', 'Les chiens sont admis.'), after: shop('Règles', 'Les chiens ne sont pas admis.'), verdict: 'alert', says: 'pas' },
  { why: 'Spanish: a price', before: shop('Cámara', 'Precio: 1.299,00 €'), after: shop('Cámara', 'Precio: 999,00 €'), verdict: 'alert', says: '999,00 €' },
  { why: 'Spanish: sold out', before: shop('Cámara', 'Disponible'), after: shop('Cámara', 'Agotado'), verdict: 'alert', says: 'Agotado' },
  { why: 'Spanish: a date', before: shop('Feria', 'Empieza el 3 de marzo de 2027'), after: shop('Feria', 'Empieza el 10 de abril de 2027'), verdict: 'alert', says: 'abril' },
  { why: 'Spanish: an age', before: shop('Blog', 'hace 3 minutos'), after: shop('Blog', 'hace 2 horas'), verdict: 'noise' },
  { why: 'Italian: a price', before: shop('Fotocamera', 'Prezzo: 549,00 €'), after: shop('Fotocamera', 'Prezzo: 499,00 €'), verdict: 'alert', says: '499,00 €' },
  { why: 'Italian: sold out', before: shop('Fotocamera', 'Disponibile'), after: shop('Fotocamera', 'Esaurito'), verdict: 'alert', says: 'Esaurito' },
  { why: 'Italian: a date', before: shop('Festa', 'Inizio: 3 marzo 2027'), after: shop('Festa', 'Inizio: 10 aprile 2027'), verdict: 'alert', says: 'aprile' },
  { why: 'Japanese: a price', before: shop('カメラ', '価格 ¥54,900'), after: shop('カメラ', '価格 ¥49,900'), verdict: 'alert', says: '¥49,900' },
  { why: 'Japanese: sold out', before: shop('カメラ', '在庫あり'), after: shop('カメラ', '在庫切れ'), verdict: 'alert', says: '在庫切れ' },
  { why: 'Japanese: a date', before: shop('発売', '2027年3月3日'), after: shop('発売', '2027年4月10日'), verdict: 'alert' },
  { why: 'Japanese: full-width digits are digits', before: shop('カメラ', '価格 ¥５４９００'), after: shop('カメラ', '価格 ¥54900'), verdict: 'unchanged' },
]; // prettier-ignore
