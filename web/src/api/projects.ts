// Projects: read, and changed.
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { answered, client, ifMatch, type Schemas, type Shown, shown } from "./client";

export type Project = Shown<Schemas["ProjectView"]>;
export type NewProject = Schemas["ProjectSettings"];
export type ProjectChange = Partial<NewProject>;

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: async () =>
    shown(await answered(client.GET("/api/v1/projects", { params: { query: { limit: 1000 } } }))),
});

export function projectQuery(project: string) {
  return queryOptions({
    queryKey: ["projects", project],
    queryFn: async () => {
      const params = { path: { project } };
      return shown(await answered(client.GET("/api/v1/projects/{project}", { params })));
    },
  });
}

/** The identifier of the project in the address. */
export function useProjectId(): string {
  return useParams({ strict: false, select: (params) => params.project as string });
}

/** The same on pages that are also there for the installation. */
export function useProjectIfAny(): string | undefined {
  return useParams({ strict: false, select: (params) => params.project as string | undefined });
}

export function useProject(): Project {
  return useSuspenseQuery(projectQuery(useProjectId())).data;
}

export async function createProject(body: NewProject): Promise<Project> {
  return shown(await answered(client.POST("/api/v1/projects", { body })));
}

export async function changeProject(row: Project, change: ProjectChange): Promise<Project> {
  const params = { path: { project: row.id }, ...ifMatch(row) };
  // A merge patch: what it does not name stays as it is.
  const body = change as NewProject;
  return shown(await answered(client.PATCH("/api/v1/projects/{project}", { params, body })));
}

export async function deleteProject(row: Project): Promise<void> {
  const params = { path: { project: row.id }, ...ifMatch(row) };
  await answered(client.DELETE("/api/v1/projects/{project}", { params }));
}
