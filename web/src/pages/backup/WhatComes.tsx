// What a backup brings, or has brought, and what it leaves out.
import { Alert, Stack, Table, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import type { Imported } from "~/api/backup";
import { ago, count, dateTime } from "~/parts/format";
import { Icon } from "~/parts/Icon";

const NOUNS = ["projects", "connectors", "proxies", "credentials", "roots", "users"] as const;

export function WhatComes({ of, children }: { of: Imported; children?: ReactNode }) {
  const { created_at, dry_run, passwords_lost, users_left_out } = of;
  return (
    <Stack gap="sm" mt="md" role="region" aria-label="What the backup holds" aria-live="polite">
      <div>
        <Title order={3}>{dry_run ? "This would come" : "This has come"}</Title>
        <Text size="sm" c="dimmed">
          As it was on {dateTime(created_at)}, {ago(created_at)}
        </Text>
      </div>
      <Table aria-label="How many of each">
        <Table.Tbody className="numbers">
          {NOUNS.map((noun) => (
            <Table.Tr key={noun}>
              <Table.Th tt="capitalize">{noun}</Table.Th>
              <Table.Td ta="right">{count(of[noun])}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {passwords_lost.length > 0 && (
        <Alert
          variant="light"
          color="yellow"
          icon={<Icon name="warning" />}
          title="Passwords to be set anew"
        >
          The backup is from an installation with another secret key. Until they have new passwords,
          nobody logs in to: {passwords_lost.join(", ")}
        </Alert>
      )}
      {users_left_out.length > 0 && (
        <Text size="sm" c="dimmed">
          Left out, because you have their name or address: {users_left_out.join(", ")}
        </Text>
      )}
      {children}
    </Stack>
  );
}
