// An exit by its address, or by its identifier where it is not to be had: it may be gone.
import { useQuery } from "@tanstack/react-query";
import { exitQuery } from "~/api/exits";
import { addressOf } from "~/pages/proxies/ProxyRow";

export function ExitName({ project, id }: { project: string; id: string }) {
  const { data } = useQuery(exitQuery(project, id));
  return (
    <span className="mono" title={id} style={{ overflowWrap: "anywhere" }}>
      {data === undefined ? id : addressOf(data)}
    </span>
  );
}
