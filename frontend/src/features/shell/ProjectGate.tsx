/** What belongs to a project is shown only where there is one; until that is known, it is. */
import { useQuery } from "@tanstack/react-query";
import { Outlet, useParams } from "@tanstack/react-router";
import { ApiError } from "../../api/client";
import { projectQuery } from "../../api/queries";
import { NotFound } from "./Lost";

export function ProjectGate() {
  const { owner = "", project = "" } = useParams({ strict: false });
  const { error, data } = useQuery(projectQuery(owner, project));
  if (!data && error instanceof ApiError && error.status === 404) return <NotFound />;
  return <Outlet />;
}
