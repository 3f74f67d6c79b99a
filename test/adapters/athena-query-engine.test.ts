/** Athena over its real wire protocol, against a fake of it that runs on DuckDB. */
import { openFakeLake } from '../aws/fake-athena-lake.ts';
import { queryEngineContract } from '../contract/query-engine.ts';

queryEngineContract('Athena', async () => {
  const lake = await openFakeLake();
  return { engine: lake.engine(), again: async () => lake.engine({ run: 'run-2' }), dispose: lake.dispose };
});
