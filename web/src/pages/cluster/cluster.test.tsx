// The cluster: a node is drained, and taken into service again.
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { type Asked, answering, problem, show, streams } from "../../../tests/page";
import ClusterPage from "./ClusterPage";

beforeEach(streams);

const MEMBER = { id: "n1", role: "all", revision: 4, started_at: "2026-11-22T01:00:00Z", addresses: [], requests_per_second: 0, in_flight: 0, exits_owned: 0 };
const cluster = (state: string) => ({ instance_id: "n1", coordination: "alone", revision: 4, members: [{ ...MEMBER, state }], leases: [], tasks: [] });

test("the only node is drained when that is meant, and taken back", async () => {
  let state = "ready";
  const asked = answering({
    "GET /cluster": () => cluster(state),
    "POST /cluster/nodes/n1/drain": ({ path }: Asked) => {
      if (!path.includes("force=true")) return problem(409, "Nobody else relays.");
      state = "draining";
      return cluster(state).members[0];
    },
    "POST /cluster/nodes/n1/undrain": () => {
      state = "ready";
      return cluster(state).members[0];
    },
  });
  show(ClusterPage);
  fireEvent.click(await screen.findByRole("button", { name: "Actions for n1" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Drain" }));
  fireEvent.click(await screen.findByRole("button", { name: "Drain" }));
  await screen.findByText("Nobody else relays.");
  fireEvent.click(screen.getByRole("button", { name: "Drain it all the same" }));
  await screen.findByText("draining");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  fireEvent.click(screen.getByRole("button", { name: "Actions for n1" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Take into service" }));
  await screen.findByText("ready");
  expect(asked.filter(({ method }) => method === "POST")).toHaveLength(3);
});
