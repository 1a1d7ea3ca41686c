// The caps of a project or a connector, and what its traffic costs.
import { ActionIcon, Button, Fieldset, Group, NumberInput, Select, SimpleGrid, Stack } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { changeConnector, type Connector, connectorsQuery } from "~/api/connectors";
import { changeProject, type Project, projectQuery } from "~/api/projects";
import { type CapItem, capsQuery } from "~/api/usage";
import { ConflictNotice } from "~/forms/ConflictNotice";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { rowOf, useBase } from "~/forms/useBase";
import { useSubmit } from "~/forms/useSubmit";
import { Icon } from "~/parts/Icon";
import { done } from "~/parts/notices";
import { capsOf, NEW_CAP, pricesOf, type Values, valuesOf } from "./values";

const MEASURES = [
  { value: "bytes", label: "Gigabytes, both ways" },
  { value: "requests", label: "Requests" },
  { value: "cost", label: "Cost" },
];
const PERIODS = [
  { value: "day", label: "A day" },
  { value: "week", label: "A week, from Monday" },
  { value: "month", label: "A month" },
];
const ACTIONS = [
  { value: "alert", label: "Only show it" },
  { value: "block", label: "Refuse new requests" },
  { value: "interrupt", label: "Refuse, and end tunnels" },
];
const STATUSES = [
  { value: "509", label: "509 Bandwidth Limit Exceeded" },
  { value: "429", label: "429 Too Many Requests" },
];
/** As many as the node takes. */
const MOST = 8;

/** Whose caps they are. */
export type Owner = { project: Project; connector?: Connector };

interface Props {
  of: Owner;
  onClose: () => void;
}

export function CapForm({ of: { project, connector }, onClose }: Props) {
  const queries = useQueryClient();
  const owner = connector ?? project;
  const form = useForm<Values>({ initialValues: valuesOf(owner.caps, connector?.prices ?? null) });
  const list = connectorsQuery(project.id);
  const { queryKey } = connector ? list : projectQuery(project.id);
  const base = useBase<Owner>({ project, connector }, async () => ({
    project: await queries.fetchQuery({ ...projectQuery(project.id), staleTime: 0 }),
    connector: await rowOf(queries.fetchQuery({ ...list, staleTime: 0 }), connector?.id),
  }));
  const submit = useSubmit(
    form,
    (values): Promise<Project | Connector> => {
      const caps = capsOf(values);
      const now = base.current();
      if (now.connector === undefined) return changeProject(now.project, { caps });
      return changeConnector(now.connector, { caps, prices: pricesOf(values) });
    },
    ({ name }) => {
      void queries.invalidateQueries({ queryKey, exact: true });
      void queries.invalidateQueries({ queryKey: capsQuery(project.id).queryKey });
      done(`The caps of ${name} are saved.`);
      onClose();
    },
  );
  const { caps } = form.values;
  return (
    <form onSubmit={submit.send}>
      <Stack gap="sm">
        <SubmitProblem of={submit} what="The caps were not saved" />
        <ConflictNotice of={submit} mine={base.again} theirs={() => base.again().then(onClose)} />
        {connector && <PriceFields form={form} />}
        {caps.map((_cap, at) => (
          <CapFields key={`${at}-${caps.length}`} form={form} at={at} />
        ))}
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="add" size={14} />}
            disabled={caps.length >= MOST}
            onClick={() => form.insertListItem("caps", { ...NEW_CAP })}
          >
            Add a cap
          </Button>
        </Group>
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

interface FieldsProps {
  form: UseFormReturnType<Values>;
}

function PriceFields({ form }: FieldsProps) {
  const common = { min: 0, max: 1_000_000, decimalScale: 6, thousandSeparator: "," };
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
      <NumberInput
        label="A gigabyte costs"
        description="10⁹ bytes, both ways together"
        {...common}
        {...form.getInputProps("prices.per_gb_micros")}
      />
      <NumberInput
        label="A request costs"
        description="Each attempt counts"
        {...common}
        {...form.getInputProps("prices.per_request_micros")}
      />
      <NumberInput
        label="A proxy costs a month"
        description="Rent, whatever goes through it"
        {...common}
        {...form.getInputProps("prices.per_proxy_month_micros")}
      />
    </SimpleGrid>
  );
}

function CapFields({ form, at }: FieldsProps & { at: number }) {
  const path = `caps.${at}`;
  const { action } = form.values.caps[at] ?? NEW_CAP;
  return (
    <Fieldset legend={`Cap ${at + 1}`} p="sm">
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <NumberInput
            label="At most"
            required
            min={0}
            decimalScale={6}
            thousandSeparator=","
            {...form.getInputProps(`${path}.limit`)}
          />
          <Select label="Of what" data={MEASURES} {...form.getInputProps(`${path}.measure`)} />
          <Select
            label="In"
            data={PERIODS}
            {...form.getInputProps(`${path}.period`)}
          />
        </SimpleGrid>
        <Group align="flex-end" gap="sm" wrap="nowrap">
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" style={{ flexGrow: 1 }}>
            <Select label="Then" data={ACTIONS} {...form.getInputProps(`${path}.action`)} />
            {action !== "alert" && (
              <Select
                label="Clients are answered"
                data={STATUSES}
                {...form.getInputProps(`${path}.status`)}
              />
            )}
          </SimpleGrid>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={34}
            aria-label={`Remove cap ${at + 1}`}
            onClick={() => form.removeListItem("caps", at)}
          >
            <Icon name="delete" size={16} />
          </ActionIcon>
        </Group>
      </Stack>
    </Fieldset>
  );
}

/** Those of this owner, of all that the node listed. */
export function capsFor({ connector }: Owner, items: CapItem[]): CapItem[] {
  return items.filter(({ connector_id }) => (connector_id ?? undefined) === connector?.id);
}
