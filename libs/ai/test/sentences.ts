/**
 * What people watch and what pages say, for judging an embedder. The constants of scripts/build-word-vectors.mjs were
 * chosen among those of the papers by these sentences, so expect somewhat less in life.
 */

/** The same fact said twice. */
export const paraphrases: readonly (readonly [string, string])[] = [
  ['The store opens again on Monday', 'We reopen our shop this coming Monday'],
  ['Shipping to Canada is now free of charge', 'Canadian customers no longer pay for delivery'],
  ['The conference was moved to Lisbon', 'Lisbon will now host the event'],
  ['Tickets for the concert go on sale in March', 'You can buy concert tickets starting in March'],
  ['The chief executive stepped down', 'The CEO has resigned from the company'],
  [
    'This phone will receive security updates for seven years',
    'Seven years of security patches for the handset',
  ],
  ['The library fixed a memory leak in the parser', 'A parser bug that leaked memory was corrected'],
  ['Applications close at the end of June', 'The deadline to apply is the last day of June'],
  ['The museum raised the price of admission', 'Entry to the museum costs more than before'],
  ['Heavy rain is expected in the north tomorrow', 'Forecasters predict strong rainfall in northern areas'],
  ['The train line is closed because of repairs', 'No trains run on this route due to maintenance work'],
  ['The court rejected the appeal', 'Judges dismissed the company appeal'],
  ['The vaccine is available to all adults', 'Every adult can now get the vaccine'],
  ['Two players were injured during training', 'A pair of athletes got hurt at practice'],
  ['The apartment has already been rented', 'This flat is no longer available to tenants'],
  ['A new version of the operating system is out', 'The operating system has got a new release'],
];

/** Sentences about nothing in common. */
export const unrelated: readonly (readonly [string, string])[] = [
  ['The store opens again on Monday', 'A parser bug that leaked memory was corrected'],
  ['Shipping to Canada is now free of charge', 'Judges dismissed the company appeal'],
  ['The conference was moved to Lisbon', 'Every adult can now get the vaccine'],
  ['Tickets for the concert go on sale in March', 'Seven years of security patches for the handset'],
  ['The chief executive stepped down', 'Forecasters predict strong rainfall in northern areas'],
  ['This phone will receive security updates for seven years', 'This flat is no longer available to tenants'],
  ['The library fixed a memory leak in the parser', 'Lisbon will now host the event'],
  ['Applications close at the end of June', 'A pair of athletes got hurt at practice'],
  ['The museum raised the price of admission', 'The operating system has got a new release'],
  ['Heavy rain is expected in the north tomorrow', 'You can buy concert tickets starting in March'],
  ['The train line is closed because of repairs', 'The deadline to apply is the last day of June'],
  ['The court rejected the appeal', 'Canadian customers no longer pay for delivery'],
  ['The vaccine is available to all adults', 'No trains run on this route due to maintenance work'],
  ['Two players were injured during training', 'Entry to the museum costs more than before'],
  ['The apartment has already been rented', 'The CEO has resigned from the company'],
  ['A new version of the operating system is out', 'We reopen our shop this coming Monday'],
];

/** What a user asks for, and the one block among all of them that answers it. */
export const retrieval: readonly (readonly [query: string, block: string])[] = [
  [
    'tell me when the headphones get cheaper',
    'Wireless headphones, noise cancelling: now $199 instead of $249',
  ],
  [
    'when does the next Pixel come out',
    'Google announces that the new Pixel phone will be released in October',
  ],
  [
    'let me know if the visa rules change',
    'Travellers need an electronic authorisation before entering the country',
  ],
  ['is the national park open again', 'All hiking trails and campgrounds reopened after the wildfire'],
  [
    'new vulnerabilities in the database server',
    'Security advisory: remote attackers can read arbitrary database rows',
  ],
  ['job openings for nurses', 'The hospital is hiring registered nurses and midwives for its new ward'],
  [
    'when can I pre-order the console',
    'Preorders for the gaming console start next week at selected retailers',
  ],
  ['interest rate decision', 'The central bank kept its benchmark rate unchanged at four percent'],
  ['is the service down', 'We are investigating an outage affecting logins and API requests'],
  ['new season of the series', 'The show was renewed and its third season premieres in autumn'],
  ['changes to the privacy policy', 'We updated how we collect, share and retain your personal data'],
  ['cheap flights to Tokyo', 'Return tickets from Frankfurt to Japan on sale from 480 euros'],
  [
    'when are exam results published',
    'Students will receive their final grades by e-mail in the second week of July',
  ],
  [
    'new papers about battery recycling',
    'Researchers recover lithium and cobalt from used cells with a mild solvent',
  ],
  ['is the sofa back in stock', 'Three-seat couch, grey fabric: available again, ships within five days'],
  [
    'who won the election',
    'With all ballots counted, the incumbent mayor was defeated by four thousand votes',
  ],
];

/** Other languages: a block as it was, as it is after an edit, and another block of the same page. */
export const foreignEdits: readonly (readonly [before: string, after: string, other: string])[] = [
  [
    'Der Preis des Fahrrads beträgt 549 Euro',
    'Der Preis des Fahrrads beträgt jetzt 499 Euro',
    'Unsere Werkstatt bleibt im August geschlossen',
  ],
  [
    'Le musée est fermé jusqu’au 3 mai',
    'Le musée est fermé jusqu’au 10 mai',
    'Abonnez-vous à notre lettre d’information',
  ],
  [
    'Las entradas salen a la venta el lunes',
    'Las entradas salen a la venta el viernes',
    'Cómo llegar en transporte público',
  ],
  [
    'Продажа билетов начнётся в марте',
    'Продажа билетов начнётся в апреле',
    'Правила возврата и обмена товара',
  ],
  ['新製品は十月に発売予定です', '新製品は十一月に発売予定です', '店舗の営業時間についてのお知らせ'],
  ['门票价格为一百二十元', '门票价格为一百五十元', '请在入口处出示您的护照'],
  ['접수 기간은 6월 30일까지입니다', '접수 기간은 7월 15일까지입니다', '주차장은 이용하실 수 없습니다'],
  ['يبدأ بيع التذاكر يوم الاثنين', 'يبدأ بيع التذاكر يوم الجمعة', 'سياسة الخصوصية وشروط الاستخدام'],
  [
    'Η τιμή του εισιτηρίου είναι 20 ευρώ',
    'Η τιμή του εισιτηρίου είναι 25 ευρώ',
    'Επικοινωνήστε με την υποστήριξη',
  ],
];
