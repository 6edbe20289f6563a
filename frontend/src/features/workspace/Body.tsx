/** The keys that may be drawn, and what stands in for the panels while there are none. */
import { useQuery } from "@tanstack/react-query";
import { ChartSpline } from "lucide-react";
import { useMemo } from "react";
import { keysQuery } from "../../api/queries";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import styles from "./Workspace.module.css";

interface NumberKeys {
  numbers: readonly string[] | undefined;
  error: Error | null;
  retry: () => void;
}

export function useNumberKeys(owner: string, project: string, runs?: string[]): NumberKeys {
  const { data, error, refetch } = useQuery(keysQuery(owner, project, runs));
  const numbers = useMemo(
    () => data?.filter((one) => one.kind === "number").map((one) => one.key),
    [data],
  );
  return { numbers, error: data ? null : error, retry: () => void refetch() };
}

interface BodyProps {
  keys: NumberKeys;
  empty?: React.ReactNode; // what is said where there is nothing to draw
  children: React.ReactNode;
}

export function Body({ keys, empty, children }: BodyProps) {
  if (keys.error) return <ErrorState error={keys.error} retry={keys.retry} />;
  if (!keys.numbers) {
    return (
      <div className={styles.bones}>
        <Skeleton height={220} lines={3} />
      </div>
    );
  }
  if (keys.numbers.length === 0) {
    if (empty) return empty;
    return (
      <EmptyState icon={<ChartSpline size={20} aria-hidden />} title="Nothing was logged yet">
        A chart appears here with the first <code>run.log({"{…}"})</code>.
      </EmptyState>
    );
  }
  return children;
}
