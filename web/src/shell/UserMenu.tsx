// Who is logged in: their account, light or dark, the API's reference, the way out.
import { ActionIcon, Menu, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useLogOut, useMe } from "~/api/session";
import { Icon } from "~/parts/Icon";
import { failed } from "~/parts/notices";

export function UserMenu() {
  const me = useMe();
  const navigate = useNavigate();
  const logOut = useLogOut();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  const leave = () =>
    logOut().then(
      () => navigate({ to: "/login" }),
      (error) => failed("You are still logged in", error),
    );
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="default" size={32} aria-label={`Account of ${me.username}`}>
          <Icon name="account" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.username} · {me.role}
        </Menu.Label>
        <Menu.Item
          leftSection={<Icon name="account" size={16} />}
          onClick={() => navigate({ to: "/account" })}
        >
          Your account
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name={scheme === "dark" ? "sun" : "moon"} size={16} />}
          onClick={() => setColorScheme(other)}
        >
          {scheme === "dark" ? "Light colours" : "Dark colours"}
        </Menu.Item>
        <Menu.Item
          component="a"
          href="/api/docs"
          leftSection={<Icon name="book" size={16} />}
        >
          Reference of the API
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="leave" size={16} />} onClick={leave}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
