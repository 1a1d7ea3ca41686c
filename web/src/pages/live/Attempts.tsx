// Every attempt of a request: through which exit, when, and what became of it.
import { Stack, Table, Text, Title } from "@mantine/core";
import type { ExchangeDetail } from "~/api/exchanges";
import { ExitName } from "~/parts/ExitName";
import { milliseconds } from "~/parts/format";
import { StateLabel } from "~/parts/StateLabel";
import { WideTable } from "~/parts/WideTable";

export function Attempts({ of }: { of: ExchangeDetail }) {
  const { project_id: project } = of;
  const tried = of.tried ?? [];
  return (
    <Stack gap="xs" component="section" aria-label="Attempts">
      <Title order={3}>Attempts</Title>
      {tried.length === 0 ? (
        <Text size="sm" c="dimmed">
          No exit was tried.
        </Text>
      ) : (
        <WideTable name="Attempts: table">
          <Table className="numbers" miw={460}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th pl={0}>Exit</Table.Th>
                <Table.Th>What became of it</Table.Th>
                <Table.Th ta="right">From</Table.Th>
                <Table.Th ta="right">To</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {tried.map((attempt, at) => (
                <Table.Tr key={`${at} ${attempt.exit}`}>
                  <Table.Td pl={0}>
                    {project ? <ExitName project={project} id={attempt.exit} /> : attempt.exit}
                  </Table.Td>
                  <Table.Td>
                    <StateLabel
                      state={attempt.error ?? "carried it"}
                      tone={toneOfAttempt(attempt.error)}
                    />
                  </Table.Td>
                  <Table.Td ta="right">{milliseconds(attempt.started_ms)}</Table.Td>
                  <Table.Td ta="right">{milliseconds(attempt.ended_ms)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </WideTable>
      )}
    </Stack>
  );
}

/** Another one was faster: that is nobody's failure. */
function toneOfAttempt(error: string | null | undefined) {
  if (error == null) return "good";
  return error === "cancelled" ? "quiet" : "bad";
}
