// People who may log in: roles, invitations, and the way out.
import { Badge, Button, Drawer, Group, Modal, NativeSelect } from "@mantine/core";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMe, type User } from "~/api/session";
import { changeUserNow, deleteUser, type Invited, inviteAgain, usersQuery } from "~/api/users";
import { Confirm } from "~/parts/Confirm";
import { ago, count } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { done, failed } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";
import type { Action } from "~/parts/RowMenu";
import { RowsTable } from "~/parts/RowsTable";
import { StateLabel } from "~/parts/StateLabel";
import { GrantsForm } from "./GrantsForm";
import { InviteForm, InviteLink } from "./Invite";

const ROLES = ["viewer", "editor", "admin"];

/** Whether somebody can log in, in a word. */
export function standing({ active, has_password }: User): [string, "good" | "warn" | "quiet"] {
  if (!active) return ["locked out", "quiet"];
  return has_password ? ["active", "good"] : ["invited", "warn"];
}

/** Which projects somebody sees, in short. */
export function grantsText({ grants }: User): string {
  if (grants == null) return "all";
  const known = Object.keys(grants).length;
  return known === 0 ? "none" : `${count(known)} only`;
}

export default function UsersPage() {
  const me = useMe();
  const queries = useQueryClient();
  const { items } = useSuspenseQuery(usersQuery).data;
  const [inviting, setInviting] = useState<"new" | Invited | null>(null);
  const [granted, grant] = useState<User | null>(null);
  const [doomed, doom] = useState<User | null>(null);
  const reload = () => queries.invalidateQueries({ queryKey: usersQuery.queryKey });
  const change = (user: User, to: Parameters<typeof changeUserNow>[1], what: string) =>
    changeUserNow(user, to)
      .then(() => done(what), (error) => failed(`${user.username} was not changed`, error))
      .finally(reload);
  const actions = (user: User): Action[] => [
    ...(user.has_password
      ? []
      : [
          {
            label: "New invitation link",
            icon: "connect" as const,
            run: () =>
              void inviteAgain(user).then(setInviting, (error) => failed("No link was made", error)),
          },
        ]),
    ...(user.role === "admin"
      ? []
      : [{ label: "Projects", icon: "projects" as const, run: () => grant(user) }]),
    {
      label: user.active ? "Lock out" : "Let in again",
      icon: user.active ? "rest" : "release",
      run: () =>
        void change(
          user,
          { active: !user.active },
          user.active ? `${user.username} is locked out, on every node.` : `${user.username} is let in.`,
        ),
    },
    { label: "Delete", icon: "delete", danger: true, run: () => doom(user) },
  ];
  const who = ({ id, username, email }: User) => (
    <Group gap={6}>
      <strong>{username}</strong>
      {id === me.id && (
        <Badge size="xs" variant="default" tt="none">
          you
        </Badge>
      )}
      <span className="quiet">{email}</span>
    </Group>
  );
  const role = (user: User) => (
    <NativeSelect
      aria-label={`Role of ${user.username}`}
      size="xs"
      w={110}
      data={ROLES}
      value={user.role}
      disabled={user.id === me.id}
      onChange={({ currentTarget: { value } }) =>
        void change(user, { role: value }, `${user.username} is ${value} now.`)
      }
    />
  );
  return (
    <PageFrame
      title="Users"
      about="Viewers look, editors change projects, administrators change users and the installation."
      actions={
        <Button leftSection={<Icon name="add" size={16} />} onClick={() => setInviting("new")}>
          Invite
        </Button>
      }
    >
      <RowsTable
        name="Users"
        minWidth={720}
        rows={items}
        nameOf={({ username }) => username}
        columns={[
          { title: "User", cell: who },
          { title: "Role", cell: role },
          { title: "Projects", cell: grantsText },
          {
            title: "State",
            cell: (user) => <StateLabel state={standing(user)[0]} tone={standing(user)[1]} />,
          },
          { title: "Logged in", cell: ({ last_login_at: at }) => (at ? ago(at) : "never") },
        ]}
        actions={(user) => (user.id === me.id ? [] : actions(user))}
      />
      <Modal
        opened={inviting !== null}
        onClose={() => setInviting(null)}
        title={inviting === "new" ? "Invite somebody" : "The invitation"}
      >
        {inviting === "new" ? (
          <InviteForm onClose={() => setInviting(null)} onInvited={setInviting} />
        ) : (
          inviting && <InviteLink invited={inviting} onClose={() => setInviting(null)} />
        )}
      </Modal>
      <Drawer
        opened={granted !== null}
        onClose={() => grant(null)}
        position="right"
        title={`Projects of ${granted?.username ?? ""}`}
      >
        {granted && <GrantsForm row={granted} onClose={() => grant(null)} />}
      </Drawer>
      <Confirm
        opened={doomed !== null}
        onClose={() => doom(null)}
        title={`Delete ${doomed?.username ?? ""}?`}
        verb="Delete"
        run={async () => {
          if (doomed === null) return;
          await deleteUser(doomed);
          await reload();
          done(`${doomed.username} is gone.`);
        }}
      >
        They are out at once, on every node. What they did stays. To keep the name, lock them out
        instead.
      </Confirm>
    </PageFrame>
  );
}
