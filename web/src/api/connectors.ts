// The connectors of a project: where its exits come from.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, ifMatch, type Schemas, type Shown, shown } from "./client";

export type Connector = Shown<Schemas["ConnectorView"]>;
export type ConnectorSettings = Schemas["ConnectorSettings"];

export function connectorsQuery(project: string) {
  return queryOptions({
    queryKey: ["projects", project, "connectors"],
    queryFn: async () => {
      const params = { path: { project }, query: { limit: 1000 } };
      const call = client.GET("/api/v1/projects/{project}/connectors", { params });
      return shown(await answered(call));
    },
  });
}

export async function createConnector(project: string, body: ConnectorSettings) {
  const params = { path: { project } };
  const call = client.POST("/api/v1/projects/{project}/connectors", { params, body });
  return shown(await answered(call));
}

export async function changeConnector(row: Connector, change: Partial<ConnectorSettings>) {
  const params = { path: { project: row.project_id, connector: row.id }, ...ifMatch(row) };
  const body = change as ConnectorSettings;
  const path = "/api/v1/projects/{project}/connectors/{connector}";
  return shown(await answered(client.PATCH(path, { params, body })));
}

export async function deleteConnector(row: Connector): Promise<void> {
  const params = { path: { project: row.project_id, connector: row.id }, ...ifMatch(row) };
  const path = "/api/v1/projects/{project}/connectors/{connector}";
  await answered(client.DELETE(path, { params, keepalive: true }));
}
