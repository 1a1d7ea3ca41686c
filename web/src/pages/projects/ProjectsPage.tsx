// Every project, as cards: what goes through it, and the way into it.
import { Button, SimpleGrid, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { projectsQuery } from "~/api/projects";
import { useMay } from "~/api/session";
import { Empty } from "~/parts/Empty";
import { Icon } from "~/parts/Icon";
import { PageFrame } from "~/parts/PageFrame";
import { CreateProject } from "./CreateProject";
import { ProjectCard } from "./ProjectCard";

export default function ProjectsPage() {
  const { data } = useSuspenseQuery({ ...projectsQuery, refetchInterval: 10_000 });
  const [search, setSearch] = useState("");
  const [creating, { open, close }] = useDisclosure();
  const mayEdit = useMay("editor");
  const wanted = search.trim().toLowerCase();
  const found = data.items.filter(({ name, username }) =>
    `${name} ${username}`.toLowerCase().includes(wanted),
  );
  const create = mayEdit && (
    <Button leftSection={<Icon name="add" size={16} />} onClick={open}>
      New project
    </Button>
  );
  return (
    <PageFrame
      title="Projects"
      about="A project is a pool of exits and a proxy login that clients use it with."
      actions={data.items.length > 0 && create}
    >
      {data.items.length > 6 && (
        <TextInput
          aria-label="Find a project"
          placeholder="Find by name or login"
          leftSection={<Icon name="search" size={16} />}
          maw={320}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {data.items.length === 0 ? (
        <Empty icon="projects" title="No project yet" action={create}>
          {mayEdit
            ? "Create one, upload a list of proxies, and point your client at it."
            : "An editor has to create one first."}
        </Empty>
      ) : (
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3, xl: 4 }} spacing="md">
          {found.map((project) => (
            <ProjectCard key={project.id} project={project} />
          ))}
        </SimpleGrid>
      )}
      {data.items.length > 0 && found.length === 0 && (
        <Empty icon="search" title="No project has such a name">
          Names and logins of {data.items.length} projects were searched for “{search}”.
        </Empty>
      )}
      <CreateProject opened={creating} onClose={close} />
    </PageFrame>
  );
}
