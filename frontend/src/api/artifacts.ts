/** The versions of artifacts that a run made and took, and the files of a version. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, said } from "./client";
import type { components } from "./schema.gen";

export type Version = components["schemas"]["Version"];
export type Way = "logged" | "used";

interface RunPlace {
  owner: string;
  project: string;
  run: string;
}

const PAGE = 100;
const FILES = 200;
const LIVE_MS = 5000;
const VERSION = "/api/v1/projects/{owner}/{project}/artifacts/{artifact}/versions/{version}";

export const artifactsQuery = (place: RunPlace, way: Way, live: boolean) =>
  infiniteQueryOptions({
    queryKey: ["artifacts", place.owner, place.project, place.run, way],
    queryFn: ({ pageParam, signal }) =>
      said(
        api.GET("/api/v1/projects/{owner}/{project}/runs/{run}/artifacts", {
          params: {
            path: { ...place },
            query: { way, limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: live ? LIVE_MS : false,
  });

const placeOf = ({ owner, project, artifact, version }: Version) => ({
  owner,
  project,
  artifact,
  version: version ?? "",
});

/** The first files of a version. */
export const contentsQuery = (version: Version) =>
  queryOptions({
    queryKey: ["manifest", version.id, version.digest],
    queryFn: ({ signal }) =>
      said(
        api.GET(`${VERSION}/manifest`, {
          params: { path: placeOf(version), query: { limit: FILES } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Which runs made and took it; only those that one may see. */
export const lineageQuery = (version: Version) =>
  queryOptions({
    queryKey: ["lineage", version.id],
    queryFn: ({ signal }) =>
      said(api.GET(`${VERSION}/lineage`, { params: { path: placeOf(version) }, signal })),
  });

/** Where the bytes of one of its files are. */
export function versionFileUrl(version: Version, path: string): string {
  const { owner, project, artifact, version: name } = placeOf(version);
  const names = [owner, project, "artifacts", artifact, "versions", name, "files"];
  const file = path.split("/").map(encodeURIComponent).join("/");
  return `/api/v1/projects/${names.map(encodeURIComponent).join("/")}/${file}`;
}
