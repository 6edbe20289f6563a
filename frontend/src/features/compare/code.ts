/** Where the code of two runs can be looked at beside each other. */
import { type Git, repositoryUrl } from "../../api/git";

export { gitOf, repositoryUrl } from "../../api/git";

export function compareUrl(a: Git, b: Git): string | null {
  const page = a.remote && a.remote === b.remote ? repositoryUrl(a.remote) : null;
  if (!page || !a.commit || !b.commit || a.commit === b.commit) return null;
  const hash = /^[0-9a-f]{7,64}$/;
  return hash.test(a.commit) && hash.test(b.commit)
    ? `${page}/compare/${a.commit}...${b.commit}`
    : null;
}
