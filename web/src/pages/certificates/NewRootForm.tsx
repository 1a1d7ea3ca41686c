// A root to take over: one that is made up, or one of the operator's own.
import { Button, Group, SegmentedControl, Select, Stack, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { createRoot, rootsQuery } from "~/api/certificates";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { done } from "~/parts/notices";

const OVERLAPS = [
  { value: "0", label: "At once" },
  { value: "86400", label: "In a day" },
  { value: "604800", label: "In a week" },
  { value: "2592000", label: "In 30 days" },
];

export function NewRootForm({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { origin: "made", overlap: "604800", certificate_pem: "", key_pem: "" },
  });
  const submit = useSubmit(
    form,
    ({ origin, overlap, certificate_pem, key_pem }) => {
      const own = origin === "own" ? { certificate_pem, key_pem } : {};
      return createRoot({ ...own, overlap_seconds: Number(overlap) });
    },
    () => {
      void queries.invalidateQueries({ queryKey: rootsQuery.queryKey });
      done("The root is added: have your clients trust it before it signs.");
      onClose();
    },
  );
  return (
    <form onSubmit={submit.send}>
      <Stack gap="sm">
        <SubmitProblem of={submit} what="No root was added" />
        <SegmentedControl
          aria-label="Where the root comes from"
          data={[
            { value: "made", label: "Make a new one" },
            { value: "own", label: "Bring my own" },
          ]}
          {...form.getInputProps("origin")}
        />
        <Select
          label="It signs"
          description="Until then the one before does, and clients can learn to trust this one."
          data={OVERLAPS}
          {...form.getInputProps("overlap")}
        />
        {form.values.origin === "own" && (
          <>
            <Textarea
              label="Certificate (PEM)"
              autosize
              minRows={4}
              maxRows={10}
              required
              classNames={{ input: "mono" }}
              {...form.getInputProps("certificate_pem")}
            />
            <Textarea
              label="Its key (PEM)"
              description="Stored encrypted, and never shown again."
              autosize
              minRows={4}
              maxRows={10}
              required
              classNames={{ input: "mono" }}
              {...form.getInputProps("key_pem")}
            />
          </>
        )}
        {form.values.origin === "made" && (
          <Text size="sm" c="dimmed">
            Its key is made on the node, stored encrypted, and never leaves it.
          </Text>
        )}
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={submit.busy}>
            Add
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
