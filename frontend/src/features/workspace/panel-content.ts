/** What a panel draws: one key, several, all that match a pattern, or an expression over some. */
import { type Expression, parseExpression } from "./expression";
import { isMade, type PanelLayout } from "./layout";

const MOST_KEYS = 30; // of one panel

export interface PanelContent {
  title: string;
  keys: readonly string[]; // that are asked for
  expression: Expression | null;
}

export function matching(pattern: string, keys: readonly string[]): string[] {
  try {
    const compiled = new RegExp(pattern, "i");
    return keys.filter((key) => compiled.test(key)).slice(0, MOST_KEYS);
  } catch {
    return [];
  }
}

export function contentOf(
  id: string,
  panel: PanelLayout | undefined,
  keys: readonly string[],
): PanelContent {
  const title = panel?.title;
  if (panel?.expression) {
    try {
      const expression = parseExpression(panel.expression);
      return { title: title ?? panel.expression, keys: expression.keys, expression };
    } catch {
      // It was shared by hand, or is being typed: what it is called after is drawn meanwhile.
    }
  }
  const own = panel?.keys ?? (isMade(id) ? [] : [id]);
  const found = panel?.pattern ? matching(panel.pattern, keys) : [];
  const all =
    panel?.pattern && isMade(id) && !panel.keys ? found : [...new Set([...own, ...found])];
  const named = panel?.pattern ? `/${panel.pattern}/` : all.join(", ");
  return { title: title ?? (named || "New panel"), keys: all, expression: null };
}
