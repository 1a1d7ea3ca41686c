// Accounts at providers: what is secret in them goes in and never comes out.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, ifMatch, type Schemas, shown } from "./client";

export type Credential = Schemas["CredentialView"];

export function credentialsQuery(project: string) {
  return queryOptions({
    queryKey: ["projects", project, "credentials"],
    queryFn: async () => {
      const params = { path: { project }, query: { limit: 1000 } };
      const call = client.GET("/api/v1/projects/{project}/credentials", { params });
      return shown(await answered(call));
    },
  });
}

export async function createCredential(project: string, body: Schemas["CredentialSettings"]) {
  const params = { path: { project } };
  return answered(client.POST("/api/v1/projects/{project}/credentials", { params, body }));
}

export async function changeCredential(row: Credential, body: Schemas["CredentialPatch"]) {
  const params = { path: { project: row.project_id, credential: row.id }, ...ifMatch(row) };
  const path = "/api/v1/projects/{project}/credentials/{credential}";
  return answered(client.PATCH(path, { params, body }));
}

export async function deleteCredential(row: Credential): Promise<void> {
  const params = { path: { project: row.project_id, credential: row.id }, ...ifMatch(row) };
  const path = "/api/v1/projects/{project}/credentials/{credential}";
  await answered(client.DELETE(path, { params, keepalive: true }));
}
