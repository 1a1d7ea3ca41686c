// How to send a client's traffic through the project: lines to copy, with everything filled in.
import { Alert, PasswordInput, SimpleGrid, Tabs, TextInput } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { clusterQuery, proxyPort } from "~/api/cluster";
import { useProject } from "~/api/projects";
import { Code } from "~/parts/Code";
import { Icon } from "~/parts/Icon";
import { PageFrame } from "~/parts/PageFrame";
import { rememberedPassword } from "./passwords";
import { snippets, usernameWith } from "./snippets";

const UNKNOWN = "YOUR_PASSWORD";

export default function ConnectPage() {
  const project = useProject();
  const { members } = useSuspenseQuery({ ...clusterQuery, refetchInterval: false }).data;
  // What somebody typed is kept: a balancer in front may be reached elsewhere.
  const [typed, setAddress] = useLocalStorage({
    key: "proxy-address",
    defaultValue: "",
    getInitialValueInEffect: false,
  });
  const address = typed || `${window.location.hostname}:${proxyPort(members) ?? "8080"}`;
  const [url, setUrl] = useState("https://example.com/");
  const [password, setPassword] = useState(rememberedPassword(project.id) ?? "");
  const [session, setSession] = useState("");
  const [country, setCountry] = useState("");
  const username = usernameWith(project.username, { session, country });
  const all = snippets({ username, password: password || UNKNOWN, address, url });
  return (
    <PageFrame
      title="Connect your client"
      about="One address for every exit: what stands behind the account in the username says which exit a request wants."
    >
      {!project.enabled && (
        <Alert color="yellow" variant="light" icon={<Icon name="warning" />}>
          The project is off: every request is answered 503.{" "}
          <Link to={`/projects/${project.id}/settings`}>Turn it on</Link>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }} spacing="sm" maw={1000}>
        <TextInput
          label="Address of the proxy"
          description="As your client reaches it"
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password of the project"
          description="Stays in this tab"
          placeholder="Only you know it"
          autoComplete="off"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <TextInput
          label="Address to ask for"
          description="Any website"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <TextInput
          label="Session"
          description="The same word, the same exit"
          placeholder="None: rotate"
          value={session}
          onChange={(event) => setSession(event.currentTarget.value.replace(/[^A-Za-z0-9_.]/g, ""))}
        />
        <TextInput
          label="Country"
          description="Two letters"
          placeholder="Any"
          maxLength={2}
          value={country}
          onChange={(event) => setCountry(event.currentTarget.value.replace(/[^A-Za-z]/g, ""))}
        />
      </SimpleGrid>
      <Tabs defaultValue="curl" keepMounted={false}>
        <Tabs.List>
          {all.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {all.map(({ name, file, text }) => (
          <Tabs.Panel key={name} value={name} pt="md" maw={1000}>
            <Code name={file} text={text} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </PageFrame>
  );
}
