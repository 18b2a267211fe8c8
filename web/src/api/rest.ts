/**
 * One place where requests leave: JSON, bearer token, problem documents, one renewal of an expired token.
 *
 * Leaves the tokens to `Credentials` and the meaning of paths to `endpoints.ts`.
 */
import { Problem, Unreachable, problemOf } from './problem.ts';
import { uuidv7 } from './uuid.ts';

/** Who asks. `renew` gives a token other than `stale`, or throws. */
export interface Credentials {
  access(): string;
  renew(stale: string): Promise<string>;
}

export interface RequestOptions {
  body?: unknown;
  query?: Readonly<Record<string, string | number | undefined>>;
  /** The same key makes a repeated POST harmless; one is made up where none is given. */
  idempotencyKey?: string;
  /** The request goes on when the page goes. */
  keepalive?: boolean;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const TIMEOUT_MS = 15_000;

export class Rest {
  constructor(
    private readonly credentials?: Credentials,
    private readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  /** The answer's body; `T` is what the contract says of it. */
  async request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
    const key = options.idempotencyKey ?? uuidv7();
    const token = this.credentials?.access();
    try {
      return await this.once<T>(method, path, options, key, token);
    } catch (error) {
      if (!this.credentials || token === undefined || !isStale(error)) throw error;
      const fresh = await this.credentials.renew(token);
      return this.once<T>(method, path, options, key, fresh);
    }
  }

  private async once<T>(
    method: Method,
    path: string,
    options: RequestOptions,
    key: string,
    token: string | undefined,
  ): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
    if (options.body !== undefined) headers['Content-Type'] = 'application/json';
    if (method === 'POST') headers['Idempotency-Key'] = key;
    const response = await this.answer(path + queryOf(options.query), {
      method,
      headers,
      cache: 'no-store',
      credentials: 'omit',
      keepalive: options.keepalive ?? false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    if (!response.ok) throw await problemOf(response);
    if (response.status === 204) return undefined as T;
    return (await response.json().catch(() => {
      throw new Unreachable('the answer broke off');
    })) as T;
  }

  private async answer(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetcher(url, init);
    } catch (error) {
      throw new Unreachable(String(error));
    }
  }
}

function isStale(error: unknown): boolean {
  return error instanceof Problem && error.code === 'token_expired';
}

function queryOf(query: RequestOptions['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}
