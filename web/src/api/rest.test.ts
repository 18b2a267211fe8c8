import { expect, it } from 'vitest';
import { Problem, Unreachable, explain } from './problem.ts';
import { Rest, type Credentials } from './rest.ts';

type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | 'lost';

/** A server that gives these answers, and keeps what it was asked. */
function server(...answers: Answer[]) {
  const asked: { url: string; headers: Headers; body: unknown }[] = [];
  const fetcher = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    asked.push({ url: input as string, headers: new Headers(init.headers), body: init.body });
    const answer = answers.shift() ?? 'lost';
    if (answer === 'lost') return Promise.reject(new TypeError('failed to fetch'));
    const text = answer.body === undefined ? null : JSON.stringify(answer.body);
    return Promise.resolve(
      new Response(text, { status: answer.status, headers: answer.headers ?? {} }),
    );
  };
  return { asked, fetcher };
}

const expired: Answer = {
  status: 401,
  body: { code: 'token_expired', detail: 'x', retryable: false },
};

class Tokens implements Credentials {
  renewed: string[] = [];
  access() {
    return 'old';
  }
  renew(stale: string) {
    this.renewed.push(stale);
    return Promise.resolve('new');
  }
}

it('renews an expired token once and asks again under the same key', async () => {
  const { asked, fetcher } = server(expired, { status: 200, body: { fine: true } });
  const tokens = new Tokens();
  expect(await new Rest(tokens, fetcher).request('POST', '/v1/rooms', { body: {} })).toEqual({
    fine: true,
  });
  expect(tokens.renewed).toEqual(['old']);
  expect(asked.map(({ headers }) => headers.get('Authorization'))).toEqual([
    'Bearer old',
    'Bearer new',
  ]);
  expect(asked[0]?.headers.get('Idempotency-Key')).toBe(asked[1]?.headers.get('Idempotency-Key'));
});

it('does not renew for ever', async () => {
  const { asked, fetcher } = server(expired, expired);
  await expect(new Rest(new Tokens(), fetcher).request('GET', '/v1/me')).rejects.toMatchObject({
    code: 'token_expired',
  });
  expect(asked).toHaveLength(2);
});

it('tells a refusal from silence', async () => {
  const { fetcher } = server(
    { status: 403, body: { code: 'forbidden', detail: 'no', retryable: false } },
    'lost',
  );
  const rest = new Rest(undefined, fetcher);
  await expect(rest.request('GET', '/v1/me')).rejects.toBeInstanceOf(Problem);
  await expect(rest.request('GET', '/v1/me')).rejects.toBeInstanceOf(Unreachable);
});

it('reads when to come back, also from something between that knows no problem documents', async () => {
  const { fetcher } = server({ status: 503, headers: { 'Retry-After': '7' } });
  await expect(new Rest(undefined, fetcher).request('GET', '/')).rejects.toMatchObject({
    code: 'http_503',
    retryable: true,
    retry_after_ms: 7000,
  });
});

it('puts no token into an address and leaves out what has no value', async () => {
  const { asked, fetcher } = server({ status: 204 });
  await new Rest(new Tokens(), fetcher).request('GET', '/v1/users', {
    query: { query: 'a&b', after: undefined },
  });
  expect(asked[0]?.url).toBe('/v1/users?query=a%26b');
});

it('explains in a sentence which field is wrong', () => {
  const errors = [{ field: 'name', detail: 'must not be empty or only spaces' }];
  expect(explain(new Problem('invalid_request', 400, 'x', false, undefined, errors))).toBe(
    'Name: must not be empty or only spaces',
  );
});
