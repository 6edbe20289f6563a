/**
 * Puts text where it can be pasted from. A page that came over plain HTTP from another machine has
 * no clipboard of its own: there the text is selected and copied as a reader would.
 */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position: fixed; opacity: 0;";
  // Within an open dialog, as all else is inert while there is one.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!done) throw new Error("the browser did not let it be copied");
}
