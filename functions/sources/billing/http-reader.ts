/** Reads JSON of a vendor's API over HTTP: nothing but GET, patiently, without following redirects. */
import { type Asked, askPatiently, type Failure, type Pause, referenceOf, retryAfterMs } from './patience.ts';

const timeoutMs = 60_000;

/** The largest answer that is taken: a page of a hundred objects has a few megabytes at most. */
const largestBytes = 64 * 1024 * 1024;

export type Answer = { readonly body: unknown; readonly headers: Headers };

export type HttpReader = {
  /** The answer to a GET of a path, query included; null where there is no such object. */
  get(path: string): Promise<Answer | null>;
};

export type HttpReaderOptions = {
  readonly asked: Asked;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Sent with every request: authorization and API version. */
  readonly headers: Readonly<Record<string, string>>;
  /** What kind of thing a path asks for, without ids and queries: for messages. */
  readonly resourceOf: (path: string) => string;
  readonly pause?: Pause;
  /** How an answer becomes a value; left out: as JSON. */
  readonly parse?: (text: string) => unknown;
  /** How long a refusal asks to wait, in milliseconds; left out: as `Retry-After` says. */
  readonly waitMsOf?: (status: number, headers: Headers) => number;
};

class Refused extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`status ${failure.status}`);
    this.failure = failure;
  }
}

const noAnswer: Failure = { status: null, waitMs: 0, reference: '' };

const read = async (response: Response): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > largestBytes) throw new Refused(noAnswer);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** A reader of one account. Throws ReportErrors of kind `dependency` for what the vendor refuses or fails at. */
export const httpReader = ({
  asked,
  origin,
  headers,
  resourceOf,
  pause,
  parse = JSON.parse,
  waitMsOf = (_, told) => retryAfterMs(told.get('retry-after')),
}: HttpReaderOptions): HttpReader => {
  const ask = async (path: string): Promise<Answer> => {
    const response = await fetch(new URL(path, origin), {
      headers: { accept: 'application/json', ...headers },
      // A redirect would carry the key to wherever it points.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Refused({
        status: response.status,
        waitMs: waitMsOf(response.status, response.headers),
        reference: referenceOf(response.headers.get('x-request-id')),
      });
    }
    const body: unknown = parse(new TextDecoder('utf-8', { fatal: true }).decode(await read(response)));
    return { body, headers: response.headers };
  };
  return {
    get: (path) =>
      askPatiently(
        asked,
        resourceOf(path),
        () => ask(path),
        (error) => (error instanceof Refused ? error.failure : noAnswer),
        pause,
      ),
  };
};
