// How requests are shared between connectors: tiers by priority, and weights within a tier.

export interface Weighed {
  id: string;
  name: string;
  enabled: boolean;
  weight: number;
  priority: number;
  kind: string;
  proxy_count: number;
}

export interface Share {
  id: string;
  name: string;
  /** Of the tier's requests, 0-1. */
  share: number;
}

export interface Tier {
  priority: number;
  shares: Share[];
}

/** Whether a connector has an exit to offer, as far as its settings say. */
export function offers({ enabled, kind, proxy_count }: Weighed): boolean {
  return enabled && (kind === "direct" || proxy_count > 0);
}

/** The tiers in the order in which they are asked; connectors that offer nothing are left out. */
export function tiers(connectors: Weighed[]): Tier[] {
  const byPriority = new Map<number, Weighed[]>();
  for (const connector of connectors.filter(offers)) {
    byPriority.set(connector.priority, [...(byPriority.get(connector.priority) ?? []), connector]);
  }
  return [...byPriority]
    .sort(([one], [other]) => one - other)
    .map(([priority, members]) => {
      const total = members.reduce((sum, { weight }) => sum + weight, 0);
      const shares = members.map(({ id, name, weight }) => ({ id, name, share: weight / total }));
      return { priority, shares };
    });
}
