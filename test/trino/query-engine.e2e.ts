/** A real Trino keeps the promises of a query engine, over a lake in a folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryEngineContract } from '../contract/query-engine.ts';
import { trinoOver } from './engine.ts';

queryEngineContract('Trino', async () => {
  const home = await mkdtemp(join(tmpdir(), "it's a [home] "));
  const trino = trinoOver(home);
  return {
    engine: await trino.open(),
    again: trino.open,
    dispose: async () => {
      await trino.dispose();
      await rm(home, { recursive: true, force: true });
    },
  };
});
