// Go anywhere by keyboard: pages of this project, other projects, the installation.
import { Modal, ScrollArea, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useState } from "react";
import { projectsQuery } from "~/api/projects";
import { sees, useMe } from "~/api/session";
import { PAGES } from "~/pages";
import { Icon, type IconName } from "~/parts/Icon";
import { projectIn } from "./Navigation";
import classes from "./Shell.module.css";

export interface Place {
  to: string;
  title: string;
  hint: string;
  icon: IconName;
  words: string;
}

/** Places in which every word of the question begins some word. */
export function matching(places: Place[], question: string): Place[] {
  const asked = question.toLowerCase().split(/\s+/).filter(Boolean);
  return places.filter((place) => {
    const words = `${place.title} ${place.hint} ${place.words}`.toLowerCase().split(/[\s·]+/);
    return asked.every((part) => words.some((word) => word.startsWith(part)));
  });
}

function usePlaces(): Place[] {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const project = projectIn(path);
  const me = useMe();
  const { data } = useQuery(projectsQuery);
  const pages = PAGES.filter((page) => sees(me, page, project))
    .filter((page) => project !== null || !page.path.includes("$"))
    .filter((page) => page.path.replace("$project", "").includes("$") === false)
    .map(({ path, title, icon, group, words = "" }) => ({
      to: path.replace("$project", project ?? ""),
      title,
      hint: group === "project" ? "This project" : "",
      icon,
      words,
    }));
  const projects = (data?.items ?? [])
    .filter(({ id }) => id !== project)
    .map(({ id, name }): Place => {
      return { to: `/projects/${id}`, title: name, hint: "Project", icon: "projects", words: "" };
    });
  return [...pages, ...projects];
}

interface Props {
  opened: boolean;
  onClose: () => void;
}

export function Palette({ opened, onClose }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      padding="xs"
      size="md"
      yOffset="12vh"
      centered={false}
      attributes={{ content: { "aria-label": "Go to" } }}
    >
      <Choice onClose={onClose} />
    </Modal>
  );
}

function Choice({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [question, ask] = useState("");
  const [chosen, choose] = useState(0);
  const found = matching(usePlaces(), question).slice(0, 50);
  useEffect(() => choose(0), [question]);
  const go = (place: Place | undefined) => {
    if (place === undefined) return;
    onClose();
    void navigate({ to: place.to });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      choose((at) => (at + step + found.length) % Math.max(found.length, 1));
    }
    if (event.key === "Enter") go(found[chosen]);
  };
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls="places"
        aria-activedescendant={found[chosen] && `place-${chosen}`}
        aria-label="Go to a page or a project"
        placeholder="A page or a project"
        leftSection={<Icon name="search" size={16} />}
        value={question}
        onChange={(event) => ask(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <ScrollArea.Autosize mah="50vh" mt="xs" id="places" role="listbox" aria-label="Places">
        {found.map((place, at) => (
          <div
            key={place.to}
            id={`place-${at}`}
            role="option"
            aria-selected={at === chosen}
            tabIndex={-1}
            className={classes.option}
            data-chosen={at === chosen || undefined}
            onMouseEnter={() => choose(at)}
            onClick={() => go(place)}
            onKeyDown={onKeyDown}
          >
            <Icon name={place.icon} />
            {place.title}
            <span className={classes.optionHint}>{place.hint}</span>
          </div>
        ))}
        {found.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            Nothing has such a name.
          </Text>
        )}
      </ScrollArea.Autosize>
    </>
  );
}
