/** Keeps the walls up: who may import whom, and what core and the queries never say. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queryNames } from '../functions/queries/sql.ts';

const root = join(import.meta.dirname, '..');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const functions = readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
  .map((name) => `functions/${name}`)
  .sort();
const code = functions.filter((name) => name.endsWith('.ts'));
const queries = functions.filter((name) => name.endsWith('.sql'));

/** What a file imports, types included: packages by name, files by their path from the root. */
const importsOf = (file: string): string[] =>
  [...textOf(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) =>
    name.startsWith('.') ? normalize(join(dirname(file), name)) : name,
  );

const isCore = (file: string) => file.startsWith('functions/core/');
const isAdapter = (file: string) => file.startsWith('functions/adapters/');
const technology = (file: string) => basename(file).split(/[-.]/)[0];
const composes = (file: string) => /^functions\/(compose-|cli\b)/.test(file);
const isOutside = (file: string) => composes(file) || file.startsWith('functions/handlers/');

type Wall = [told: string, inside: (file: string) => boolean, allowed: (name: string, file: string) => boolean];

const walls: readonly Wall[] = [
  ['core imports core, decimal.js and zod alone', isCore, (name) => isCore(name) || /^(decimal\.js|zod)$/.test(name)],
  [
    'an adapter imports no adapter of another technology',
    isAdapter,
    (name, file) => !isAdapter(name) || technology(name) === technology(file),
  ],
  [
    'adapters are built where worlds are composed and by the command line alone',
    (file) => !composes(file) && !isAdapter(file),
    (name) => !isAdapter(name),
  ],
  ['nothing inside knows what is outside', (file) => !isOutside(file), (name) => !isOutside(name)],
];

it.each(walls)('%s', (_told, inside, allowed) => {
  const across = code
    .filter(inside)
    .flatMap((file) => importsOf(file).flatMap((name) => (allowed(name, file) ? [] : [`${file} imports ${name}`])));
  expect(across).toEqual([]);
});

it.each(['new Date(', 'Date.now', 'Number(', 'parseFloat', 'Math.round', 'Math.random', 'process.'])(
  'core never says %s',
  (words) => expect(code.filter((file) => isCore(file) && textOf(file).includes(words))).toEqual([]),
);

describe('the queries', () => {
  it('are all named, and all asked', () => {
    expect(queries.map((file) => basename(file, '.sql')).sort()).toEqual([...queryNames].sort());
    const asked = textOf('functions/lake/lineage.ts') + textOf('functions/doctor/crm-questions.ts');
    expect(queryNames.filter((name) => !asked.includes(`'${name}'`))).toEqual([]);
  });

  it.each([/::/, /\//, /\bavg *\(/i, /\b(QUALIFY|EXCLUDE|DOUBLE|REAL|FLOAT)\b/i, /\b(GROUP|ORDER) BY ALL\b/i])(
    'say nothing that engines read differently: %s',
    (pattern) => expect(queries.filter((file) => pattern.test(textOf(file).replaceAll(/--[^\n]*/g, '')))).toEqual([]),
  );
});
