// One exchange from end to end: what was asked, what came back, and how it got there.
import { Drawer, Skeleton, Stack, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Capture, type CaptureDetail, type CaptureFilter, captureQuery, keyOf } from "~/api/captures";
import { Failure } from "~/parts/Failure";
import { CaptureFacts } from "./CaptureFacts";
import { Message } from "./Message";

interface Props {
  project: string;
  capture: Capture | null;
  onClose: () => void;
  /** Lists only what fits this. */
  only: (filter: CaptureFilter) => void;
}

export function CaptureDrawer({ capture, onClose, ...rest }: Props) {
  return (
    <Drawer
      opened={capture !== null}
      onClose={onClose}
      position="right"
      size="xl"
      title="Recorded exchange"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {capture !== null && <Detail key={keyOf(capture)} capture={capture} {...rest} />}
    </Drawer>
  );
}

function Detail({ project, capture, only }: Omit<Props, "onClose"> & { capture: Capture }) {
  const { data, error, refetch } = useQuery(captureQuery(project, capture.id, capture.node));
  return (
    <Stack gap="sm">
      <Text className="mono" style={{ overflowWrap: "anywhere" }}>
        <b>{capture.method}</b> {capture.url}
      </Text>
      <Tabs defaultValue="facts" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="facts">Overview</Tabs.Tab>
          <Tabs.Tab value="request">Request</Tabs.Tab>
          <Tabs.Tab value="response">Response</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="facts">
          <CaptureFacts project={project} capture={capture} only={only} />
        </Tabs.Panel>
        {(["request", "response"] as const).map((side) => (
          <Tabs.Panel key={side} value={side}>
            {error !== null && (
              <Failure
                error={error}
                what="The messages could not be read: the node that has them may have forgotten them, or is not there"
                retry={() => void refetch()}
              />
            )}
            {data === undefined && error === null && <Skeleton h={200} />}
            {data !== undefined && <Side side={side} detail={data} />}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

function Side({ side, detail }: { side: "request" | "response"; detail: CaptureDetail }) {
  const { request, response } = detail;
  if (side === "request") {
    const first = `${request.method} ${request.url} ${request.version}`;
    return <Message first={first} fields={request.fields} content={request.content} />;
  }
  if (response == null) {
    return (
      <Text size="sm" c="dimmed">
        No answer of the target is in the record: it sent none, or the exchange was a tunnel.
      </Text>
    );
  }
  const first = `${response.version} ${response.status} ${response.reason}`;
  return <Message first={first} fields={response.fields} content={response.content} />;
}
