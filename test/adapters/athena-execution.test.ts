/** What becomes of a query on Athena when the service, the network or the caller does not hold. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { QueryCost } from '../../functions/adapters/athena-query-engine.ts';
import { type FakeLake, openFakeLake } from '../aws/fake-athena-lake.ts';

let lake: FakeLake;
beforeAll(async () => {
  lake = await openFakeLake();
});
beforeEach(() => lake.reset());
afterAll(() => lake.dispose());

const sql = 'SELECT 1 AS one';
const rows = [{ one: '1' }];
const states = () => lake.athena.executions().map(({ state }) => state);
const failure = (code: string, message = /./) => ({
  kind: 'dependency',
  code,
  message: expect.stringMatching(message),
  hint: expect.stringMatching(/\w{3}/),
});

describe('throttling and broken connections', () => {
  test('a throttled call is made again, and starts no second query', async () => {
    lake.athena.faults.throttle = 5;
    expect(await lake.engine().query(sql, [])).toEqual(rows);
    expect(states()).toEqual(['SUCCEEDED']);
    expect(lake.athena.faults.throttle).toBe(0);
  });

  test('waits are drawn from ever wider ranges, up to a limit', async () => {
    lake.athena.faults.throttle = 9;
    const waits: number[] = [];
    const pause = async (ms: number) => void waits.push(ms);
    await lake.engine({ time: { now: Date.now, sleep: pause, random: () => 0.5 } }).query(sql, []);
    expect(waits.slice(0, 9)).toEqual([125, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test('who is throttled for good is told so', async () => {
    lake.athena.faults.throttle = 100;
    await expect(lake.engine({ tries: 4 }).query(sql, [])).rejects.toMatchObject(
      failure('QUERY_REFUSED', /ThrottlingException|TooManyRequestsException/),
    );
    expect(lake.athena.faults.throttle).toBe(96);
  });

  test('a start whose answer is lost is asked for again and gives the same query', async () => {
    lake.athena.faults.lose = 1;
    expect(await lake.engine().query(sql, [])).toEqual(rows);
    expect(lake.athena.executions().map(({ starts }) => starts)).toEqual([2]);
  });

  test('the catalog may throttle as well', async () => {
    lake.glue.throttle = 3;
    expect(await lake.engine().has({ table: 'book', month: '2026-10', version: 'v' })).toBe(false);
    expect(lake.glue.throttle).toBe(0);
  });
});

describe('failed queries', () => {
  const passing = { reason: 'INTERNAL_ERROR_QUERY_ENGINE', retryable: true };

  test('a failure that may pass gets another attempt; both are told', async () => {
    lake.athena.faults.fail = [passing, passing];
    const costs: QueryCost[] = [];
    const engine = lake.engine({ onQuery: (cost) => void costs.push(cost) });
    expect(await engine.query(sql, [])).toEqual(rows);
    expect(states()).toEqual(['FAILED', 'FAILED', 'SUCCEEDED']);
    expect(costs.map(({ queryExecutionId }) => queryExecutionId)).toEqual(lake.athena.executions().map(({ id }) => id));
  });

  test('after three it is the failure of the run, in the words of Athena', async () => {
    lake.athena.faults.fail = [passing, passing, passing, passing];
    await expect(lake.engine().query(sql, [])).rejects.toMatchObject(
      failure('QUERY_FAILED', /INTERNAL_ERROR_QUERY_ENGINE/),
    );
    expect(states()).toEqual(['FAILED', 'FAILED', 'FAILED']);
  });

  test('one that will not pass gets no other attempt', async () => {
    lake.athena.faults.fail = [{ reason: 'PERMISSION_DENIED: s3://lake', retryable: false }];
    await expect(lake.engine().query(sql, [])).rejects.toMatchObject(failure('QUERY_FAILED', /PERMISSION_DENIED/));
    expect(states()).toEqual(['FAILED']);
  });

  test('who asks again has seen to its cause: an old failure is not the answer', async () => {
    lake.athena.faults.fail = [{ reason: 'PERMISSION_DENIED', retryable: false }];
    await lake
      .engine()
      .query(sql, [])
      .catch(() => {});
    await sleep(5);
    expect(await lake.engine().query(sql, [])).toEqual(rows);
    expect(states()).toEqual(['FAILED', 'SUCCEEDED']);
  });

  test('a query that somebody cancels, or the workgroup for its size, is not tried again', async () => {
    lake.athena.faults.fail = [{ reason: 'Bytes scanned limit was exceeded', retryable: false, cancel: true }];
    await expect(lake.engine().query(sql, [])).rejects.toMatchObject(
      failure('QUERY_CANCELLED', /Bytes scanned limit was exceeded/),
    );
    expect(states()).toEqual(['CANCELLED']);
  });

  test('a statement that Athena would not take is not sent', async () => {
    await expect(lake.engine().query(`SELECT '${'x'.repeat(262_144)}' AS x`, [])).rejects.toMatchObject(
      failure('QUERY_FAILED', /262158 bytes/),
    );
    expect(states()).toEqual([]);
  });

  test('a workgroup that lets results go elsewhere is refused', async () => {
    lake.athena.moveResults('s3://elsewhere/');
    await expect(lake.engine().query(sql, [])).rejects.toMatchObject(failure('WORKGROUP_CHANGED', /elsewhere/));
  });
});

describe('a caller whose time is short', () => {
  test('leaves a query running, and the next call takes it up', async () => {
    lake.athena.faults.delayMs = 300;
    let left = 20_000;
    const short = lake.engine({ remaining: () => left });
    const asked = short.query(sql, []);
    setTimeout(() => {
      left = 15_001;
    }, 50);
    await expect(asked).rejects.toMatchObject(failure('QUERY_UNFINISHED'));
    expect(states()).toEqual(['RUNNING']);
    expect(await lake.engine().query(sql, [])).toEqual(rows);
    expect(lake.athena.executions().map(({ starts }) => starts)).toEqual([2]);
  });

  test('begins nothing that it cannot follow', async () => {
    await expect(lake.engine({ remaining: () => 14_999 }).query(sql, [])).rejects.toMatchObject(
      failure('QUERY_UNFINISHED'),
    );
    expect(states()).toEqual([]);
  });

  test('does not spend it waiting out a throttle', async () => {
    lake.athena.faults.throttle = 100;
    const engine = lake.engine({
      remaining: () => 15_500,
      time: { now: Date.now, sleep: async () => {}, random: () => 1 },
    });
    await expect(engine.query(sql, [])).rejects.toMatchObject(failure('QUERY_UNFINISHED'));
  });

  test('that is killed has its query found by who comes after it', async () => {
    lake.athena.faults.delayMs = 100;
    const killed = lake.engine({ time: { now: Date.now, sleep: () => new Promise(() => {}), random: () => 1 } });
    void killed.query(sql, []);
    await expect.poll(states).toEqual(['RUNNING']);
    expect(await lake.engine().query(sql, [])).toEqual(rows);
    expect(states()).toEqual(['SUCCEEDED']);
  });

  test('another run asks anew', async () => {
    await lake.engine({ run: 'a' }).query(sql, []);
    await lake.engine({ run: 'b' }).query(sql, []);
    expect(states()).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  });
});

describe('a query that does not end', () => {
  test('is stopped, told, and gets another attempt from who asks again', async () => {
    lake.athena.faults.stall = 1;
    const costs: QueryCost[] = [];
    const engine = lake.engine({ stuckAfterMs: 150, onQuery: (cost) => void costs.push(cost) });
    await expect(engine.query(sql, [])).rejects.toMatchObject(failure('QUERY_TIMED_OUT', /stopped/));
    expect(states()).toEqual(['CANCELLED']);
    expect(costs).toHaveLength(1);
    await sleep(5);
    expect(await engine.query(sql, [])).toEqual(rows);
    expect(states()).toEqual(['CANCELLED', 'SUCCEEDED']);
  });
});

describe('results', () => {
  const numbers = (count: number) => `SELECT n FROM range(${count}) AS t (n) ORDER BY 1`;

  test.each([0, 998, 999, 1000, 2500])('%i rows come whole and in order', async (count) => {
    const found = await lake.engine().query(numbers(count), []);
    expect(found.map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, n) => `${n}`));
  });

  test('a row that reads like the header is a row', async () => {
    expect(await lake.engine().query("SELECT 'x' AS x", [])).toEqual([{ x: 'x' }]);
  });

  test('NULL and empty text are two things', async () => {
    expect(await lake.engine().query("SELECT '' AS empty, CAST(NULL AS VARCHAR) AS nothing", [])).toEqual([
      { empty: '', nothing: null },
    ]);
  });

  test('a result that has expired is made again', async () => {
    const path = join(lake.root, 'out.csv');
    await lake.engine().query(sql, []);
    await lake.engine().exportCsv("SELECT '=1' AS cell", [], path);
    await lake.athena.expire();
    await sleep(5);
    expect(await lake.engine().query(sql, [])).toEqual(rows);
    await lake.engine().exportCsv("SELECT '=1' AS cell", [], `${path}.2`);
    expect(await readFile(`${path}.2`, 'utf8')).toBe(await readFile(path, 'utf8'));
    expect(states()).toHaveLength(4);
  });
});

describe('what is sent', () => {
  test('has no comments; text and names that look like one stay', async () => {
    const found = await lake.engine().query(
      `-- what for
       SELECT 'a -- b' AS one, -- it's the first
         'it''s -- "so"' AS "two--2" -- last`,
      [],
    );
    expect(found).toEqual([{ one: 'a -- b', 'two--2': `it's -- "so"` }]);
    const [execution] = lake.athena.executions();
    expect(execution?.sql).not.toMatch(/what for|first|last/);
  });

  test('names the workgroup and the database', async () => {
    await lake.engine().query(sql, []);
    expect(lake.athena.executions()).toMatchObject([{ workgroup: 'retention', database: 'retention' }]);
  });

  test('goes out so many at a time', async () => {
    lake.athena.faults.delayMs = 40;
    const engine = lake.engine({ concurrency: 2 });
    await Promise.all(Array.from({ length: 6 }, (_, at) => engine.query(`SELECT ${at} AS n`, [])));
    const executions = lake.athena.executions();
    const together = executions.map(
      ({ submitted }) =>
        executions.filter((other) => other.submitted <= submitted && (other.completed ?? 0) > submitted).length,
    );
    expect(Math.max(...together)).toBe(2);
    expect(engine.concurrency).toBe(2);
  });
});

test.each([
  ['a results location without an end', { results: 's3://results/queries' }],
  ['a results location elsewhere', { results: '/results/' }],
  ['a run without a name', { run: '' }],
  ['a bucket that is none', { lake: { bucket: 'Lake!' } }],
  ['a database that is none', { database: "x'; --" }],
  ['no query at a time', { concurrency: 0 }],
])('%s is refused before anything is asked', (_, options) => {
  expect(() => lake.engine(options)).toThrow();
});
