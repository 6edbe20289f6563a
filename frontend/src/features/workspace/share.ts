/** A short link under which everybody sees a workspace as it stands. */
import { links } from "../../api/views";
import { copyText } from "../../kit/clipboard";
import { toast } from "../../kit/toast";
import { compact, difference, toQuery } from "./spelling";
import { NO_VIEW, type Saved } from "./useSavedView";
import type { Viewed, ViewPlace } from "./useView";

export async function share(
  { owner, project }: ViewPlace,
  { state }: Viewed,
  { view, state: base }: Saved,
): Promise<void> {
  const query = view?.shared
    ? { view: view.id, ...difference(base, compact(state)) }
    : { view: NO_VIEW, ...compact(state) };
  try {
    const hash = await links.make(owner, project, location.pathname, toQuery(query));
    await copyText(`${location.origin}/s/${hash}`);
    toast("Link copied");
  } catch (error) {
    toast(`The link was not copied: ${(error as Error).message}`);
  }
}
