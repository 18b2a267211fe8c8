/**
 * The web client's Markdown as one program that counts which of its branches are taken.
 *
 * The code and its libraries are bundled, then a counter is put at the beginning of every function
 * and every branch. (V8's own coverage would do, but to ask for it costs more than a thousand
 * messages; the fuzzers of npm bring binaries that run on some systems only.)
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export const fromWeb = createRequire(new URL('../../web/package.json', import.meta.url));
const ts = fromWeb('typescript');
const { factory } = ts;

/** The bundle of an entry, not minified. */
async function bundled(entry) {
  const fromVite = createRequire(fromWeb.resolve('vite'));
  const { rolldown } = await import(pathToFileURL(fromVite.resolve('rolldown')));
  const bundle = await rolldown({ input: entry, platform: 'browser' });
  const { output } = await bundle.generate({ format: 'cjs' });
  await bundle.close();
  return output[0].code;
}

/** The same program with counters, and how many there are. */
export function instrument(code) {
  let counters = 0;
  const count = () =>
    factory.createPostfixIncrement(
      factory.createElementAccessExpression(factory.createIdentifier('__hits'), counters++),
    );
  const counting = () => factory.createExpressionStatement(count());
  const expression = (node) =>
    factory.createParenthesizedExpression(factory.createComma(count(), node));
  const statement = (node) => factory.createBlock([counting(), node], true);

  const transformer = (context) => {
    const visit = (original) => {
      const node = ts.visitEachChild(original, visit, context);
      if (ts.isBlock(node) && original.parent && ts.isFunctionLike(original.parent)) {
        // A directive such as 'use strict' must stay first; bundles have them only at the top.
        return factory.updateBlock(node, [counting(), ...node.statements]);
      }
      if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
        const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken } = node;
        const body = expression(node.body);
        return factory.updateArrowFunction(
          node, modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body,
        );
      }
      if (ts.isIfStatement(node)) {
        const otherwise = statement(node.elseStatement ?? factory.createEmptyStatement());
        return factory.updateIfStatement(
          node, node.expression, statement(node.thenStatement), otherwise,
        );
      }
      if (ts.isCaseClause(node)) {
        return factory.updateCaseClause(node, node.expression, [counting(), ...node.statements]);
      }
      if (ts.isConditionalExpression(node)) {
        return factory.updateConditionalExpression(
          node, node.condition, node.questionToken,
          expression(node.whenTrue), node.colonToken, expression(node.whenFalse),
        );
      }
      if (ts.isWhileStatement(node)) {
        return factory.updateWhileStatement(node, node.expression, statement(node.statement));
      }
      if (ts.isForOfStatement(node)) {
        return factory.updateForOfStatement(
          node, node.awaitModifier, node.initializer, node.expression, statement(node.statement),
        );
      }
      if (ts.isBinaryExpression(node) && isShortCut(node.operatorToken.kind)) {
        return factory.updateBinaryExpression(
          node, node.left, node.operatorToken, expression(node.right),
        );
      }
      return node;
    };
    return (file) => ts.visitNode(file, visit);
  };
  const file = ts.createSourceFile('bundle.js', code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  const { transformed } = ts.transform(file, [transformer]);
  return { code: ts.createPrinter().printFile(transformed[0]), counters };
}

const isShortCut = (kind) =>
  kind === ts.SyntaxKind.AmpersandAmpersandToken ||
  kind === ts.SyntaxKind.BarBarToken ||
  kind === ts.SyntaxKind.QuestionQuestionToken;

/** Loads `renderMarkdown` beside its counters; `window` is the browser that it finds. */
export async function load(window) {
  const entry = new URL('../../web/src/ui/room/markdown.ts', import.meta.url).pathname;
  const { code, counters } = instrument(await bundled(entry));
  const hits = new Uint8Array(counters);
  const exports = {};
  new Function('exports', 'window', '__hits', code)(exports, window, hits);
  return { renderMarkdown: exports.renderMarkdown, hits };
}
