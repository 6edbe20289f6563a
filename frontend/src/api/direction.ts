/** Which way is better, where the name of a key says it. */

/** Lower is better for these: losses, errors, times. Higher for those. Of others nobody knows. */
export function direction(key: string): "low" | "high" | null {
  const leaf = key.slice(key.lastIndexOf("/") + 1).toLowerCase();
  if (/loss|err|perplexity|\bppl\b|mse|mae|rmse|nll|wer|cer|fid/.test(leaf)) return "low";
  if (/acc|f1|auc|precision|recall|bleu|score|reward|mfu|map\b|iou|r2/.test(leaf)) {
    return "high";
  }
  return null;
}
