// What can be done with one row.
import { ActionIcon, Menu, Table, VisuallyHidden } from "@mantine/core";
import { Icon, type IconName } from "./Icon";

export interface Action {
  label: string;
  icon: IconName;
  danger?: boolean;
  run: () => void;
}

interface Props {
  of: string;
  actions: Action[];
  defaultOpened?: boolean;
}

export function RowMenu({ of, actions, defaultOpened }: Props) {
  return (
    <Menu position="bottom-end" withinPortal defaultOpened={defaultOpened}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${of}`}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map(({ label, icon, danger, run }) => (
          <Menu.Item
            key={label}
            leftSection={<Icon name={icon} size={16} />}
            color={danger ? "var(--bad)" : undefined}
            onClick={run}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The head of the column in which the menus stand. */
export function ActionsHead() {
  return (
    <Table.Th w={48} data-actions>
      <VisuallyHidden>Actions</VisuallyHidden>
    </Table.Th>
  );
}
