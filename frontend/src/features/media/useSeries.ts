/** The values of a key by step, kept up with a run that goes on. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { type Objects, objectsQuery, type RunKey } from "../../api/objects";
import { useMedia } from "./context";

export interface Series {
  data: Objects | undefined;
  error: Error | null;
  retry: () => void;
}

export function useSeries(key: RunKey): Series {
  const { place } = useMedia();
  const { data, error, refetch, isFetching } = useQuery(objectsQuery(place, key));
  const behind =
    data !== undefined && (data.logged !== key.logged || data.superseded !== key.superseded);
  useEffect(() => {
    if (behind && !isFetching) void refetch();
  }, [behind, isFetching, refetch]);
  return { data, error: data ? null : error, retry: () => void refetch() };
}
