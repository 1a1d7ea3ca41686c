// Which exit a request would get now, and why: asked of the code that chooses, without sending it.
import { Button, Group, Paper, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useLocalStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { clusterQuery, proxyPort } from "~/api/cluster";
import { type Explanation, explain, type Question } from "~/api/explain";
import { useProject } from "~/api/projects";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { rememberedPassword } from "~/pages/connect/passwords";
import { Code } from "~/parts/Code";
import { Empty } from "~/parts/Empty";
import { PageFrame } from "~/parts/PageFrame";
import { curlLine, loginWith, parametersOf } from "./asking";
import { Outcome } from "./Outcome";

interface Asked {
  question: Question;
  answer: Explanation;
}

export default function ExplainPage() {
  const project = useProject();
  const { data: cluster } = useQuery({ ...clusterQuery, refetchInterval: false });
  const [typed] = useLocalStorage({
    key: "proxy-address",
    defaultValue: "",
    getInitialValueInEffect: false,
  });
  const [asked, setAsked] = useState<Asked | null>(null);
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const form = useForm({
    initialValues: {
      target: String(search.target ?? "https://example.com"),
      parameters: String(search.parameters ?? ""),
      client: String(search.client ?? ""),
    },
    validate: { target: (target) => (target.trim() === "" ? "Must be there" : null) },
  });
  const submit = useSubmit(
    form,
    async ({ target, parameters, client }) => {
      const question = {
        target: target.trim(),
        parameters: parametersOf(parameters),
        client: client.trim() || undefined,
      };
      return { question, answer: await explain(project.id, question) };
    },
    setAsked,
  );
  const { send } = submit;
  const isLinked = search.target !== undefined || search.parameters !== undefined;
  // Who follows a link has asked already: once, at the first sight of the page.
  useEffect(() => {
    if (isLinked) send();
  }, []);
  const port = proxyPort(cluster?.members ?? []) ?? "8080";
  const address = typed || `${window.location.hostname}:${port}`;
  const password = rememberedPassword(project.id) ?? "YOUR_PASSWORD";
  const username = loginWith(project.username, asked?.question.parameters ?? "");
  return (
    <PageFrame
      title="Why this exit"
      about="Which exit a request would be given now, and what became of the others. Nothing is sent, and nothing changes."
    >
      <Paper p="md" component="form" onSubmit={submit.send} maw={1000}>
        <Stack gap="sm">
          <SubmitProblem of={submit} what="It could not be explained" />
          <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
            <TextInput
              label="Target"
              description="A URL, or host:port for a tunnel"
              required
              {...form.getInputProps("target")}
            />
            <TextInput
              label="Parameters"
              description={`What follows ${project.username} in the username`}
              placeholder="-country-us-session-abc"
              classNames={{ input: "mono" }}
              autoCapitalize="off"
              spellCheck={false}
              {...form.getInputProps("parameters")}
            />
            <TextInput
              label="Client"
              description="Its address; empty: yours"
              placeholder="192.0.2.10"
              {...form.getInputProps("client")}
            />
          </SimpleGrid>
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              What chance decides may fall out differently the next time.
            </Text>
            <Button type="submit" loading={submit.busy}>
              Explain
            </Button>
          </Group>
        </Stack>
      </Paper>
      {asked === null ? (
        <Empty icon="why" title="Ask about a request">
          Say where it goes and which parameters it has: every stage of the choice is shown here,
          with the exits that it left.
        </Empty>
      ) : (
        <Stack gap="md" maw={1000}>
          <Outcome project={project.id} answer={asked.answer} />
          <Code
            name="The same request, in a terminal"
            text={curlLine({ address, username, password, target: asked.question.target })}
          />
        </Stack>
      )}
    </PageFrame>
  );
}
