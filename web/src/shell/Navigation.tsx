// The menu at the side: the pages of the project that is open, and those of the installation.
import { NativeSelect, ScrollArea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import { projectsQuery } from "~/api/projects";
import { sees, useMe } from "~/api/session";
import { PAGES, type Page } from "~/pages";
import { Icon } from "~/parts/Icon";
import classes from "./Shell.module.css";

/** The project that an address is about. */
export function projectIn(path: string): string | null {
  return /^\/projects\/([^/]+)/.exec(path)?.[1] ?? null;
}

function Item({ page, project }: { page: Page; project: string | null }) {
  const to = page.path.replace("$project", project ?? "");
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isPart = page.path.split("/").length > 3 || page.group === "installation";
  const active = path === to || (isPart && to !== "/projects" && path.startsWith(`${to}/`));
  return (
    <Link
      to={to}
      className={classes.link}
      data-active={active || undefined}
      aria-current={active ? "page" : undefined}
    >
      <Icon name={page.icon} />
      {page.title}
    </Link>
  );
}

function ProjectChoice({ project }: { project: string }) {
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { data } = useQuery(projectsQuery);
  const rows = data?.items ?? [];
  const options = rows.map(({ id, name }) => ({ value: id, label: name }));
  const known = options.some(({ value }) => value === project);
  return (
    <NativeSelect
      aria-label="Project"
      mx={4}
      mb={4}
      value={project}
      data={known ? options : [{ value: project, label: "…" }, ...options]}
      onChange={({ currentTarget: { value } }) => {
        // The same page of the other project; a row of this one is none of that.
        const page = path.split("/")[3];
        void navigate({ to: `/projects/${value}${page === undefined ? "" : `/${page}`}` });
      }}
    />
  );
}

export function Navigation() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const project = projectIn(path);
  const me = useMe();
  const pages = PAGES.filter((page) => sees(me, page, project));
  const of = (group: string) =>
    pages
      .filter((page) => page.group === group)
      .map((page) => <Item key={page.path} page={page} project={project} />);
  return (
    <ScrollArea component="nav" aria-label="Pages" type="hover" scrollbarSize={6} h="100%">
      {project !== null && (
        <>
          <div className={classes.section}>Project</div>
          <ProjectChoice project={project} />
          {of("project")}
        </>
      )}
      <div className={classes.section}>Installation</div>
      {of("installation")}
    </ScrollArea>
  );
}
