// One exit by its identifier, to call it by its address.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, shown } from "./client";

export function exitQuery(project: string, proxy: string) {
  return queryOptions({
    queryKey: ["projects", project, "proxies", "one", proxy],
    queryFn: async () => {
      const params = { path: { project, proxy } };
      const path = "/api/v1/projects/{project}/proxies/{proxy}";
      return shown(await answered(client.GET(path, { params })));
    },
    staleTime: 60_000,
    // It may be gone by now: its identifier has to do.
    retry: false,
  });
}
