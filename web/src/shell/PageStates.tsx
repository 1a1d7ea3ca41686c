// A page that is on its way, that failed, or that does not exist.
import { Anchor, Skeleton, Stack } from "@mantine/core";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { asProblem } from "~/api/problem";
import { EntryFrame } from "~/entry/EntryFrame";
import { Failure } from "~/parts/Failure";

export function PageWaits() {
  return (
    <Stack gap="md" aria-busy="true" aria-label="Loading">
      <Skeleton h={28} w={220} />
      <Skeleton h={96} />
      <Skeleton h={280} />
    </Stack>
  );
}

export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  const what =
    asProblem(error).status === 404 ? "This is not there any more" : "The page could not be shown";
  return <Failure error={error} what={what} retry={retry} />;
}

export function LostPage() {
  return (
    <EntryFrame
      title="There is no such page"
      about="The address may have been mistyped, or what it showed was deleted."
    >
      <Anchor component={Link} to="/projects">
        To your projects
      </Anchor>
    </EntryFrame>
  );
}
