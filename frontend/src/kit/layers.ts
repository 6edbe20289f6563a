/** Where menus, popovers and tooltips live: a region of its own, above and outside of the page. */
export function layers(): HTMLElement {
  return document.getElementById("layers") ?? document.body;
}
