/** Every regular expression of the sources, found in their syntax trees. */

/** A pattern and where it stands. */
export interface Pattern {
  source: string;
  flags: string;
  /** Path of the file. */
  path: string;
  /** From 1. */
  line: number;
}

/** What a file has of patterns. */
export interface FoundPatterns {
  literals: Pattern[];
  /** Calls of `RegExp` with a pattern that is put together while the program runs: `source` is the argument's text. */
  made: Pattern[];
}

/**
 * Finds the patterns of a TypeScript file.
 *
 * @param path names the file; its ending tells the parser what it is
 */
export function patternsOf(path: string, text: string): FoundPatterns {
  const found: FoundPatterns = { literals: [], made: [] };
  const at = (from: number) => ({ path, line: text.slice(0, from).split("\n").length });
  const onCall = ({ arguments: args, callee }: Deno.lint.CallExpression | Deno.lint.NewExpression) => {
    if (callee.type !== "Identifier" || callee.name !== "RegExp" || args[0] === undefined) return;
    const [{ range: [from, to] }, flags] = args;
    const source = text.slice(from, to);
    found.made.push({ source, flags: flags === undefined ? "" : text.slice(...flags.range), ...at(from) });
  };
  const plugin: Deno.lint.Plugin = {
    name: "patterns",
    rules: {
      all: {
        create: () => ({
          Literal(node) {
            const { flags, pattern } = (node as Partial<Deno.lint.RegExpLiteral>).regex ?? {};
            if (pattern === undefined) return;
            found.literals.push({ source: pattern, flags: flags ?? "", ...at(node.range[0]) });
          },
          CallExpression: onCall,
          NewExpression: onCall,
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, path, text);
  return found;
}
