// A connector, new or changed: where exits come from, its share, its limits.
import { Button, Group, Select, SimpleGrid, Stack, Switch, Tabs, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { changeConnector, type Connector, connectorsQuery, createConnector } from "~/api/connectors";
import { credentialsQuery } from "~/api/credentials";
import { ConflictNotice } from "~/forms/ConflictNotice";
import { changes } from "~/forms/changes";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { rowOf, useBase } from "~/forms/useBase";
import { useSubmit } from "~/forms/useSubmit";
import { done } from "~/parts/notices";
import { LimitFields } from "./LimitFields";
import { RoutingFields } from "./RoutingFields";
import { settingsOf, type Values, valuesOf } from "./values";

const KINDS = [
  { value: "static", label: "List: proxies that you upload" },
  { value: "direct", label: "Direct: the node dials targets itself" },
];

interface Props {
  project: string;
  row: Connector | null;
  onClose: () => void;
}

export function ConnectorForm({ project, row, onClose }: Props) {
  const queries = useQueryClient();
  const { queryKey } = connectorsQuery(project);
  const credentials = useQuery(credentialsQuery(project)).data?.items ?? [];
  const base = useBase(row, () => rowOf(queries.fetchQuery({ ...connectorsQuery(project), staleTime: 0 }), row?.id));
  const form = useForm<Values>({ initialValues: valuesOf(row) });
  const submit = useSubmit(
    form,
    (values) => {
      const settings = settingsOf(values);
      const current = base.current();
      if (current === null) return createConnector(project, settings);
      return changeConnector(current, changes(settingsOf(valuesOf(row)), settings));
    },
    ({ name }) => {
      void queries.invalidateQueries({ queryKey });
      done(`Connector ${name} is saved.`);
      onClose();
    },
  );
  return (
    <form onSubmit={submit.send}>
      <Stack gap="sm">
        <SubmitProblem of={submit} what="The connector was not saved" />
        <ConflictNotice of={submit} mine={base.again} theirs={() => base.again().then(onClose)} />
        <TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <Select label="Kind" data={KINDS} {...form.getInputProps("kind")} />
          <Select
            label="Credential"
            placeholder="None: proxies bring their login"
            clearable
            allowDeselect
            data={credentials.map(({ id, name }) => ({ value: id, label: name }))}
            {...form.getInputProps("credential_id")}
          />
        </SimpleGrid>
        <Switch
          label="On: requests may leave through it"
          {...form.getInputProps("enabled", { type: "checkbox" })}
        />
        <Tabs defaultValue="routing">
          <Tabs.List>
            <Tabs.Tab value="routing">Routing</Tabs.Tab>
            <Tabs.Tab value="limits">Limits</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="routing" pt="sm">
            <RoutingFields form={form} />
          </Tabs.Panel>
          <Tabs.Panel value="limits" pt="sm">
            <LimitFields form={form} />
          </Tabs.Panel>
        </Tabs>
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={submit.busy}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
