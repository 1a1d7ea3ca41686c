// A project in short: its login, and what this node has relayed for it.
import { Group, SimpleGrid, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Project } from "~/api/projects";
import { bytes, compact, milliseconds, percent } from "~/parts/format";
import { StateLabel } from "~/parts/StateLabel";
import classes from "./ProjectCard.module.css";

export function ProjectCard({ project }: { project: Project }) {
  const { requests, failures, bytes_received, bytes_sent, average_latency_ms } = project.live;
  const success = requests > 0 ? percent((requests - failures) / requests) : "–";
  const figures = [
    ["Requests", compact(requests)],
    ["Success", success],
    ["Latency", milliseconds(average_latency_ms)],
    ["Traffic", bytes(bytes_received + bytes_sent)],
  ];
  return (
    <Link to={`/projects/${project.id}`} className={classes.card}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Title order={2} className={classes.name} title={project.name}>
          {project.name}
        </Title>
        {project.enabled ? (
          <StateLabel state="on" tone="good" />
        ) : (
          <StateLabel state="off" tone="quiet" />
        )}
      </Group>
      <Text size="sm" c="dimmed" className={classes.name} title={project.description}>
        {project.description || <span className="mono">{project.username}</span>}
      </Text>
      <SimpleGrid cols={4} spacing="xs" mt="sm">
        {figures.map(([name, value]) => (
          <div key={name}>
            <Text size="xs" c="dimmed">
              {name}
            </Text>
            <Text className="numbers" fw={600}>
              {value}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </Link>
  );
}
