// Roots of interception: what clients are to trust, and how the next one takes over.
import { Button, Modal } from "@mantine/core";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { deleteRoot, type Root, rootsQuery } from "~/api/certificates";
import { useMay } from "~/api/session";
import { Confirm } from "~/parts/Confirm";
import { Icon } from "~/parts/Icon";
import { done } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";
import { Downloads } from "./Downloads";
import { NewRootForm } from "./NewRootForm";
import { Roots } from "./Roots";

export default function CertificatesPage() {
  const queries = useQueryClient();
  const { items } = useSuspenseQuery(rootsQuery).data;
  const mayChange = useMay("admin");
  const [adding, add] = useState(false);
  const [doomed, doom] = useState<Root | null>(null);
  return (
    <PageFrame
      title="Certificates"
      about="Where a project intercepts TLS, its clients meet certificates that this installation signs."
      actions={
        mayChange && (
          <Button leftSection={<Icon name="refresh" size={16} />} onClick={() => add(true)}>
            Rotate
          </Button>
        )
      }
    >
      <Downloads />
      <Roots roots={items} onDelete={mayChange ? doom : undefined} />
      <Modal opened={adding} onClose={() => add(false)} title="A root to take over" size="lg">
        <NewRootForm onClose={() => add(false)} />
      </Modal>
      <Confirm
        opened={doomed !== null}
        onClose={() => doom(null)}
        title="Delete this root?"
        verb="Delete"
        run={async () => {
          if (doomed === null) return;
          await deleteRoot(doomed.fingerprint);
          await queries.invalidateQueries({ queryKey: rootsQuery.queryKey });
          done("The root is gone.");
        }}
      >
        It is no longer among the downloads. Clients that trust it go on doing so until it is taken
        out there.
      </Confirm>
    </PageFrame>
  );
}
