// Alerts: what is open, and saying that one knows of it.
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Alert } from "~/api/alerts";
import { AlertBell } from "~/shell/AlertBell";
import { answering, show } from "../../../tests/page";
import AlertsPage from "./AlertsPage";

const ALERT: Alert = {
  id: "a1",
  kind: "cap_reached",
  severity: "critical",
  subject_kind: "project",
  subject_id: "p1",
  subject_name: "shop",
  project_id: "p1",
  text: "The cap of 10 GB a month is reached.",
  state: "open",
  opened_at: "2026-11-22T01:00:00Z",
  last_seen_at: "2026-11-22T01:00:00Z",
  count: 3,
};
const projects = { "GET /projects": { items: [{ id: "p1", name: "shop" }] } };

test("open alerts are listed, and who knows of one is shown", async () => {
  let rows = [ALERT];
  const asked = answering({
    ...projects,
    "GET /alerts": () => ({ items: rows, total: rows.length, next: null }),
    "POST /alerts/a1/acknowledge": () => {
      rows = [{ ...ALERT, acknowledged_at: "2026-11-22T02:00:00Z", acknowledged_by: "ada" }];
      return rows[0];
    },
  });
  show(AlertsPage);
  await screen.findByText("The cap of 10 GB a month is reached.");
  screen.getByText(/Cap reached · project shop · found 3 times/);
  fireEvent.click(screen.getByRole("button", { name: "Acknowledge" }));
  await screen.findByText("ada knows");
  fireEvent.click(screen.getByLabelText("Resolved"));
  await waitFor(() => expect(asked.at(-1)?.path).toContain("state=resolved"));
});

test("viewers cannot say so, and nothing open is good news", async () => {
  const viewer = { "GET /users/me": { id: "u2", username: "vi", role: "viewer" } };
  answering({ ...projects, ...viewer, "GET /alerts": { items: [ALERT], total: 1, next: null } });
  const { unmount } = show(AlertsPage);
  await screen.findByText("nobody knows yet");
  unmount();
  answering({ ...projects, ...viewer, "GET /alerts": { items: [], total: 0, next: null } });
  show(AlertsPage);
  await screen.findByText("Nothing is wrong");
});

test("the bell counts what is open", async () => {
  const asked = answering({ "GET /alerts": { items: [ALERT], total: 7, next: null } });
  show(AlertBell);
  await screen.findByRole("link", { name: "Alerts: 7 open" });
  expect(asked.find(({ path }) => path.startsWith("/alerts"))?.path).toBe("/alerts?state=open&limit=1");
});
