// Every page below the shell, as a table: the router, the navigation and the palette are made of it.
import type { ComponentType } from "react";
import type { Role } from "~/api/session";
import type { IconName } from "~/parts/Icon";

export interface Page {
  /** `$project` stands for a project's identifier, `$id` for another row's. */
  path: string;
  title: string;
  icon: IconName;
  /** Where it stands in the navigation; without it, only links lead there. */
  group?: "project" | "installation";
  /** The least role that sees it; `viewer` if absent. */
  role?: Role;
  /** It is about all projects: nothing for those who see some only. */
  all?: boolean;
  /** Further words that the palette finds it by. */
  words?: string;
  load: () => Promise<{ default: ComponentType }>;
}

/** In the order of the navigation. */
export const PAGES: Page[] = [
  {
    path: "/projects/$project",
    title: "Overview",
    icon: "overview",
    group: "project",
    words: "success latency traffic health",
    load: () => import("~/pages/overview/OverviewPage"),
  },
  {
    path: "/projects/$project/proxies",
    title: "Proxies",
    icon: "proxies",
    group: "project",
    words: "exits list upload quarantine",
    load: () => import("~/pages/proxies/ProxiesPage"),
  },
  {
    path: "/projects/$project/connectors",
    title: "Connectors",
    icon: "connectors",
    group: "project",
    words: "weights limits routing providers",
    load: () => import("~/pages/connectors/ConnectorsPage"),
  },
  {
    path: "/projects/$project/credentials",
    title: "Credentials",
    icon: "credentials",
    group: "project",
    words: "accounts logins secrets",
    load: () => import("~/pages/credentials/CredentialsPage"),
  },
  {
    path: "/projects/$project/connect",
    title: "Connect your client",
    icon: "connect",
    group: "project",
    words: "snippets curl python scrapy playwright puppeteer go java",
    load: () => import("~/pages/connect/ConnectPage"),
  },
  {
    path: "/projects/$project/exchanges",
    title: "Live log",
    icon: "live",
    group: "project",
    all: true,
    words: "requests exchanges stream tail errors blame",
    load: () => import("~/pages/live/LivePage"),
  },
  {
    path: "/projects/$project/sessions",
    title: "Sessions",
    icon: "sessions",
    group: "project",
    words: "sticky rotate identity pinned",
    load: () => import("~/pages/sessions/SessionsPage"),
  },
  {
    path: "/projects/$project/usage",
    title: "Usage",
    icon: "usage",
    group: "project",
    words: "charts traffic bytes latency cost statistics csv",
    load: () => import("~/pages/usage/UsagePage"),
  },
  {
    path: "/projects/$project/caps",
    title: "Caps and prices",
    icon: "caps",
    group: "project",
    words: "limits budget cost bytes quota billing money",
    load: () => import("~/pages/caps/CapsPage"),
  },
  {
    path: "/projects/$project/captures",
    title: "Inspector",
    icon: "inspector",
    group: "project",
    words: "captures exchanges records har traffic requests",
    load: () => import("~/pages/inspector/InspectorPage"),
  },
  {
    path: "/projects/$project/explain",
    title: "Why this exit",
    icon: "why",
    group: "project",
    words: "explain choice candidates stages debug",
    load: () => import("~/pages/explain/ExplainPage"),
  },
  {
    path: "/projects/$project/lab",
    title: "Rules lab",
    icon: "rules",
    group: "project",
    words: "bans try test trial rules captcha",
    load: () => import("~/pages/lab/LabPage"),
  },
  {
    path: "/projects/$project/settings",
    title: "Settings",
    icon: "settings",
    group: "project",
    words: "interception bans rewrites inspection rotation timeouts",
    load: () => import("~/pages/settings/SettingsPage"),
  },
  {
    path: "/projects",
    title: "Projects",
    icon: "projects",
    group: "installation",
    load: () => import("~/pages/projects/ProjectsPage"),
  },
  {
    path: "/exchanges",
    title: "Live log",
    icon: "live",
    group: "installation",
    all: true,
    words: "requests exchanges stream tail errors blame all projects",
    load: () => import("~/pages/live/LivePage"),
  },
  {
    path: "/usage",
    title: "Usage",
    icon: "usage",
    group: "installation",
    all: true,
    words: "charts traffic bytes latency cost statistics csv all projects",
    load: () => import("~/pages/usage/UsagePage"),
  },
  {
    path: "/alerts",
    title: "Alerts",
    icon: "alerts",
    group: "installation",
    words: "warnings incidents acknowledge",
    load: () => import("~/pages/alerts/AlertsPage"),
  },
  {
    path: "/webhooks",
    title: "Webhooks",
    icon: "connect",
    group: "installation",
    words: "alerts notifications chat pager",
    load: () => import("~/pages/webhooks/WebhooksPage"),
  },
  {
    path: "/cluster",
    title: "Cluster",
    icon: "cluster",
    group: "installation",
    words: "nodes members revisions leases tasks",
    load: () => import("~/pages/cluster/ClusterPage"),
  },
  {
    path: "/certificates",
    title: "Certificates",
    icon: "certificates",
    group: "installation",
    words: "root authority interception mitm trust",
    load: () => import("~/pages/certificates/CertificatesPage"),
  },
  {
    path: "/users",
    title: "Users",
    icon: "users",
    group: "installation",
    role: "admin",
    words: "people invitations roles",
    load: () => import("~/pages/users/UsersPage"),
  },
  {
    path: "/keys",
    title: "API keys",
    icon: "keys",
    group: "installation",
    words: "tokens programs automation access",
    load: () => import("~/pages/keys/KeysPage"),
  },
  {
    path: "/audit",
    title: "Audit log",
    icon: "audit",
    group: "installation",
    role: "admin",
    words: "history changes who when",
    load: () => import("~/pages/audit/AuditPage"),
  },
  {
    path: "/system",
    title: "System",
    icon: "settings",
    group: "installation",
    role: "admin",
    words: "log filter debug version about nodes",
    load: () => import("~/pages/system/SystemPage"),
  },
  {
    path: "/backup",
    title: "Backup",
    icon: "backup",
    group: "installation",
    role: "admin",
    words: "export import restore passphrase",
    load: () => import("~/pages/backup/BackupPage"),
  },
  {
    path: "/account",
    title: "Your account",
    icon: "account",
    words: "password profile",
    load: () => import("~/pages/account/AccountPage"),
  },
];
