// What went through a project, exchange by exchange, as it happens.
import { Alert, Button, Group } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
  type Capture,
  type CaptureFilter,
  capturesQuery,
  capturesStream,
  harAddress,
  together,
} from "~/api/captures";
import { useProject } from "~/api/projects";
import { useMay } from "~/api/session";
import { isNarrow } from "~/forms/useTyped";
import { Empty } from "~/parts/Empty";
import { Failure } from "~/parts/Failure";
import { count } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { LiveState, toldOf } from "~/parts/LiveState";
import { PageFrame } from "~/parts/PageFrame";
import { useLive } from "~/parts/useLive";
import { CaptureDrawer } from "./CaptureDrawer";
import { CaptureFilters } from "./CaptureFilters";
import { CaptureTable } from "./CaptureTable";
import { Clear } from "./Clear";
import { SwitchOn } from "./SwitchOn";

export default function InspectorPage() {
  const project = useProject();
  const mayEdit = useMay("editor");
  const [filter, narrow] = useState<CaptureFilter>({});
  const [following, follow] = useState(true);
  const [chosen, choose] = useState<Capture | null>(null);
  const list = useInfiniteQuery(capturesQuery(project.id, filter));
  const live = useLive<Capture>(capturesStream(project.id, filter), "capture", following);
  const read = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const rows = together(live.fresh, read);
  const { permille } = project.inspection;
  const nothing = list.isSuccess && rows.length === 0;
  if (nothing && !isNarrow(filter)) {
    return (
      <Frame>
        {permille === 0 ? (
          <SwitchOn />
        ) : (
          <Empty icon="inspector" title="Nothing is recorded yet">
            {recorded(permille)} is recorded. Send a request through the project: it stands here as
            soon as it has ended.
          </Empty>
        )}
      </Frame>
    );
  }
  const actions = (
    <>
      <Button
        component="a"
        href={harAddress(project.id, filter)}
        download={`${project.name}.har`}
        variant="default"
        leftSection={<Icon name="download" size={16} />}
      >
        HAR
      </Button>
      {mayEdit && <Clear project={project.id} forget={live.forget} />}
    </>
  );
  return (
    <Frame actions={rows.length > 0 && actions}>
      {permille === 0 && (
        <Alert variant="light" color="yellow" icon={<Icon name="warning" />}>
          Inspection is off: nothing new is recorded. What is here was recorded before.
        </Alert>
      )}
      {list.isError && (
        <Failure error={list.error} what="The records could not be read" retry={() => list.refetch()} />
      )}
      <CaptureFilters key={filter.exit ?? ""} filter={filter} onChange={narrow} />
      <LiveState
        told={list.isPending ? "Reading…" : toldOf(rows.length, list.hasNextPage)}
        live={live}
        following={following}
        follow={follow}
      />
      {nothing ? (
        <Empty icon="search" title="No exchange fits">
          Widen the filters: nothing that is recorded fits all of them.
        </Empty>
      ) : (
        <CaptureTable rows={rows} open={choose} />
      )}
      {list.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show older ones
          </Button>
        </Group>
      )}
      <CaptureDrawer
        project={project.id}
        capture={chosen}
        onClose={() => choose(null)}
        only={(part) => {
          narrow(part);
          choose(null);
        }}
      />
    </Frame>
  );
}

function Frame(props: { actions?: React.ReactNode; children: React.ReactNode }) {
  return (
    <PageFrame
      title="Inspector"
      about="Recorded exchanges, in the memory of the nodes. Secrets were taken out before they were kept."
      {...props}
    />
  );
}

/** Which part is recorded, as a beginning of a sentence. */
function recorded(permille: number): string {
  return permille >= 1000 ? "Every exchange" : `${count(permille)} of 1,000 exchanges`;
}
