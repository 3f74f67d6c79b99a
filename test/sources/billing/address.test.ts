/** Addresses of sources: accounts with settings, and folders. */
import { describe, expect, it } from 'vitest';
import { settingsIn } from '../../../functions/sources/billing/address.ts';
import { vendorOf } from '../../../functions/sources/billing/vendors.ts';
import { folderOf } from '../../../functions/sources/folder-address.ts';

const form = { name: 'vendor', title: 'Vendor', known: ['site', 'parent'], example: 'vendor:?site=acme' };

it('has the settings behind the question mark', () => {
  expect([...settingsIn(form, 'vendor:')]).toEqual([]);
  expect([...settingsIn(form, 'vendor:?site=acme&parent=group%20id')]).toEqual([
    ['site', 'acme'],
    ['parent', 'group id'],
  ]);
});

it.each([
  ['vendors:?site=a', 'write vendor: and nothing'],
  ['vendor:?', 'write vendor: and nothing'],
  ['vendor:site=a', 'write vendor: and nothing'],
  ['vendor:?site=a&site=b', 'site is there twice'],
  ['vendor:?key=secret', 'a setting that is none of site, parent'],
  ['vendor:?secret', 'a setting that is none of site, parent'],
  ['vendor:?site=', 'site is empty'],
])('refuses %s', (address, problem) => {
  expect(() => settingsIn(form, address)).toThrow(problem);
  expect(() => settingsIn(form, address)).not.toThrow('secret');
});

describe('a folder', () => {
  it('may be called files:', () => {
    expect(folderOf('files:a/b c')).toBe('a/b c');
    expect(folderOf('stripes')).toBe('stripes');
    expect(() => folderOf('files:')).toThrow('names no folder');
  });

  it('is what no vendor is', () => {
    expect(vendorOf('stripe')).toBeNull();
    expect(vendorOf('./stripe:')).toBeNull();
    expect(vendorOf('stripe:?parent=x')?.title).toBe('Stripe');
  });
});
