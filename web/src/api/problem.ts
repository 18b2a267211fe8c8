/**
 * What can go wrong with a request: the server refused it (Problem), or no answer came (Unreachable).
 */

export interface FieldError {
  field: string;
  detail: string;
}

/** An answer of application/problem+json. `code` is what programs read. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: string,
    readonly status: number,
    readonly detail: string,
    readonly retryable: boolean,
    readonly retry_after_ms: number | undefined,
    readonly errors: readonly FieldError[],
  ) {
    super(detail);
  }
}

/** The request may or may not have arrived; nothing is known. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** Reads a refused answer, also one that something between us and the server wrote. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Partial<Problem> & { title?: string };
  const text = body.detail ?? body.title ?? (response.statusText || 'The request was refused.');
  return new Problem(
    body.code ?? `http_${response.status}`,
    response.status,
    text,
    body.retryable ?? response.status >= 500,
    body.retry_after_ms ?? retryAfter(response),
    body.errors ?? [],
  );
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** A sentence for the person at the screen. */
export function explain(error: unknown): string {
  if (error instanceof Unreachable)
    return 'The server cannot be reached. Check the connection and try again.';
  if (!(error instanceof Problem)) return 'Something went wrong. Try again.';
  const sentence = SENTENCES[error.code];
  if (sentence !== undefined) return sentence;
  const fields = error.errors.map((field) => `${field.field}: ${field.detail}`).join('; ');
  return capitalised(fields === '' ? error.detail : fields);
}

const SENTENCES: Partial<Record<string, string>> = {
  wrong_credentials: 'That user name and password do not belong together.',
  username_taken: 'That user name is taken. Choose another one.',
  sign_up_closed: 'This server does not take new accounts of this kind.',
  rate_limited: 'Too many tries in a short time. Wait a moment, then try again.',
  invitation_spent: 'This invitation has expired or was used up. Ask for a new one.',
  banned: 'You were removed from this room and cannot come back.',
  forbidden: 'You are not allowed to do that here.',
  not_found: 'There is no such thing, or it is not yours to see.',
  archived: 'This room is archived: nobody can write in it.',
  slow_mode: 'Slow mode is on: wait a little between messages.',
  overloaded: 'The server is very busy. Try again in a moment.',
};

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
