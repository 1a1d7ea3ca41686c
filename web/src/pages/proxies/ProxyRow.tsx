// One exit: how it is reached, how it is, and what can be done with it.
import { ActionIcon, Checkbox } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { memo, useState } from "react";
import { testProxies } from "~/api/pool";
import { changeProxy, deleteProxy, type Proxy, quarantine, release } from "~/api/proxies";
import { useMay } from "~/api/session";
import { onlyExit } from "~/pages/explain/asking";
import { stateOf } from "~/pages/overview/PoolHealth";
import { doom, useIsDoomed } from "~/parts/doomed";
import { count, duration, milliseconds, percent } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { done, failed } from "~/parts/notices";
import { type Action, RowMenu } from "~/parts/RowMenu";
import { StateLabel, toneOf } from "~/parts/StateLabel";
import classes from "./ProxyTable.module.css";

interface Props {
  project: string;
  /** Absent while it has not been read. */
  proxy: Proxy | undefined;
  connector: string;
  index: number;
  top: number;
  selected: boolean;
  toggle?: (rows: Proxy[], on: boolean) => void;
}

/** How an exit is reached, without its password: what comes first where there is room, and the rest. */
export function addressParts({ protocol, host, port, username }: Proxy): [string, string] {
  const login = username ? `${username}@` : "";
  return [`${protocol}://${login}`, `${host.includes(":") ? `[${host}]` : host}:${port}`];
}

export function addressOf(proxy: Proxy): string {
  return addressParts(proxy).join("");
}

/** Drawn anew only where it has changed: scrolling moves the others. */
export const ProxyRow = memo(Row);

function Row(props: Props) {
  const { proxy, index, top, selected, toggle } = props;
  const isDoomed = useIsDoomed(proxy?.id ?? "");
  const place = { transform: `translateY(${top}px)` };
  const common = { role: "row", "aria-rowindex": index + 2, style: place };
  if (proxy === undefined) {
    return (
      <div {...common} className={`${classes.row} ${classes.body}`}>
        <span role="cell" />
        <span role="cell" className={classes.waits} aria-label="Being read" />
      </div>
    );
  }
  const address = addressOf(proxy);
  return (
    <div
      {...common}
      className={`${classes.row} ${classes.body}`}
      data-selected={selected || undefined}
      data-doomed={isDoomed || undefined}
    >
      <span role="cell">
        {toggle && (
          <Checkbox
            size="xs"
            aria-label={`Select ${address}`}
            checked={selected}
            onChange={(event) => toggle([proxy], event.currentTarget.checked)}
          />
        )}
      </span>
      <span role="cell" className={`mono ${classes.clip}`} title={address}>
        <span className={`${classes.wide} quiet`}>{addressParts(proxy)[0]}</span>
        {addressParts(proxy)[1]}
      </span>
      <Cells {...props} proxy={proxy} />
      <span role="cell">
        {!isDoomed && <LazyActions key={proxy.id} project={props.project} proxy={proxy} />}
      </span>
    </div>
  );
}

function Cells({ proxy, connector }: { proxy: Proxy; connector: string }) {
  const { health, live } = proxy;
  const state = stateOf(proxy);
  const share = live.requests > 0 ? (live.requests - live.failures) / live.requests : null;
  const place = [proxy.country, proxy.city].filter(Boolean).join(" · ");
  const rest = health.quarantined_seconds;
  const failures = health.consecutive_failures;
  const why =
    state === "resting" && rest
      ? `Rests for ${duration(rest)} more`
      : failures > 0
        ? `${failures} failures in a row`
        : `${health.in_flight} under way`;
  return (
    <>
      <span role="cell">
        <span title={why}>
          <StateLabel state={state} tone={toneOf(state)} />
        </span>
      </span>
      <span role="cell" className={`${classes.wide} ${classes.clip}`}>
        {place || "–"}
      </span>
      <span role="cell" className={`${classes.wide} ${classes.clip}`} title={connector}>
        {connector}
      </span>
      <span role="cell" className={`${classes.wide} ${classes.number}`}>
        {count(live.requests)}
      </span>
      <span role="cell" className={`${classes.wide} ${classes.number}`}>
        {share === null ? "–" : percent(share)}
      </span>
      <span role="cell" className={`${classes.wide} ${classes.number}`}>
        {milliseconds(health.latency_ms)}
      </span>
    </>
  );
}

/** A menu is made when it is asked for: there are many rows, and few menus that are opened. */
function LazyActions({ project, proxy }: { project: string; proxy: Proxy }) {
  const [asked, ask] = useState(false);
  if (asked) return <Actions project={project} proxy={proxy} />;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-haspopup="menu"
      aria-label={`Actions for ${addressOf(proxy)}`}
      onClick={() => ask(true)}
    >
      <Icon name="more" />
    </ActionIcon>
  );
}

function Actions({ project, proxy }: { project: string; proxy: Proxy }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const mayEdit = useMay("editor");
  const address = addressOf(proxy);
  const reload = () => queries.invalidateQueries({ queryKey: ["projects", project, "proxies"] });
  const run = (action: Promise<unknown>, said: string) =>
    void action
      .then(() => done(said), (error) => failed(`${address} is as it was`, error))
      .finally(reload);
  const rests = Boolean(proxy.health.quarantined_seconds);
  const why: Action = {
    label: "Why this exit, or not",
    icon: "why",
    run: () =>
      void navigate({
        to: `/projects/${project}/explain`,
        search: { parameters: onlyExit(proxy.id) } as never,
      }),
  };
  const tryIt = async () => {
    const { items } = await testProxies(project, [proxy.id]);
    const [test] = items;
    if (!test?.ok) throw new Error(test?.detail ?? test?.error ?? "Nobody tested it.");
    const from = test.exit_ip ? `, as ${test.exit_ip}` : "";
    done(`${address} works${from}: ${milliseconds(test.latency_ms)}.`);
  };
  const test: Action = {
    label: "Test now",
    icon: "refresh",
    run: () =>
      void tryIt()
        .catch((error: unknown) => failed(`${address} does not work`, error))
        .finally(reload),
  };
  const changes: Action[] = [
    test,
    rests
      ? {
          label: "Release",
          icon: "release",
          run: () => run(release(project, proxy.id), "It is released."),
        }
      : {
          label: "Quarantine for an hour",
          icon: "rest",
          run: () => run(quarantine(project, proxy.id, 3600), "It rests for an hour."),
        },
    {
      label: proxy.enabled ? "Turn off" : "Turn on",
      icon: proxy.enabled ? "close" : "check",
      run: () =>
        run(
          changeProxy(project, proxy, { enabled: !proxy.enabled }),
          proxy.enabled ? "It is off." : "It is on.",
        ),
    },
    {
      label: "Delete",
      icon: "delete",
      danger: true,
      run: () =>
        doom({
          id: proxy.id,
          name: `Proxy ${address}`,
          send: () => deleteProxy(project, proxy).finally(reload),
        }),
    },
  ];
  return <RowMenu defaultOpened of={address} actions={mayEdit ? [why, ...changes] : [why]} />;
}
