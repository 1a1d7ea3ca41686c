// What was read from the API: how long it is good, and what becomes of problems.
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { asProblem } from "~/api/problem";

/** `loggedOut` is called when the session has ended. */
export function makeQueries(loggedOut: () => void): QueryClient {
  const onError = (error: unknown) => {
    // Who was not logged in before is led to the login by the router.
    if (asProblem(error).isLoggedOut && queries.getQueryData(["me"]) !== undefined) loggedOut();
  };
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // What the node refuses it refuses again; what it did not answer may come yet.
        retry: (failures, error) => {
          const { status } = asProblem(error);
          return (status === 0 || status >= 500) && failures < 2;
        },
      },
    },
  });
  return queries;
}
