/** Checks, one a line, and the closing line. */

let passed = 0;
let failed = 0;

/** @param {string} what @param {() => unknown} run throws when it does not hold */
export async function check(what, run) {
  try {
    await run();
    passed += 1;
    console.log(`ok   ${what}`);
  } catch (error) {
    failed += 1;
    console.log(
      `FAIL ${what}\n     ${String(error instanceof Error ? error.message : error)
        .split('\n')
        .slice(0, 6)
        .join('\n     ')}`,
    );
  }
}

/** @param {unknown} actual @param {unknown} expected */
export function same(actual, expected) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`got ${a}\nnot ${b}`);
}

/** Looks again until it holds. @param {() => unknown} holds @param {string} what */
export async function until(holds, what, ms = 15_000) {
  const end = Date.now() + ms;
  let last;
  while (Date.now() < end) {
    last = await holds();
    if (last === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not within ${ms} ms (last: ${JSON.stringify(last)})`);
}

/** @returns {boolean} whether all is well */
export function close() {
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}
