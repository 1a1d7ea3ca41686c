// A question about a choice in other words: the line for a terminal, and what a stage is about.

/** The username with the parameters behind it, as the node puts it together. */
export function loginWith(account: string, parameters: string): string {
  const trimmed = parameters.trim();
  return trimmed === "" || trimmed.startsWith("-") ? account + trimmed : `${account}-${trimmed}`;
}

/** Parameters as the node wants them: with the dash that is easily forgotten. */
export function parametersOf(typed: string): string {
  return loginWith("", typed);
}

/** The parameters that leave one exit alone in question. */
export function onlyExit(id: string): string {
  // Dashes stand between parameters.
  return `-exit-${id.replaceAll("-", "")}`;
}

/** What to ask for, of a target as it was typed: without a scheme it is a tunnel. */
export function urlOf(target: string): string {
  if (/^https?:\/\//.test(target)) return target;
  return `https://${target.replace(/:443$/, "")}/`;
}

interface Access {
  address: string;
  username: string;
  password: string;
  target: string;
}

export function curlLine({ address, username, password, target }: Access): string {
  const login = quoted(`${username}:${password}`);
  return `curl -v -x http://${address} -U ${login} ${quoted(urlOf(target))}`;
}

/** As one argument of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

interface Stage {
  name: string;
  /** What to look at where nothing is left. */
  hint: string;
}

const STAGES: Record<string, Stage> = {
  intended: {
    name: "Switched on",
    hint: "Upload proxies, or switch the connector on.",
  },
  connector: {
    name: "Connector asked for",
    hint: "No connector of that name has exits that are on.",
  },
  domain: {
    name: "Serves the target",
    hint: "Look at the domains that each connector allows and denies.",
  },
  place: {
    name: "Place and network",
    hint: "Ask for another place, or give the proxies their country.",
  },
  tag: {
    name: "Tags, exit asked for",
    hint: "No exit that is left has these tags, or is the one that was asked for.",
  },
  health: {
    name: "Alive",
    hint: "The exits that are left are all dead: look at their health on the page of the proxies.",
  },
  quarantine: {
    name: "Not resting",
    hint: "The exits that are left all rest: wait, or release them on the page of the proxies.",
  },
  mark: {
    name: "Not banned there",
    hint: "Ban rules keep all of them away from this target for a while.",
  },
  limit: {
    name: "Within limits",
    hint: "All are as busy as they may be: raise the limits of the connectors, or add exits.",
  },
  grade: { name: "Best health", hint: "" },
  tier: { name: "First tier", hint: "" },
};

export function stageOf(stage: string): Stage {
  return STAGES[stage] ?? { name: stage, hint: "" };
}
