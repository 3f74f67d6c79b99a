/** A store over another: it keeps the contract, whether the other is empty or not, and the other stays as it was. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { overlayObjectStore } from '../../functions/adapters/overlay-object-store.ts';
import type { ObjectStore } from '../../functions/ports.ts';
import { objectStoreContract } from '../contract/object-store.ts';

objectStoreContract('an overlay', async () => {
  const root = await mkdtemp(join(tmpdir(), 'overlay-'));
  const open = () => overlayObjectStore(folderObjectStore(join(root, 'base')), folderObjectStore(join(root, 'own')));
  return { store: open(), again: open, dispose: () => rm(root, { recursive: true, force: true }) };
});

describe('an overlay over objects', () => {
  let root: string;
  let base: ObjectStore;
  let store: ObjectStore;
  let etag: string;
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  const read = async (from: ObjectStore, key: string) => new TextDecoder().decode((await from.get(key))?.bytes);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'overlay-'));
    base = folderObjectStore(join(root, 'base'));
    store = overlayObjectStore(base, folderObjectStore(join(root, 'own')));
    etag = (await base.put('a/below', bytesOf('below')))!;
    await base.put('b', bytesOf('below'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  test('what lies below is seen, read and listed once', async () => {
    await store.put('a/above', bytesOf('above'));
    await store.put('b', bytesOf('above'));
    expect(await Array.fromAsync(store.list(''))).toEqual(['a/above', 'a/below', 'b']);
    expect(await read(store, 'a/below')).toBe('below');
    expect(await read(store, 'b')).toBe('above');
    expect(await store.localFile('a/below')).toBe(await base.localFile('a/below'));
  });

  test('conditions judge what is seen: of many writers one wins, and nothing reaches the base', async () => {
    expect(await store.put('a/below', bytesOf('x'), { ifAbsent: true })).toBeNull();
    expect(await store.put('a/below', bytesOf('x'), { ifMatch: 'other' })).toBeNull();
    const writers = Array.from({ length: 8 }, (_, at) => store.put('a/below', bytesOf(`${at}`), { ifMatch: etag }));
    expect((await Promise.all(writers)).filter((written) => written !== null)).toHaveLength(1);
    const mine = (await store.get('a/below'))?.etag ?? '';
    expect(await store.put('a/below', bytesOf('again'), { ifMatch: etag })).toBeNull();
    expect(await store.put('a/below', bytesOf('again'), { ifMatch: mine })).not.toBeNull();
    expect(await read(base, 'a/below')).toBe('below');
  });

  test('a moved file stays above', async () => {
    const path = join(root, 'file');
    await writeFile(path, 'above');
    await store.putFile('b', path);
    expect(await read(store, 'b')).toBe('above');
    expect(await read(base, 'b')).toBe('below');
  });
});
