// One row a node: what it serves, how much it does.
import { Badge, Group, Table } from "@mantine/core";
import type { Member } from "~/api/cluster";
import { ago, count } from "~/parts/format";
import { ActionsHead } from "~/parts/RowMenu";
import { Section } from "~/parts/Section";
import { StateLabel } from "~/parts/StateLabel";
import { Service } from "./Service";

interface Props {
  members: Member[];
  revision: number;
  /** The node that answers. */
  own: string;
}

export function Members({ members, revision, own }: Props) {
  return (
    <Section title="Nodes" wide>
      <Table className="numbers" miw={1080}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th pl="md">Node</Table.Th>
            <Table.Th>Role</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Revision</Table.Th>
            <Table.Th>Up since</Table.Th>
            <Table.Th>Addresses</Table.Th>
            <Table.Th ta="right">Requests /s</Table.Th>
            <Table.Th ta="right">Under way</Table.Th>
            <Table.Th ta="right">Probes</Table.Th>
            <ActionsHead />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {members.map((member) => {
            const behind = revision - member.revision;
            return (
              <Table.Tr key={member.id}>
                <Table.Td pl="md">
                  <Group gap={6} wrap="nowrap">
                    <span className="mono">{member.id}</span>
                    {member.id === own && (
                      <Badge size="xs" variant="default" tt="none" style={{ flex: "none" }}>
                        answers you
                      </Badge>
                    )}
                  </Group>
                </Table.Td>
                <Table.Td>{member.role}</Table.Td>
                <Table.Td>
                  <StateLabel state={member.state} />
                </Table.Td>
                <Table.Td>
                  <StateLabel
                    state={behind > 0 ? `${member.revision}, ${behind} behind` : "live"}
                    tone={behind > 0 ? "warn" : "good"}
                  />
                </Table.Td>
                <Table.Td>{ago(member.started_at)}</Table.Td>
                <Table.Td className="mono">{member.addresses.join(" ")}</Table.Td>
                <Table.Td ta="right">{count(member.requests_per_second)}</Table.Td>
                <Table.Td ta="right">{count(member.in_flight)}</Table.Td>
                <Table.Td ta="right">{count(member.exits_owned)} exits</Table.Td>
                <Table.Td>
                  <Service of={member} />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
