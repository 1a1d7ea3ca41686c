// What surrounds every page: navigation, the palette, and how the node is.
import { AppShell, Burger, Group, UnstyledButton } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { Icon } from "~/parts/Icon";
import { AlertBell } from "./AlertBell";
import { Banner } from "./Banner";
import { ConnectionState } from "./ConnectionState";
import { Logo } from "./Logo";
import { Navigation } from "./Navigation";
import { Palette } from "./Palette";
import classes from "./Shell.module.css";
import { useChanges } from "./useChanges";
import { UserMenu } from "./UserMenu";

export function Shell() {
  const [menu, { toggle, close }] = useDisclosure();
  const [palette, { open, close: closePalette, toggle: togglePalette }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useChanges();
  useHotkeys([["mod+K", togglePalette], ["/", open]], ["INPUT", "TEXTAREA", "SELECT"]);
  // On a phone the menu covers the page that was chosen in it.
  useEffect(close, [path]);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 224, breakpoint: "sm", collapsed: { mobile: !menu } }}
      padding={{ base: "md", md: "lg" }}
      transitionDuration={0}
    >
      <a className="skip" href="#page">
        To the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={menu}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={menu ? "Close the menu" : "Open the menu"}
            />
            <Logo />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <UnstyledButton className={classes.search} onClick={open} aria-label="Search and go to">
              <Icon name="search" size={16} />
              <span className={classes.searchWords}>Go to…</span>
              <kbd className={classes.key}>Ctrl K</kbd>
            </UnstyledButton>
            <ConnectionState />
            <AlertBell />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1} className={classes.main}>
        <Banner />
        <Outlet />
      </AppShell.Main>
      <Palette opened={palette} onClose={closePalette} />
    </AppShell>
  );
}
