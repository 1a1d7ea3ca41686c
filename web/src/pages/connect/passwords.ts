// Passwords of projects that were made in this tab: the node never shows one, so that snippets are
// whole only where it was just chosen. They are kept in memory, and gone with the tab.

const known = new Map<string, string>();

export function rememberPassword(project: string, password: string): void {
  known.set(project, password);
}

export function rememberedPassword(project: string): string | undefined {
  return known.get(project);
}
