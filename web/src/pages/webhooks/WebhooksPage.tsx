// Receivers of alerts elsewhere: made, tried, looked into, deleted.
import { Button, Modal } from "@mantine/core";
import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { KINDS } from "~/api/alerts";
import { projectsQuery } from "~/api/projects";
import { may, roleIn, useMe } from "~/api/session";
import { deleteWebhook, type MadeWebhook, tryWebhook, type Webhook, webhooksQuery } from "~/api/webhooks";
import { doom, useAlive } from "~/parts/doomed";
import { Empty } from "~/parts/Empty";
import { milliseconds } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { done, failed } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";
import type { Action } from "~/parts/RowMenu";
import { RowsTable } from "~/parts/RowsTable";
import { ShownOnce } from "~/parts/ShownOnce";
import { StateLabel } from "~/parts/StateLabel";
import { Deliveries } from "./Deliveries";
import { WebhookForm } from "./WebhookForm";

type Open = { edit: Webhook | null } | { made: MadeWebhook } | null;

/** Sends a `ping` and says what came of it. */
function attempt(row: Webhook): void {
  void tryWebhook(row).then(
    ({ is_delivered, status, error, milliseconds: took }) => {
      const answer = status == null ? (error ?? "nothing") : String(status);
      if (is_delivered) return done(`${row.name} took it: ${answer} after ${milliseconds(took)}.`);
      failed(`${row.name} did not take it`, new Error(`It said ${answer} after ${milliseconds(took)}.`));
    },
    (error) => failed("Nothing was sent", error),
  );
}

export default function WebhooksPage() {
  const me = useMe();
  const queries = useQueryClient();
  const items = useAlive(useSuspenseQuery(webhooksQuery).data.items);
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  const [open, show] = useState<Open>(null);
  const [told, look] = useState<Webhook | null>(null);
  const mayAdd = may(me.role, "editor") || projects.some(({ id }) => may(roleIn(me, id), "editor"));
  const mayChange = ({ project_id }: Webhook) =>
    may(roleIn(me, project_id), project_id == null ? "admin" : "editor");
  const remove = (row: Webhook) =>
    doom({
      id: row.id,
      name: `Webhook ${row.name}`,
      send: () =>
        deleteWebhook(row).finally(() => queries.invalidateQueries({ queryKey: webhooksQuery.queryKey })),
    });
  const add = mayAdd && (
    <Button leftSection={<Icon name="add" size={16} />} onClick={() => show({ edit: null })}>
      New webhook
    </Button>
  );
  const actions = (row: Webhook): Action[] => [
    { label: "Deliveries", icon: "live", run: () => look(row) },
    ...(mayChange(row)
      ? [
          { label: "Send a test", icon: "release" as const, run: () => attempt(row) },
          { label: "Change", icon: "edit" as const, run: () => show({ edit: row }) },
          { label: "Delete", icon: "delete" as const, danger: true, run: () => remove(row) },
        ]
      : []),
  ];
  return (
    <PageFrame
      title="Webhooks"
      about="Alerts are posted there when they open and when they are over, signed as Standard Webhooks says."
      actions={items.length > 0 && add}
    >
      {items.length === 0 ? (
        <Empty icon="connect" title="No webhook yet" action={add}>
          Have alerts sent to your chat or your pager: any address that takes a POST will do.
        </Empty>
      ) : (
        <RowsTable
          name="Webhooks"
          minWidth={820}
          rows={items}
          nameOf={({ name }) => name}
          columns={[
            { title: "Name", strong: true, cell: ({ name }) => name },
            { title: "Address", mono: true, cell: ({ url }) => url },
            {
              title: "Alerts of",
              cell: ({ project_id: id }) => (id == null ? "everything" : (names.get(id) ?? "–")),
            },
            {
              title: "Kinds",
              cell: ({ events }) => events?.map((kind) => KINDS[kind] ?? kind).join(", ") ?? "every kind",
            },
            { title: "State", cell: (row) => <Standing of={row} /> },
          ]}
          actions={actions}
        />
      )}
      <Modal opened={open !== null} onClose={() => show(null)} title={titleOf(open)}>
        {open !== null && "edit" in open && (
          <WebhookForm
            row={open.edit}
            onClose={() => show(null)}
            onMade={(made) => show(made.secret == null ? null : { made })}
          />
        )}
        {open !== null && "made" in open && (
          <ShownOnce
            name="Secret of the webhook"
            value={open.made.secret ?? ""}
            copy="Copy the secret"
            onClose={() => show(null)}
          >
            Give this secret to the receiver: with it, it tells our events from others. It is not shown
            again.
          </ShownOnce>
        )}
      </Modal>
      <Deliveries of={told} onClose={() => look(null)} />
    </PageFrame>
  );
}

function titleOf(open: Open): string {
  if (open === null || "made" in open) return "The secret";
  return open.edit === null ? "New webhook" : "Change the webhook";
}

function Standing({ of }: { of: Webhook }) {
  if (of.enabled) return <StateLabel state="on" tone="good" />;
  return of.disabled_because === "gone" ? (
    <StateLabel state="off: the receiver is gone" tone="bad" />
  ) : (
    <StateLabel state="off" />
  );
}
