// How many alerts are open: in the header, on every page, and the way to them.
import { ActionIcon, Indicator } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { openAlertsQuery } from "~/api/alerts";
import { count } from "~/parts/format";
import { Icon } from "~/parts/Icon";

export function AlertBell() {
  const { data: open = 0 } = useQuery(openAlertsQuery);
  const label = open === 0 ? "Alerts: none is open" : `Alerts: ${count(open)} open`;
  return (
    <Indicator label={open > 99 ? "99+" : open} size={16} color="red.9" disabled={open === 0} offset={4}>
      <ActionIcon component={Link} to="/alerts" variant="default" size={32} aria-label={label}>
        <Icon name="alerts" />
      </ActionIcon>
    </Indicator>
  );
}
