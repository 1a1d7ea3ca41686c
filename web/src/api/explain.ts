// Which exit a request would get, and why, without sending it.
import { answered, client, type Schemas } from "./client";

export type Question = Schemas["Explain"];
export type Explanation = Schemas["Explanation"];
export type Candidate = Explanation["candidates"][number];

export async function explain(project: string, body: Question): Promise<Explanation> {
  const params = { path: { project } };
  return answered(client.POST("/api/v1/projects/{project}/explain", { params, body }));
}
