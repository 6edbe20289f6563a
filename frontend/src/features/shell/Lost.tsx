/** Where a path leads nowhere, and where a page failed. */
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { EmptyState, ErrorState } from "../../kit/states";
import { paths } from "../../paths";

export function NotFound() {
  return (
    <EmptyState
      page
      icon={<Compass size={20} aria-hidden />}
      title="There is nothing here"
      action={<Link {...paths.projects()}>To all projects</Link>}
    >
      The page does not exist, or it is not yours to see.
    </EmptyState>
  );
}

export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return <ErrorState error={error as Error} retry={retry} />;
}
