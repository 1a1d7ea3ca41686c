// A list, typed, pasted or from a file, and then what became of each of its lines.
import {
  Button,
  FileInput,
  Group,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Connector, createConnector } from "~/api/connectors";
import { type Uploaded, upload } from "~/api/proxies";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { UploadReport } from "./UploadReport";

const NEW = "new";
const EXAMPLE = "192.0.2.10:8080\n192.0.2.11:8080:user:password\nsocks5://user:password@exit.example:1080";

interface Props {
  project: string;
  connectors: Connector[];
  onClose: () => void;
}

interface Outcome {
  uploaded: Uploaded;
  /** The lines as they were sent, to show those that were refused. */
  lines: string[];
}

export function UploadDialog({ project, connectors, onClose }: Props) {
  const queries = useQueryClient();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const lists = connectors.filter(({ kind }) => kind === "static");
  const form = useForm({
    initialValues: {
      source: "text",
      text: "",
      file: null as File | null,
      connector_id: lists[0]?.id ?? NEW,
      name: "list",
      protocol: "http",
      country: "",
      tags: "",
    },
  });
  const submit = useSubmit(
    form,
    async (values) => {
      const list = values.source === "file" && values.file ? values.file : new Blob([values.text]);
      const isNew = values.connector_id === NEW;
      const connector = isNew ? await createConnector(project, { name: values.name }) : null;
      // Should the list be refused, the next try finds the connector that was made for it.
      if (connector) form.setFieldValue("connector_id", connector.id);
      void queries.invalidateQueries({ queryKey: ["projects", project, "connectors"] });
      const options = {
        connector_id: connector?.id ?? values.connector_id,
        protocol: values.protocol,
        country: values.country.toUpperCase() || undefined,
        tags: values.tags || undefined,
      };
      const uploaded = await upload(project, options, list);
      return { uploaded, lines: (await list.text()).split(/\r?\n/) };
    },
    (result) => {
      setOutcome(result);
      void queries.invalidateQueries({ queryKey: ["projects", project] });
    },
  );
  if (outcome !== null) {
    return <UploadReport {...outcome} onClose={onClose} again={() => setOutcome(null)} />;
  }
  const { source, text, file, connector_id } = form.values;
  const ready = source === "text" ? text.trim() !== "" : file !== null;
  return (
    <form onSubmit={submit.send}>
      <Stack gap="sm">
        <SubmitProblem of={submit} what="Nothing was uploaded" />
        <SegmentedControl
          aria-label="Where the list is"
          data={[
            { value: "text", label: "Paste it" },
            { value: "file", label: "From a file" },
          ]}
          {...form.getInputProps("source")}
        />
        {source === "text" ? (
          <Textarea
            label="List"
            description="host:port, host:port:user:password, user:password@host:port, URLs, CSV with a header, JSON"
            placeholder={EXAMPLE}
            minRows={8}
            maxRows={16}
            autosize
            classNames={{ input: "mono" }}
            data-autofocus
            {...form.getInputProps("text")}
          />
        ) : (
          <FileInput
            label="File"
            description="In the same forms; up to 128 MiB unless the node is told otherwise"
            placeholder="Choose a file"
            {...form.getInputProps("file")}
          />
        )}
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <Select
            label="Connector"
            description="They will belong to it"
            data={[
              ...lists.map(({ id, name }) => ({ value: id, label: name })),
              { value: NEW, label: "A new one…" },
            ]}
            {...form.getInputProps("connector_id")}
          />
          {connector_id === NEW && (
            <TextInput
              label="Name of the new connector"
              description="Unique in the project"
              required
              {...form.getInputProps("name")}
            />
          )}
          <Select
            label="Protocol"
            description="Of lines that name none"
            data={["http", "https", "socks4", "socks5"]}
            {...form.getInputProps("protocol")}
          />
          <TextInput
            label="Country"
            description="Of lines that name none: two letters"
            maxLength={2}
            {...form.getInputProps("country")}
          />
          <TextInput
            label="Tags"
            description="For all of them, by commas"
            {...form.getInputProps("tags")}
          />
        </SimpleGrid>
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={submit.busy} disabled={!ready}>
            Upload
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
