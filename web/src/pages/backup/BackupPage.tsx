// Everything that operators intend, as one sealed file: out of here, and back in.
import { SimpleGrid } from "@mantine/core";
import { useMay } from "~/api/session";
import { Empty } from "~/parts/Empty";
import { PageFrame } from "~/parts/PageFrame";
import { ExportForm } from "./ExportForm";
import { ImportForm } from "./ImportForm";

export default function BackupPage() {
  const mayRestore = useMay("admin");
  return (
    <PageFrame
      title="Backup"
      about="Projects, credentials, connectors, proxies, roots with their keys, and users in one file. Sessions, invitations, usage and records are not in it."
    >
      {mayRestore ? (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" maw={1000} style={{ alignItems: "start" }}>
          <ExportForm />
          <ImportForm />
        </SimpleGrid>
      ) : (
        <Empty icon="backup" title="For administrators">
          A backup holds every secret of the installation: only administrators make and restore one.
        </Empty>
      )}
    </PageFrame>
  );
}
