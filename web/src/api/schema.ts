// Generated from openapi.json: make generate.
export interface paths {
    "/api/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists alerts, the newest first: those of the projects that the caller may see, and those of the
         *     installation where they may see all.
         */
        get: operations["list_alerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{alert}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows an alert. */
        get: operations["get_alert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{alert}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Says that the caller knows of an alert: it stays open for as long as it lasts. Whoever says so first
         *     is shown. An editor may.
         */
        post: operations["acknowledge_alert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists keys: the caller's own; those of all users, where the caller is an administrator. */
        get: operations["list_api_keys"];
        put?: never;
        /** Makes a key for the caller, who must have logged in: a key makes no other. */
        post: operations["create_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a key, but not what it is made of. */
        get: operations["get_api_key"];
        put?: never;
        post?: never;
        /** Deletes a key: from now on it is worth nothing, on every node. */
        delete: operations["delete_api_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what was done to the installation, the newest first: every change of it, logins and failed
         *     ones. Secrets are in no entry.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Logs in. */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends the session that a refresh token belongs to. */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Exchanges a refresh token for new tokens. One that comes twice ends the session of both. */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Logs a browser in: the session is a cookie. What is changed with it must come from a page of ours
         *     (`Origin`).
         */
        post: operations["create_session"];
        /** Ends the session of a browser. */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/set-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sets the first password of an invited user. */
        post: operations["set_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Creates the first administrator. */
        post: operations["setup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells whether the installation has to be set up. */
        get: operations["auth_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/backup/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Downloads everything that operators intend: projects, credentials, connectors, proxies, roots
         *     with their keys, users. Not in it: sessions, invitations, API keys, usage, recorded exchanges.
         */
        post: operations["export_backup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/backup/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Puts a backup in the place of all that there is, in one transaction. Whoever does it keeps
         *     their account as it is; everybody else has to log in again.
         */
        post: operations["import_backup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the nodes. */
        get: operations["get_cluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/nodes/{instance}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes a node out of service while it stays up: its `/ready` answers 503, so that balancers send
         *     new clients elsewhere. What is under way goes on, kept connections end with their next answer, and
         *     who comes nevertheless is served. It lasts until `undrain` or until the node is restarted.
         */
        post: operations["drain_node"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/nodes/{instance}/undrain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a node into service again. */
        post: operations["undrain_node"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exchanges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what nodes remember of requests that finished lately, on all nodes. Each keeps as many as fit
         *     into some memory, and forgets them when it ends. Who may see some projects only is shown the requests of
         *     these.
         */
        get: operations["list_exchanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exchanges/{exchange}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a finished request with all that was tried, whichever node served it. */
        get: operations["get_exchange"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows what is changed as it happens (server-sent events named `change`). It is a hint: whoever sees
         *     `anything`, and whoever begins to watch, reads anew what they show. With `Last-Event-ID`, a revision,
         *     `anything` comes first where there has been another since. Who may see some projects only is told of
         *     these, and of proxies and credentials only that some were changed. The stream ends within a second
         *     of the caller losing access, when the access token is over, and when the node is about to end.
         */
        get: operations["watch_changes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live/cluster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the nodes now, and again whenever a member comes, goes or has loaded another revision, a
         *     lease has another holder, or coordination is degraded or no longer (server-sent events named
         *     `cluster`). The stream ends within a second of the caller losing access, when the access token is
         *     over, and when the node is about to end.
         */
        get: operations["watch_cluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live/exchanges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows requests as they finish, of all nodes whichever answers (server-sent events). Each `exchange`
         *     is what the list shows; `missed` ([`MissedView`]) says how many went by unseen. The stream ends
         *     within a second of the caller losing access, when the access token is over, and when the node is
         *     about to end. With `Last-Event-ID` those that finished since come first, as far as nodes still have them.
         *     Who may see some projects only is shown the requests of these.
         */
        get: operations["watch_exchanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mitm/ca": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All roots in one PEM text, the newest first. */
        get: operations["download_roots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mitm/ca.crt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same under the name that Android looks for. */
        get: operations["download_root_crt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mitm/ca.der": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One root as DER. */
        get: operations["download_root_der"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mitm/ca.mobileconfig": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All roots as a profile for Apple devices. */
        get: operations["download_roots_profile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mitm/roots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the roots of interception, in the order in which they begin to sign. */
        get: operations["list_roots"];
        put?: never;
        /**
         * Adds a root: one that is made up (`{}`), or one of the operator's own. Until it signs, the one
         *     before does, and clients can learn to trust it.
         */
        post: operations["create_root"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mitm/roots/{fingerprint}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes a root that does not sign now: an old one, or one whose turn has not come. */
        delete: operations["delete_root"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists projects. */
        get: operations["list_projects"];
        put?: never;
        /** Creates a project. */
        post: operations["create_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a project. */
        get: operations["get_project"];
        put?: never;
        post?: never;
        /** Deletes a project and all that it holds. */
        delete: operations["delete_project"];
        options?: never;
        head?: never;
        /** Changes a project: a merge patch. */
        patch: operations["update_project"];
        trace?: never;
    };
    "/api/v1/projects/{project}/bans/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tries ban rules on answers, given or recorded. Nothing is changed, and nothing is asked for. A
         *     record has no secrets: where one was, no rule is said to match or not to match that hangs on it
         *     (`unknown`).
         */
        post: operations["test_bans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/caps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the caps of a project and of its connectors. What is shown is some seconds old. */
        get: operations["list_caps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/captures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the exchanges of a project that the nodes of the installation have recorded. */
        get: operations["list_captures"];
        put?: never;
        post?: never;
        /** Forgets the recorded exchanges of a project, on all nodes. */
        delete: operations["delete_captures"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/captures.har": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Downloads exchanges that the nodes of the installation have recorded as an HTTP archive (HAR 1.2),
         *     the oldest first. What a node that does not answer has recorded is not in it.
         */
        get: operations["export_captures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/captures/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows exchanges as they are recorded (server-sent events): those of other nodes a second or two
         *     later than those of the node that answers. Each `capture` is what the list shows; `missed` says how
         *     many of this node's went by unseen. The stream ends within a second of the caller losing access, when
         *     the access token is over, and when the node is about to end. With `Last-Event-ID` it goes on behind
         *     that one, and may show others' records of the two seconds before it again.
         */
        get: operations["watch_captures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/captures/{capture}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a recorded exchange with its messages, whichever node has it. */
        get: operations["get_capture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/connectors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the connectors of a project. */
        get: operations["list_connectors"];
        put?: never;
        /** Creates a connector. */
        post: operations["create_connector"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/connectors/{connector}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a connector. */
        get: operations["get_connector"];
        put?: never;
        post?: never;
        /** Deletes a connector and its proxies. */
        delete: operations["delete_connector"];
        options?: never;
        head?: never;
        /** Changes a connector. */
        patch: operations["update_connector"];
        trace?: never;
    };
    "/api/v1/projects/{project}/credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the credentials of a project. */
        get: operations["list_credentials"];
        put?: never;
        /** Creates a credential. */
        post: operations["create_credential"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/credentials/{credential}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a credential. */
        get: operations["get_credential"];
        put?: never;
        post?: never;
        /** Deletes a credential that no connector uses. */
        delete: operations["delete_credential"];
        options?: never;
        head?: never;
        /** Changes a credential. */
        patch: operations["update_credential"];
        trace?: never;
    };
    "/api/v1/projects/{project}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Says which exit a request would be given now, and why, without sending it. The choice is made by
         *     the code that makes it for requests, from the same state, and changes nothing; what chance decides
         *     may fall out differently for the next one. Paths that the project blocks are not looked at.
         */
        post: operations["explain_choice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/feedback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tells what an exit brought for a host. The exit is kept away from that host on every node for a
         *     while, as a ban rule would. Who calls has a role that may edit, or is a client: HTTP Basic with the
         *     username and password of the project's proxy login. 600 a minute for each project on each node.
         */
        post: operations["send_feedback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/proxies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the proxies of a project. */
        get: operations["list_proxies"];
        put?: never;
        /** Creates a proxy. */
        post: operations["create_proxy"];
        /** Deletes the proxies that fit the query. */
        delete: operations["delete_proxies"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/proxies.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Downloads the proxies of a project as a table (CSV, RFC 4180), without passwords. A cell that a
         *     spreadsheet would take for a formula begins with an apostrophe.
         */
        get: operations["export_proxies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/proxies/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lets proxies rest, ends their rest, switches them on or off, or deletes them. What is configured
         *     changes in one transaction; rests are obeyed by all nodes.
         */
        post: operations["change_proxies"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/proxies/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counts the proxies of a project by what they are, by country and by connector. */
        get: operations["summarize_proxies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/proxies/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks up to 50 exits now whether they work. */
        post: operations["test_proxies"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/proxies/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes a list of proxies: `host:port`, `host:port:user:pass`, `user:pass@host:port`, URLs, CSV
         *     with a header, JSON or NDJSON. All that can be read is created in one transaction.
         */
        post: operations["upload_proxies"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/proxies/{proxy}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a proxy. */
        get: operations["get_proxy"];
        put?: never;
        post?: never;
        /** Deletes a proxy. */
        delete: operations["delete_proxy"];
        options?: never;
        head?: never;
        /** Changes a proxy. */
        patch: operations["update_proxy"];
        trace?: never;
    };
    "/api/v1/projects/{project}/proxies/{proxy}/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Lets an exit rest: nothing new goes through it. */
        put: operations["quarantine_proxy"];
        post?: never;
        /** Ends the rest of an exit. */
        delete: operations["release_proxy"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/proxies/{proxy}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks an exit now whether it works, as the probes do: the outcome counts as that of a probe. */
        post: operations["test_proxy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the sticky sessions of a project that are alive: those that a node has served and that have
         *     not been silent for too long. A session that no node remembers has an exit all the same: the one
         *     that its name leads to.
         */
        get: operations["list_sessions"];
        put?: never;
        post?: never;
        /** Gives all sessions that are alive other exits from their next requests on, or those that fit. */
        delete: operations["rotate_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Gives a session another exit from its next request on, on every node. */
        delete: operations["rotate_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows what a project used. At the level of the project each request counts once; at the other
         *     levels each attempt counts, by the exit that made it. A request shows up within seconds.
         */
        get: operations["get_usage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/usage/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows what a project used over time. At the level of the project each request counts once; at
         *     those of connectors and proxies each attempt does, while outcomes, statuses and percentiles are
         *     those of requests. What is shown is some seconds old.
         */
        get: operations["get_usage_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/log-filter": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows what nodes log. */
        get: operations["get_log_filter"];
        /** Sets what a node logs, or all of them, for a while. */
        put: operations["set_log_filter"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/usage/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows what all projects together used over time. */
        get: operations["get_fleet_usage_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists users. */
        get: operations["list_users"];
        put?: never;
        /** Creates a user, or without a password invites one. */
        post: operations["create_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows who is calling. With `grants`, `role` is what they may do outside of projects: `viewer`. */
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes the caller's password and ends their sessions. */
        post: operations["change_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a user. */
        get: operations["get_user"];
        put?: never;
        post?: never;
        /** Deletes a user. Nobody deletes themselves. */
        delete: operations["delete_user"];
        options?: never;
        head?: never;
        /**
         * Changes a user: a merge patch. Another role, another password or `active: false` end their
         *     sessions.
         */
        patch: operations["update_user"];
        trace?: never;
    };
    "/api/v1/users/{user}/invite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Invites a user anew who has not set a password yet. */
        post: operations["invite_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists webhooks: those of the projects that the caller may see, and those of the installation where
         *     they may see all.
         */
        get: operations["list_webhooks"];
        put?: never;
        /**
         * Creates a webhook: of a project, where the caller is an editor of it; of the installation, where they
         *     are an administrator. Its requests are signed as the Standard Webhooks specification says.
         */
        post: operations["create_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a webhook, without its secret. */
        get: operations["get_webhook"];
        put?: never;
        post?: never;
        /** Deletes a webhook, and what it was still to be told. */
        delete: operations["delete_webhook"];
        options?: never;
        head?: never;
        /** Changes a webhook: a merge patch. */
        patch: operations["update_webhook"];
        trace?: never;
    };
    "/api/v1/webhooks/{webhook}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what a webhook was told, and is to be, the newest first. It is kept for thirty days. */
        get: operations["list_webhook_deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a `ping` to a webhook, once, also to one that is off, and says what came of it. */
        post: operations["test_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What is done about a ban. */
        ActionSettings: {
            /**
             * Format: int64
             * @description The exit is kept from the domain for so long; twice as long with each further ban there, up
             *     to a day: 1-86400.
             * @default null
             */
            mark_seconds: number | null;
            /**
             * Format: int64
             * @description The exit rests altogether for so long: 1-86400.
             * @default null
             */
            quarantine_seconds: number | null;
            /**
             * @description Requests that may change something at the target (POST, PATCH) are tried again, too.
             * @default false
             */
            replay_unsafe: boolean;
            /**
             * @description The request is tried through another exit, where it may be sent again. Default: yes.
             * @default true
             */
            retry: boolean;
            /**
             * @description The session is bound to another exit from the next request on.
             * @default false
             */
            rotate_session: boolean;
            /**
             * @description Written into the record of the exchange: up to 64 characters.
             * @default null
             */
            tag: string | null;
        };
        /** @description Something that people should know of. */
        AlertView: {
            /** @description When somebody said that they know. */
            acknowledged_at?: string | null;
            /** @description Who did. */
            acknowledged_by?: string | null;
            /**
             * Format: int64
             * @description How often it was found, once a minute at most.
             */
            count: number;
            id: string;
            /**
             * @description `cap_near` (80 % of a cap), `cap_reached`, `pool_shrank`, `exits_unhealthy`, `exits_failing`,
             *     `lease_taken_over`, `node_lost`, `cluster_degraded` or `database_away`.
             */
            kind: string;
            /** @description When it was last found to last, within a minute. */
            last_seen_at: string;
            opened_at: string;
            /** @description The project it belongs to; `null`: the installation. */
            project_id?: string | null;
            /** @description When it was over; `null`: it lasts. */
            resolved_at?: string | null;
            /** @description `info`, `warning` or `critical`. */
            severity: string;
            /** @description `open` or `resolved`. */
            state: string;
            /** @description Which one: an identifier, or the name of a node or lease. */
            subject_id: string;
            /** @description What it is about: `project`, `connector`, `node`, `lease` or `installation`. */
            subject_kind: string;
            /** @description What that was called. */
            subject_name: string;
            /** @description What is wrong, in one sentence. */
            text: string;
        };
        /** @description A key that has just been made. */
        ApiKeyMade: components["schemas"]["ApiKeyView"] & {
            /** @description The key itself, for `Authorization: Bearer`: shown once, and kept by nobody. */
            key: string;
        };
        /** @description A key that is wanted. */
        ApiKeySettings: {
            /** @description From when on it is worth nothing, RFC 3339; `null`: never. */
            expires_at?: string | null;
            /** @description 1-255 characters. */
            name: string;
            /** @description Identifiers of the projects that it may see, up to 256; `null`: all that its user may. */
            projects?: string[] | null;
            /** @description `viewer`, `editor` or `admin`: what it may do at most. It never may more than its user. */
            role?: string;
        };
        /** @description A key, without what it is made of. */
        ApiKeyView: {
            created_at: string;
            expires_at?: string | null;
            id: string;
            /** @description Within a minute. */
            last_used_at?: string | null;
            name: string;
            projects?: string[] | null;
            role: string;
            /** @description For whom it calls. */
            user_id: string;
        };
        /** @description One attempt through one proxy. */
        AttemptView: {
            /**
             * Format: double
             * @description When it failed, or had opened the way or brought the head of the answer.
             */
            ended_ms: number;
            /**
             * @description An error type of RFC 9209; `banned`, or `cancelled` when another was faster; `null`: it
             *     carried the request.
             */
            error?: string | null;
            exit: string;
            /**
             * Format: double
             * @description When it began, from the head of the request on; `null` of the one that carried it.
             */
            started_ms?: number | null;
        };
        /** @description Who did it. */
        AuditActor: {
            id?: string | null;
            /** @description `user`, `api_key`, `node` (its settings, a task) or `nobody` (had not logged in). */
            kind: string;
            /** @description What they were called then. */
            name: string;
        };
        /** @description What became of a field. */
        AuditChange: {
            /** @description `null`: nothing, or secret. */
            after?: unknown;
            /** @description `null`: nothing, or secret. */
            before?: unknown;
            /** @description Fields of an object in it follow behind dots. */
            field: string;
            /** @description True: that it changed is all that was kept. */
            is_secret: boolean;
        };
        /** @description What somebody did. */
        AuditEntry: {
            actor: components["schemas"]["AuditActor"];
            /** @description Where the request came from. */
            address?: string | null;
            at: string;
            changes: components["schemas"]["AuditChange"][];
            /** @description What it was done to; `null`: many at once. */
            entity_id?: string | null;
            /** @description What that was called. */
            entity_name?: string | null;
            id: string;
            noun: string;
            /** @description `added`, `updated`, `removed`, or a word of that noun. */
            op: string;
            project_id?: string | null;
            /** @description What the request is called in the log. */
            request_id?: string | null;
            /**
             * Format: int64
             * @description The change that it is about; `null` where nothing was configured.
             */
            revision?: number | null;
        };
        /**
         * @description How a target says that it does not want an exit, and what is done about it. The first rule that
         *     matches an answer counts.
         */
        BanSettings: {
            /** @description What is done about it. */
            actions?: components["schemas"]["ActionSettings"];
            /** @description Targets that it is about, written as in `domain_allow`; empty: all. Up to 1000. */
            domains?: string[];
            /** @description Only counts: answers are delivered as if the rule did not exist. */
            dry_run?: boolean;
            /** @description A rule that is off matches nothing. */
            enabled?: boolean;
            /**
             * Format: int32
             * @description The share of the project's exits, 1-100 %, that the rule may keep from one domain at a time.
             */
            max_share?: number;
            /** @description 1-64 characters of `[A-Za-z0-9_.-]`, unique in the project: counters are named after it. */
            name: string;
            /** @description How a ban looks. There must be a sign. */
            signs: components["schemas"]["SignSettings"];
        };
        /** @description Requests that are answered here. All lists that are not empty must match; one must not be empty. */
        BlockSettings: {
            /**
             * @description Patterns of `Content-Type` without parameters: `image/*`. Up to 256. With these an answer is
             *     cut off before its content, because its type is known only then.
             */
            content_types?: string[];
            /** @description Targets, written as in `domain_allow`. Up to 256. */
            hosts?: string[];
            /**
             * @description Patterns of the path without its query, `*` for any characters: `/ads/*`, `*.mp4`. Up to
             *     256, of 1-256 bytes.
             */
            paths?: string[];
        };
        /** @description What is to be done to which proxies: `ids`, `filter` or `all`, one of them. */
        Bulk: {
            /** @description `quarantine`, `release`, `enable`, `disable` or `delete`. */
            action: string;
            /** @description `true`: every proxy of the project. */
            all?: boolean;
            filter?: components["schemas"]["ProxyFilter"] | null;
            /** @description These, 100,000 at most. */
            ids?: string[] | null;
            /**
             * Format: int64
             * @description How long they rest, with `quarantine`: 1-86400.
             */
            seconds?: number | null;
        };
        /** @description What was done. */
        BulkDone: {
            /**
             * Format: int64
             * @description Those among them with which something was done: the others are so already, or, for a rest,
             *     are off or not loaded yet.
             */
            changed: number;
            /**
             * Format: int64
             * @description Proxies of the project that were meant.
             */
            matched: number;
            /**
             * Format: int64
             * @description Identifiers that are no proxies of the project.
             */
            unknown: number;
        };
        /** @description An exit that would be tried. */
        CandidateView: {
            connector_id: string;
            country?: string | null;
            exit: string;
            /**
             * Format: int32
             * @description Requests that are going through it.
             */
            in_flight: number;
            /**
             * Format: double
             * @description What it was slower than in one case of twenty.
             */
            latency_p95_ms?: number | null;
            /**
             * Format: float
             * @description How good it has been lately, as the strategy `health_based` weighs it: above 0, at most 1.
             */
            score: number;
            /** Format: int32 */
            tier: number;
            /** Format: int32 */
            weight: number;
        };
        /** @description A cap, and how far it has been reached on all nodes together. */
        CapItem: components["schemas"]["CapSettings"] & {
            /** @description The connector that it is a cap of; absent: the project. */
            connector_id?: string | null;
            /**
             * Format: int64
             * @description What was spent in the period, in 10^-6 of the currency.
             */
            cost_micros: number;
            /** @description When the period began. */
            from: string;
            /** @description Whether the limit has been reached. */
            is_reached: boolean;
            /**
             * Format: double
             * @description The same of the limit.
             */
            percent: number;
            /** @description When it ends, and the cap begins anew. */
            resets_at: string;
            /**
             * Format: int64
             * @description How much has been used, in the unit of the limit.
             */
            used: number;
        };
        /** @description At most so much of something in a period. */
        CapSettings: {
            /**
             * @description What happens once it is reached: it is shown (`alert`), new requests are refused, too
             *     (`block`), and tunnels under way are ended, too (`interrupt`).
             */
            action?: string;
            /**
             * Format: int64
             * @description How much: bytes, requests, or 10^-6 of the currency. 1 and more.
             */
            limit: number;
            /** @description `bytes` (both ways together), `requests` or `cost`. */
            measure: string;
            /** @description `day`, `week` (from Monday) or `month`, by the calendar of UTC. */
            period?: string;
            /**
             * Format: int32
             * @description What refused clients are answered: 509 or 429.
             */
            status?: number;
        };
        /** @description The caps of a project and its connectors, and how far they have been reached. */
        Caps: {
            /** @description Those of the project first. */
            items: components["schemas"]["CapItem"][];
        };
        /** @description A recorded exchange with its messages. Secrets have been taken out before it was kept. */
        CaptureDetail: components["schemas"]["CaptureView"] & {
            request: components["schemas"]["RequestView"];
            response?: components["schemas"]["ResponseView"] | null;
            /** @description Every exit that was tried, in the order in which they were. */
            tries: components["schemas"]["TryView"][];
        };
        /** @description What the rules say of a recorded answer. */
        CaptureVerdict: {
            /** @description The rule that would have banned the answer. */
            banned_by?: string | null;
            /** @description Rules that only count, and would have counted it. */
            counted_by: string[];
            /** @description The proxy that carried it. */
            exit?: string | null;
            /** Format: int64 */
            id: number;
            /** @description The node that has it. */
            node: string;
            /**
             * Format: int32
             * @description What the target answered; `null`: it did not, so that there was nothing to judge.
             */
            status?: number | null;
            /** @description Whether it would have been banned is not known: see `unknown`. */
            undecided: boolean;
            /** @description What rules look at and the record does not have. */
            unknown: components["schemas"]["UnknownSign"][];
            url: string;
        };
        /** @description A recorded exchange, without its messages. */
        CaptureView: {
            /**
             * Format: int32
             * @description Exits that were tried.
             */
            attempts: number;
            /** @description The ban rule that has judged the answer. */
            banned_by?: string | null;
            /** @description Whose fault it was: `client`, `exit`, `target` or `node`; `null` for a success. */
            blame?: string | null;
            /**
             * Format: int64
             * @description From the target.
             */
            bytes_received: number;
            /**
             * Format: int64
             * @description Towards the target.
             */
            bytes_sent: number;
            client: string;
            client_tls?: components["schemas"]["HelloView"] | null;
            /** @description The proxy that carried it. */
            exit?: string | null;
            /**
             * Format: int64
             * @description Later ones are greater; of one node.
             */
            id: number;
            /** @description `connect`, `http`, `socks` or `intercepted`. */
            kind: string;
            method: string;
            /** @description The node that has it. */
            node: string;
            protocols: components["schemas"]["ProtocolsView"];
            /** @description The HTTP/2 fingerprint (Akamai) that the target got, likewise. */
            sent_http2?: string | null;
            sent_tls?: components["schemas"]["HelloView"] | null;
            session?: string | null;
            started_at: string;
            /**
             * Format: int32
             * @description What the client was told; 0: nothing.
             */
            status: number;
            tags: string[];
            /** @description `host:port`. */
            target: string;
            timings_ms: components["schemas"]["TimingsView"];
            /** @description `tunnel://host:port` for a tunnel. */
            url: string;
        };
        /** @description Recorded exchanges. */
        Captures: {
            /** @description The newest first. */
            items: components["schemas"]["CaptureView"][];
            /**
             * Format: int64
             * @description What to pass as `before` for older ones; `null` when there are none.
             */
            next?: number | null;
            /** @description The node that answers, for all. */
            node: string;
            /** @description Nodes that did not answer: what they have recorded is not in here. */
            unanswered: string[];
        };
        /** @description A change of one field. */
        Change: {
            /** @enum {string} */
            action: "set";
            /** @description 1-128 characters. */
            name: string;
            /** @description Up to 4096 bytes. */
            value: string;
        } | {
            /** @enum {string} */
            action: "remove";
            /** @description 1-128 characters. */
            name: string;
        };
        /** @description Something was changed, by whomever on whichever node. What it is now, its endpoint says. */
        ChangeView: {
            /** @description Which one; `null`: many at once. */
            id?: string | null;
            /**
             * @description `project`, `credential`, `connector`, `proxy`, `proxy_quarantine`, `user`, `root`, `alert`,
             *     `webhook`, `api_key` or `log_filter`;
             *     `anything` when changes may have gone by unseen.
             */
            noun: string;
            /** @description `added`, `updated` or `removed`. */
            op: string;
            /** @description The project it is or belongs to, where that is known here: of projects and connectors. */
            project_id?: string | null;
            /**
             * Format: int64
             * @description The revision in which it was; 0 when nobody knows.
             */
            revision: number;
        };
        /** @description What was forgotten. */
        Cleared: {
            /**
             * Format: int64
             * @description How many records, on all nodes that answered.
             */
            deleted: number;
            /** @description The node that answers, for all. */
            node: string;
            /** @description Nodes that did not answer, and may still have records. */
            unanswered: string[];
        };
        /** @description The nodes of the installation, as this one sees them. */
        ClusterView: {
            /**
             * @description `alone`, `connected`, or `degraded` while Redis is away: limits are kept with a share of
             *     this node's own, and what one node does for all pauses.
             */
            coordination: string;
            /** @description The node that answers. */
            instance_id: string;
            /** @description What one node at a time does for all. */
            leases: components["schemas"]["LeaseView"][];
            members: components["schemas"]["MemberView"][];
            /**
             * Format: int64
             * @description The revision that the database has.
             */
            revision: number;
            /** @description The background tasks of the node that answers. */
            tasks: components["schemas"]["TaskView"][];
        };
        /** @description What an operator decides about a connector. */
        ConnectorSettings: {
            /** @description Certificates (PEM) that an `https` exit may present besides publicly trusted ones. */
            ca_pem?: string | null;
            /** @description How much traffic it may have, its attempts counted. Up to 8. */
            caps?: components["schemas"]["CapSettings"][];
            /** @description The countries that its proxies of unknown country count as being in. */
            countries?: string[];
            /** @description The account that proxies without a login of their own log in with. */
            credential_id?: string | null;
            /** @description Targets it may be used for; empty: all. Up to 10,000. */
            domain_allow?: string[];
            /** @description Targets it may not be used for. */
            domain_deny?: string[];
            enabled?: boolean;
            /** @description What its probes ask for, instead of the project's. */
            health_check_url?: string | null;
            /** @description `static`: a list that you keep. `direct`: this node dials targets itself. */
            kind?: string;
            /**
             * Format: int32
             * @description At most so many requests in flight through one exit: 1-1,000,000.
             */
            max_in_flight?: number | null;
            /** @description 1-255 characters, unique in the project whatever the case. */
            name: string;
            /** @description What its traffic costs. */
            prices?: components["schemas"]["PriceSettings"];
            /**
             * Format: int32
             * @description Its tier: 0 first, and a later one only when no earlier one has an exit to offer.
             */
            priority?: number;
            rate_limit?: components["schemas"]["RateLimitSettings"] | null;
            /** @description Who resolves target names: `exit` or `node`. */
            resolve?: string;
            /** @description `direct` only: the local address to dial from. */
            source_address?: string | null;
            /**
             * Format: int32
             * @description Its share among connectors of its tier: 1-100.
             */
            weight?: number;
        };
        /** @description What a connector has to offer. */
        ConnectorShareView: {
            connector_id: string;
            /** @description Exits that it has. */
            exits: number;
            /** @description Those that could carry the request. */
            left: number;
            /**
             * Format: int32
             * @description All of a tier come before any of the next.
             */
            tier: number;
            /**
             * Format: int32
             * @description Its part of the requests of its tier.
             */
            weight: number;
        };
        /** @description A connector. */
        ConnectorView: components["schemas"]["ConnectorSettings"] & {
            created_at?: string | null;
            id: string;
            /** @description What this node has sent through it since its start; each attempt counts. */
            live: components["schemas"]["CountersView"];
            project_id: string;
            /** Format: int64 */
            proxy_count: number;
            /** Format: int64 */
            revision: number;
            /** Format: int64 */
            version: number;
        };
        /** @description The beginning of a message's content. */
        ContentView: {
            /** @description `base64` where it is no text. */
            encoding?: string | null;
            media_type: string;
            /**
             * Format: int64
             * @description Bytes of the whole, as they were sent.
             */
            size: number;
            /** @description What is kept of it. */
            text: string;
            /** @description Whether there was more. */
            truncated: boolean;
            /** @description Why nothing is kept: `coded`, `multipart` or `unreadable`. */
            withheld?: string | null;
        };
        /** @description What has gone through. */
        CountersView: {
            /**
             * Format: double
             * @description To the opened tunnel or the head of the answer, over all successes; `null`: none yet.
             */
            average_latency_ms?: number | null;
            /**
             * Format: int64
             * @description From targets.
             */
            bytes_received: number;
            /**
             * Format: int64
             * @description Towards targets.
             */
            bytes_sent: number;
            /** Format: int64 */
            failures: number;
            /** Format: int64 */
            requests: number;
        };
        /** @description A change of a credential. What is absent stays; a field that is `null` goes. */
        CredentialPatch: {
            fields?: {
                [key: string]: string | null;
            };
            name?: string | null;
        };
        /** @description What an operator decides about a credential. */
        CredentialSettings: {
            /** @description Write-only. `static` knows `username` and `password`. */
            fields?: {
                [key: string]: string;
            };
            /** @description 1-255 characters, unique in the project whatever the case. */
            name: string;
            /** @description Who the account is at: `static` for a plain login. */
            provider?: string;
        };
        /** @description A credential, without what is secret. */
        CredentialView: {
            created_at?: string | null;
            /** @description Which fields have a value. */
            field_names: string[];
            id: string;
            name: string;
            project_id: string;
            provider: string;
            /** Format: int64 */
            revision: number;
            /** Format: int64 */
            version: number;
        };
        /** @description What a bulk deletion did. */
        Deleted: {
            /**
             * Format: int64
             * @description How many are gone.
             */
            deleted: number;
        };
        /** @description A finished request with all that was tried. */
        ExchangeDetail: components["schemas"]["ExchangeView"] & {
            /**
             * @description Every attempt: those that came to nothing, in the order in which they ended, and then the one
             *     that carried it.
             */
            tried: components["schemas"]["AttemptView"][];
            /** @description How the choice was made; of requests that ask for it with `debug`. */
            why?: string | null;
        };
        /**
         * @description A finished request. Where it went is a host and a port: never a path, and nothing of what was
         *     said.
         */
        ExchangeView: {
            /**
             * Format: int32
             * @description Proxies that were tried.
             */
            attempts: number;
            /** @description The ban rule that has judged the answer. */
            banned_by?: string | null;
            /** @description Whose fault it was: `client`, `exit`, `target` or `node`; `null` for a success. */
            blame?: string | null;
            /**
             * Format: int64
             * @description From the target.
             */
            bytes_received: number;
            /**
             * Format: int64
             * @description Towards the target.
             */
            bytes_sent: number;
            /** @description Where it came from. */
            client: string;
            connector_id?: string | null;
            /** @description Where that is. */
            country?: string | null;
            /**
             * Format: double
             * @description From the head of the request to the end.
             */
            duration_ms: number;
            /** @description Why it was not carried: an error type of RFC 9209, as in `Proxy-Status`. */
            error?: string | null;
            /** @description The proxy that carried it. */
            exit?: string | null;
            /** @description Where it went, or wanted to go. */
            host?: string | null;
            /** @description Later ones are greater. */
            id: string;
            /** @description `connect`, `http`, `socks` or `intercepted`. */
            kind: string;
            /**
             * Format: double
             * @description From the head of the request to the opened tunnel, or the head of the answer.
             */
            latency_ms: number;
            /** @description `null` where the protocol has none. */
            method?: string | null;
            /** @description The node that served it. */
            node: string;
            /** Format: int32 */
            port?: number | null;
            /** @description `null` before the login was known. */
            project_id?: string | null;
            session?: string | null;
            /** @description When its head had been read, RFC 3339. */
            started_at: string;
            /**
             * Format: int32
             * @description What the client was told; 0: nothing.
             */
            status: number;
        };
        /** @description Finished requests. */
        Exchanges: {
            /** @description The newest first. */
            items: components["schemas"]["ExchangeView"][];
            /** @description What to pass as `before` for older ones; `null` when there are none. */
            next?: string | null;
            /** @description Nodes that did not answer within a second: theirs are missing. */
            silent: string[];
        };
        /** @description A request that nobody sends. */
        Explain: {
            /**
             * @description Where it would come from; without it, where this call comes from. It decides under the
             *     strategy `sticky`.
             */
            client?: string | null;
            /**
             * @description What would stand behind the account in the username, as the project's dialect has it:
             *     `-country-us-session-abc`.
             */
            parameters?: string;
            /** @description `example.com:443` or `https://example.com`: a tunnel; `http://example.com`: a plain request. */
            target: string;
        };
        /** @description What would become of it on the node that answers, now. */
        Explanation: {
            /** @description The first ten in the order in which they would be tried. */
            candidates: components["schemas"]["CandidateView"][];
            /** @description The connectors that are on, in the order of their tiers. */
            connectors: components["schemas"]["ConnectorShareView"][];
            /** @description The exit it would be given; `null`: it would be refused. */
            exit?: string | null;
            /**
             * @description The first ten exits that could carry the request if the target or the session were not kept
             *     away from them: banned, or given up by somebody.
             */
            marked: components["schemas"]["MarkedExitView"][];
            /** @description The node that answers: what it knows of exits and sessions counts. */
            node: string;
            refusal?: components["schemas"]["RefusalView"] | null;
            /**
             * Format: int64
             * @description The configuration that it would be served from.
             */
            revision: number;
            /** @description The exit that the session, or the rotation, is bound to, whether or not it can be used. */
            session_exit?: string | null;
            /**
             * @description How many exits are left after each stage, in their order; none where it does not come to a
             *     choice.
             */
            stages: components["schemas"]["StageView"][];
            /** @description The project's. */
            strategy: string;
            /** @description In one line, as the parameter `debug` has it told. */
            why?: string | null;
        };
        /** @description What an exit brought for a host. */
        Feedback: {
            /** @description The exit, as `Octoprox-Exit` has it. */
            exit: string;
            /** @description The host that was asked, a name or an address. */
            host: string;
            /** @description The session that is to have another exit from its next request on; not with `good`. */
            rotate_session?: string | null;
            /**
             * Format: int64
             * @description For how long the exit is kept away from the host, and longer each time in a row, up to a day:
             *     1-86400. Absent: 600 for `ban`, 60 for `bad`.
             */
            seconds?: number | null;
            /**
             * @description `ban`: the host does not want the exit; `bad`: the answer was of no use; `good`: it was what
             *     was asked for, which is counted.
             */
            verdict: string;
        };
        /** @description What came of it. */
        FeedbackOutcome: {
            /**
             * @description Whether the exit is kept away from the host now. Not if clients have kept half of the project's
             *     exits away from that host already.
             */
            marked: boolean;
            /** @description Whether the session gets another exit. Not if no other one is left to it. */
            session_rotated: boolean;
        };
        /** @description A field of a message. */
        FieldView: {
            name: string;
            value: string;
        };
        /** @description A field of an answer. */
        HeaderSign: {
            /** @description Its name, whatever the case. */
            name: string;
            /** @description An expression that its value matches; without one the field is enough. */
            value?: string;
        };
        /** @description What this node knows of an exit. */
        HealthView: {
            /** Format: int32 */
            consecutive_failures: number;
            /** Format: int32 */
            in_flight: number;
            /** Format: double */
            latency_ms?: number | null;
            /**
             * Format: double
             * @description How much longer it rests.
             */
            quarantined_seconds?: number | null;
            /** @description `unknown`, `healthy`, `degraded`, `unhealthy`, .. */
            status: string;
            /**
             * Format: float
             * @description Of recent requests and probes, 0-1; `null`: no evidence yet.
             */
            success_ratio?: number | null;
        };
        /** @description What a TLS hello looks like. */
        HelloView: {
            ja3: string;
            ja4: string;
        };
        /** @description What has come back. */
        Imported: {
            /** Format: int64 */
            connectors: number;
            /** @description When the backup was made. */
            created_at: string;
            /** Format: int64 */
            credentials: number;
            /** @description Whether nothing has changed, because nothing was to. */
            dry_run: boolean;
            /**
             * @description Names of projects whose password has to be set anew: the backup is from an installation with
             *     another secret key. Until then nobody logs in to them.
             */
            passwords_lost: string[];
            /** Format: int64 */
            projects: number;
            /** Format: int64 */
            proxies: number;
            /** Format: int64 */
            roots: number;
            /** Format: int64 */
            users: number;
            /** @description Names of users who stay out, because whoever restores it has their name or address. */
            users_left_out: string[];
        };
        /** @description Which exchanges are recorded for people to look at. */
        InspectionSettings: {
            /**
             * Format: int32
             * @description Bytes of content kept of each message: 0-65,536. Default: 0.
             * @default 0
             */
            body_bytes: number;
            /**
             * Format: int32
             * @description Records kept, the latest ones: 1-10,000. Default: 1000.
             * @default 1000
             */
            keep: number;
            /**
             * Format: int32
             * @description Of a thousand exchanges, so many are recorded: 0-1000. Default: 0.
             * @default 0
             */
            permille: number;
        };
        /** @description Whether the TLS inside of tunnels is ended here, and what goes on behind it. */
        InterceptionSettings: {
            /**
             * @description The browser of `override_ua`: `chrome`, `firefox`, `safari`, `edge`, or `random`, which is
             *     one of them for each session. Default: `chrome`.
             * @default chrome
             */
            browser: string;
            /**
             * @description Targets that are tunnelled all the same, written as in `domain_allow`. Up to 10,000.
             * @default []
             */
            bypass: string[];
            /**
             * @description Certificates (PEM) that targets may present besides publicly trusted ones. Up to 262,144
             *     characters.
             * @default null
             */
            extra_roots: string | null;
            /**
             * @description `off`: tunnels are left alone. `plain`: their TLS is ended here. `match_ua`: and the target
             *     meets the browser that the client's `User-Agent` names. `override_ua`: and the target meets
             *     the browser that is named here; both are refused where the node was built without browsers.
             *     Default: `off`.
             * @default off
             */
            mode: string;
            /**
             * @description What becomes of a tunnel with something else than HTTP over TLS in it: `tunnel` lets it
             *     through, `refuse` closes it. Default: `tunnel`.
             * @default tunnel
             */
            unknown: string;
            /**
             * @description Targets whose certificates are not verified, written as in `domain_allow`. Up to 256. Every
             *     use is logged.
             * @default []
             */
            unverified: string[];
        };
        /** @description A user who has just been created or invited. */
        Invited: components["schemas"]["UserView"] & {
            /** @description Where they set their password: good once, and shown once. Absent when they have one. */
            invite_url?: string | null;
        };
        /** @description To the opened tunnel or the head of the answer, over successes; `null`: there was none. */
        Latency: {
            /** Format: double */
            average?: number | null;
            /**
             * Format: double
             * @description Half of them took no longer. To within a fifth, as the others.
             */
            p50?: number | null;
            /** Format: double */
            p95?: number | null;
            /** Format: double */
            p99?: number | null;
        };
        /** @description What one node at a time does for all: the lease elects it, the epoch fences what it writes. */
        LeaseView: {
            /**
             * Format: int64
             * @description How often somebody was elected who wrote.
             */
            epoch?: number | null;
            /** @description The node whose turn it is, as Redis says; none while there is none, or Redis is away. */
            holder?: string | null;
            name: string;
            /**
             * Format: int64
             * @description For how long, unless it renews it.
             */
            ttl_milliseconds?: number | null;
            /** @description Who wrote last, and since when. */
            writer?: string | null;
            writer_since?: string | null;
        };
        /** @description What is set for a node, or all. */
        LogFilterItem: {
            filter: string;
            /** @description `null`: for all nodes that have no filter of their own. */
            instance_id?: string | null;
            until: string;
        };
        /** @description What nodes are to log. */
        LogFilterSettings: {
            /** @description A level, or directives such as `info,relay=debug`; `null`: what nodes were started with. */
            filter?: string | null;
            /** @description The node; `null`: all that have no filter of their own. */
            instance_id?: string | null;
            /**
             * Format: int64
             * @description After so long nodes log again what they were started with: 1-86400.
             */
            seconds?: number;
        };
        /** @description What nodes log. */
        LogFilterView: {
            /** @description What that one logs now. */
            filter: string;
            /** @description The node that answers. */
            instance_id: string;
            /** @description What is set for nodes, each within seconds. Those without a database are told through Redis. */
            items: components["schemas"]["LogFilterItem"][];
        };
        /** @description What a login gives. */
        LoggedIn: {
            /** @description For `Authorization: Bearer`. */
            access_token: string;
            /**
             * Format: int64
             * @description Seconds.
             */
            expires_in: number;
            /** @description For `POST /api/v1/auth/refresh`: good once. */
            refresh_token: string;
            token_type: string;
        };
        /** @description A login. */
        Login: {
            password: string;
            username: string;
        };
        /** @description An exit that is kept away. */
        MarkedExitView: {
            /** @description From whom: `host` or `session`. */
            by: string;
            exit: string;
            /**
             * Format: double
             * @description For how much longer.
             */
            seconds: number;
        };
        /** @description What recorded exchanges must fit, as in their list. */
        Matching: {
            /**
             * @description Only those that a ban rule has judged.
             * @default false
             */
            banned: boolean;
            /**
             * @description The identifier of the exit that carried it.
             * @default null
             */
            exit: string | null;
            /**
             * @description Only failures.
             * @default false
             */
            failed: boolean;
            /**
             * @description Part of the target's host (`shop`), or a rule (`*.example.com`, `=example.com`).
             * @default null
             */
            host: string | null;
            /**
             * @description As sent: `GET`.
             * @default null
             */
            method: string | null;
            /** @default null */
            session: string | null;
            /**
             * @description From when on, RFC 3339.
             * @default null
             */
            since: string | null;
            /**
             * @description `404`, or `4xx`.
             * @default null
             */
            status: string | null;
            /**
             * @description Part of the URL, whatever the case.
             * @default null
             */
            text: string | null;
            /**
             * @description Until when, RFC 3339.
             * @default null
             */
            until: string | null;
        };
        /** @description Who is calling, and what they may do. */
        MeView: components["schemas"]["UserView"] & {
            /** @description The most that they may do in any project; `null`: nothing in any. */
            highest_role?: string | null;
            /**
             * @description What they may do everywhere, and with what is about all: `viewer`, `editor` or `admin`; `null`: what
             *     `grants` says, and nothing else.
             */
            role_everywhere?: string | null;
        };
        /** @description A node. */
        MemberView: {
            addresses: string[];
            /** @description Exits that are this node's to probe. */
            exits_owned: number;
            id: string;
            /**
             * Format: int32
             * @description Requests and tunnels under way.
             */
            in_flight: number;
            /** Format: int32 */
            requests_per_second: number;
            /**
             * Format: int64
             * @description The revision that its requests are served from.
             */
            revision: number;
            role: string;
            started_at: string;
            /**
             * @description `ready`, `starting` (it has no configuration yet) or `draining`: it takes no new requests,
             *     because somebody wants it to be drained or because it is about to end.
             */
            state: string;
        };
        /** @description One mistake. */
        Mistake: {
            /** @description What is wrong there. */
            detail: string;
            /** @description Where: a JSON pointer into the body (RFC 6901), or `?name` for a query parameter. */
            pointer: string;
        };
        /** @description A new root. Without certificate and key, one is made up. Not `Debug`: it holds a key. */
        NewRoot: {
            /** @description One certificate in PEM that may sign others. */
            certificate_pem?: string | null;
            /** @description Write-only. Its key in PEM, not encrypted: PKCS #8, SEC1 or PKCS #1. */
            key_pem?: string | null;
            /**
             * Format: int64
             * @description For how long the root before goes on to sign, while clients learn to trust the new one:
             *     0-31,536,000 seconds.
             */
            overlap_seconds?: number;
        };
        /** @description The proxies of one connector. */
        OfConnector: {
            connector_id: string;
            statuses: components["schemas"]["ProxyStatuses"];
            /** Format: int64 */
            total: number;
        };
        /** @description The proxies in one country. */
        OfCountry: {
            /** @description Two letters; `null`: it is not known. */
            country?: string | null;
            statuses: components["schemas"]["ProxyStatuses"];
            /** Format: int64 */
            total: number;
        };
        /** @description Requests by how they ended. */
        Outcomes: {
            /**
             * Format: int64
             * @description Failures that were the client's fault.
             */
            client: number;
            /**
             * Format: int64
             * @description The exit's.
             */
            exit: number;
            /**
             * Format: int64
             * @description Ours, or our operator's.
             */
            node: number;
            /** Format: int64 */
            success: number;
            /**
             * Format: int64
             * @description The target's.
             */
            target: number;
        };
        /** @description A part of a list. */
        Paged_AlertView: {
            /** @description The rows, in the order of their creation. */
            items: {
                /** @description When somebody said that they know. */
                acknowledged_at?: string | null;
                /** @description Who did. */
                acknowledged_by?: string | null;
                /**
                 * Format: int64
                 * @description How often it was found, once a minute at most.
                 */
                count: number;
                id: string;
                /**
                 * @description `cap_near` (80 % of a cap), `cap_reached`, `pool_shrank`, `exits_unhealthy`, `exits_failing`,
                 *     `lease_taken_over`, `node_lost`, `cluster_degraded` or `database_away`.
                 */
                kind: string;
                /** @description When it was last found to last, within a minute. */
                last_seen_at: string;
                opened_at: string;
                /** @description The project it belongs to; `null`: the installation. */
                project_id?: string | null;
                /** @description When it was over; `null`: it lasts. */
                resolved_at?: string | null;
                /** @description `info`, `warning` or `critical`. */
                severity: string;
                /** @description `open` or `resolved`. */
                state: string;
                /** @description Which one: an identifier, or the name of a node or lease. */
                subject_id: string;
                /** @description What it is about: `project`, `connector`, `node`, `lease` or `installation`. */
                subject_kind: string;
                /** @description What that was called. */
                subject_name: string;
                /** @description What is wrong, in one sentence. */
                text: string;
            }[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_ApiKeyView: {
            /** @description The rows, in the order of their creation. */
            items: {
                created_at: string;
                expires_at?: string | null;
                id: string;
                /** @description Within a minute. */
                last_used_at?: string | null;
                name: string;
                projects?: string[] | null;
                role: string;
                /** @description For whom it calls. */
                user_id: string;
            }[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_AuditEntry: {
            /** @description The rows, in the order of their creation. */
            items: {
                actor: components["schemas"]["AuditActor"];
                /** @description Where the request came from. */
                address?: string | null;
                at: string;
                changes: components["schemas"]["AuditChange"][];
                /** @description What it was done to; `null`: many at once. */
                entity_id?: string | null;
                /** @description What that was called. */
                entity_name?: string | null;
                id: string;
                noun: string;
                /** @description `added`, `updated`, `removed`, or a word of that noun. */
                op: string;
                project_id?: string | null;
                /** @description What the request is called in the log. */
                request_id?: string | null;
                /**
                 * Format: int64
                 * @description The change that it is about; `null` where nothing was configured.
                 */
                revision?: number | null;
            }[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_ConnectorView: {
            /** @description The rows, in the order of their creation. */
            items: (components["schemas"]["ConnectorSettings"] & {
                created_at?: string | null;
                id: string;
                /** @description What this node has sent through it since its start; each attempt counts. */
                live: components["schemas"]["CountersView"];
                project_id: string;
                /** Format: int64 */
                proxy_count: number;
                /** Format: int64 */
                revision: number;
                /** Format: int64 */
                version: number;
            })[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_CredentialView: {
            /** @description The rows, in the order of their creation. */
            items: {
                created_at?: string | null;
                /** @description Which fields have a value. */
                field_names: string[];
                id: string;
                name: string;
                project_id: string;
                provider: string;
                /** Format: int64 */
                revision: number;
                /** Format: int64 */
                version: number;
            }[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_ProjectView: {
            /** @description The rows, in the order of their creation. */
            items: (components["schemas"]["ProjectSettings"] & {
                created_at?: string | null;
                id: string;
                /** @description What this node has relayed for it since its start. */
                live: components["schemas"]["CountersView"];
                /**
                 * Format: int64
                 * @description The change that wrote it last.
                 */
                revision: number;
                /** Format: int64 */
                version: number;
            })[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_ProxyView: {
            /** @description The rows, in the order of their creation. */
            items: (components["schemas"]["ProxySettings"] & {
                created_at?: string | null;
                /** @description Whether there is a password. */
                has_password: boolean;
                /** @description What this node knows of it. */
                health: components["schemas"]["HealthView"];
                id: string;
                /** @description What this node has sent through it since its start; each attempt counts. */
                live: components["schemas"]["CountersView"];
                /** Format: int64 */
                revision: number;
                /** @description What it is, in one word: `disabled`, `quarantined`, or what `health.status` says. */
                status: string;
                /** Format: int64 */
                version: number;
            })[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_RootView: {
            /** @description The rows, in the order of their creation. */
            items: {
                /** @description SHA-256 of the certificate's DER, 64 hexadecimal digits. */
                fingerprint: string;
                not_after: string;
                not_before: string;
                /** Format: int64 */
                revision: number;
                /** @description From then on it signs, until the next one does. */
                signs_from: string;
                /** @description Whether it is the one that signs now. */
                signs_now: boolean;
                subject: string;
            }[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_UserView: {
            /** @description The rows, in the order of their creation. */
            items: {
                active: boolean;
                created_at: string;
                email: string;
                /** @description What they may do in which project; `null`: what their role says, in all. */
                grants?: {
                    [key: string]: string;
                } | null;
                /** @description False: invited, and not yet set. */
                has_password: boolean;
                id: string;
                last_login_at?: string | null;
                role: string;
                username: string;
                /** Format: int64 */
                version: number;
            }[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_WebhookDelivery: {
            /** @description The rows, in the order of their creation. */
            items: {
                alert_id?: string | null;
                /** @description When it was last tried. */
                attempted_at?: string | null;
                /** Format: int32 */
                attempts: number;
                created_at: string;
                /** @description Why it failed last, as `error` of a trial. */
                error?: string | null;
                /** @description `alert.opened` or `alert.resolved`. */
                event: string;
                /** @description The `webhook-id` of the request: the same each time that it is tried. */
                id: string;
                /** @description When it is tried next. */
                next_attempt_at?: string | null;
                /**
                 * @description `pending`: it is tried until it arrives; `delivered`; `dead`: it was tried too often, or the
                 *     receiver wants no more.
                 */
                state: string;
                /**
                 * Format: int32
                 * @description What the receiver answered last.
                 */
                status?: number | null;
            }[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A part of a list. */
        Paged_WebhookView: {
            /** @description The rows, in the order of their creation. */
            items: {
                created_at?: string | null;
                /** @description Why it is off although an operator had it on: `gone`, the receiver answered 410. */
                disabled_because?: string | null;
                enabled: boolean;
                /** @description The kinds of alerts that it is told of; `null`: all. */
                events?: string[] | null;
                id: string;
                name: string;
                /** @description `null`: it is told of all alerts. */
                project_id?: string | null;
                /** Format: int64 */
                revision: number;
                url: string;
                /** Format: int64 */
                version: number;
            }[];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description Rows in the whole list.
             */
            total: number;
        };
        /** @description A new password, and the one it replaces. */
        PasswordChange: {
            current_password: string;
            /** @description 12-256 characters. */
            new_password: string;
        };
        /** @description What traffic and proxies cost, in 10^-6 of the currency that you reckon in. */
        PriceSettings: {
            /**
             * Format: int64
             * @description 10^9 bytes, both ways together.
             */
            per_gb_micros?: number;
            /**
             * Format: int64
             * @description A proxy that is enabled, for a month of the calendar of UTC: charged by the minute, for the part
             *     of the month that it was.
             */
            per_proxy_month_micros?: number;
            /**
             * Format: int64
             * @description A request; each attempt counts.
             */
            per_request_micros?: number;
        };
        /** @description What went wrong, as the client is told (RFC 9457, `application/problem+json`). */
        Problem: {
            /** @description What went wrong in this case, in one sentence. */
            detail: string;
            /** @description Every mistake in the body or the query. */
            errors?: components["schemas"]["Mistake"][];
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The reason phrase of the status. */
            title: string;
        };
        /** @description What an operator decides about a project. */
        ProjectSettings: {
            /**
             * @description Non-public addresses that clients may ask for all the same: `10.0.0.0/8`,
             *     `127.0.0.1:8081`. Up to 256.
             */
            allow_targets?: string[];
            /**
             * @description How targets say that they do not want an exit. The first rule that matches an answer counts.
             *     Up to 100.
             */
            bans?: components["schemas"]["BanSettings"][];
            /** @description How much traffic it may have. Up to 8. */
            caps?: components["schemas"]["CapSettings"][];
            /** @description Ports that CONNECT may ask for; empty: all. */
            connect_ports?: number[];
            /**
             * Format: int64
             * @description For all attempts together to reach the target: 1-300.
             */
            connection_timeout_seconds?: number;
            description?: string;
            /** @description The grammar of usernames: `native`, or a vendor's. */
            dialect?: string;
            /**
             * @description Targets that clients may ask for; empty: all. `example.com` and what is below it,
             *     `*.example.com` what is below, `=example.com` the name alone, addresses. Up to 10,000.
             */
            domain_allow?: string[];
            /** @description Targets that clients may not ask for. */
            domain_deny?: string[];
            /** @description A project that is off answers 503 and dials nothing. */
            enabled?: boolean;
            /**
             * Format: int64
             * @description Between two probes of one exit: 1-86400.
             */
            health_check_interval_seconds?: number;
            /**
             * Format: int64
             * @description For one probe: 1-300.
             */
            health_check_timeout_seconds?: number;
            /** @description What probes ask for; `null`: only that the exit takes us. */
            health_check_url?: string | null;
            /** @description Whether a second exit is dialled when the first is slower than usual. */
            hedge?: boolean;
            /** @description Which exchanges are recorded. */
            inspection?: components["schemas"]["InspectionSettings"];
            /** @description Whether and how the TLS inside of tunnels is ended here. */
            interception?: components["schemas"]["InterceptionSettings"];
            /**
             * Format: int32
             * @description Requests and tunnels of its clients at a time, on each node: 1-1,000,000; what comes on top
             *     is answered 429. Without it: as many as the node has room for.
             */
            max_in_flight?: number | null;
            /**
             * Format: int32
             * @description Further exits to try after the first has failed: 0-10.
             */
            max_retries?: number;
            /** @description 1-255 characters, unique whatever the case. */
            name: string;
            /**
             * Format: int64
             * @description For the head of an answer to begin: 1-3600.
             */
            response_timeout_seconds?: number;
            /** @description Whether answers tell which exit they came through (`Octoprox-Exit` and its kin). */
            reveal_exit?: boolean;
            /** @description What is changed in requests and answers. */
            rewrites?: components["schemas"]["RewriteSettings"];
            /** @description `auto`, `request`, `tunnel`, a number of requests, or a time as in `10m`. */
            rotate?: string;
            /**
             * Format: int64
             * @description A session keeps its exit so long after its latest request.
             */
            session_idle_seconds?: number;
            /**
             * @description When its exit is lost, a session fails (`fail`), moves within the country (`country`), or
             *     moves (`any`).
             */
            session_lost?: string;
            /**
             * Format: int64
             * @description A session keeps its exit so long at most; `null`: without end.
             */
            session_ttl_seconds?: number | null;
            /** @description Clients from these networks need no password: up to 256. */
            source_cidrs?: string[];
            /** @description `round_robin`, `least_used`, `random`, `sticky`, `health_based`. */
            strategy?: string;
            /**
             * Format: int64
             * @description A silent tunnel is closed after this: 1-86400.
             */
            tunnel_idle_timeout_seconds?: number;
            /**
             * Format: int32
             * @description Days after which its usage is deleted: 1-36500. `null`: never.
             */
            usage_retention_days?: number | null;
            /** @description The account in the proxy login: 1-255 of `[A-Za-z0-9_.~@-]`, unique. */
            username: string;
        };
        /** @description A project. */
        ProjectView: components["schemas"]["ProjectSettings"] & {
            created_at?: string | null;
            id: string;
            /** @description What this node has relayed for it since its start. */
            live: components["schemas"]["CountersView"];
            /**
             * Format: int64
             * @description The change that wrote it last.
             */
            revision: number;
            /** Format: int64 */
            version: number;
        };
        /** @description What was spoken: `http/1.1`, `h2`. */
        ProtocolsView: {
            client?: string | null;
            target?: string | null;
        };
        /** @description The same, as a part of a body: what is misspelt must not widen it. */
        ProxyFilter: {
            connector_id?: string | null;
            country?: string | null;
            enabled?: boolean | null;
            protocol?: string | null;
            /** @description Part of the host. */
            search?: string | null;
            /**
             * @description `disabled`, `quarantined`, `unknown`, `initializing`, `healthy`, `degraded`, `unhealthy`, `draining`
             *     or `terminating`, as far as the node that answers knows.
             */
            status?: string | null;
            tag?: string | null;
        };
        /** @description What an operator decides about a proxy. */
        ProxySettings: {
            /**
             * Format: int32
             * @description The number of its autonomous system.
             */
            asn?: number | null;
            city?: string | null;
            /** @description Must be there at creation, and stays. */
            connector_id?: string | null;
            /** @description Two letters. */
            country?: string | null;
            enabled?: boolean;
            /** @description A name or an address. */
            host: string;
            isp?: string | null;
            /** @description `residential`, `datacenter`, `mobile` or `isp`. */
            network?: string | null;
            /**
             * Format: int32
             * @description 1-65535.
             */
            port: number;
            /** @description `http`, `https`, `socks4` or `socks5`. */
            protocol?: string;
            state?: string | null;
            /** @description Up to 32 labels of 1-64 `[a-z0-9_.]`. */
            tags?: string[];
            /** @description 1-255 bytes; absent: the login of the connector's credential, if it has one. */
            username?: string | null;
        };
        /** @description How many proxies are what; each counts once. The words are those of `?status`. */
        ProxyStatuses: {
            /** Format: int64 */
            degraded: number;
            /**
             * Format: int64
             * @description Switched off.
             */
            disabled: number;
            /** Format: int64 */
            draining: number;
            /** Format: int64 */
            healthy: number;
            /** Format: int64 */
            initializing: number;
            /**
             * Format: int64
             * @description They rest.
             */
            quarantined: number;
            /** Format: int64 */
            terminating: number;
            /** Format: int64 */
            unhealthy: number;
            /**
             * Format: int64
             * @description Never tried.
             */
            unknown: number;
        };
        /** @description How many proxies a project has of which kind. Where they stand is what the node that answers knows. */
        ProxySummary: {
            /** @description The most proxies first; connectors without any are absent. */
            connectors: components["schemas"]["OfConnector"][];
            /** @description The most proxies first. */
            countries: components["schemas"]["OfCountry"][];
            /** @description The node that answers. */
            node: string;
            statuses: components["schemas"]["ProxyStatuses"];
            /** Format: int64 */
            total: number;
        };
        /** @description What came of the test of a proxy. */
        ProxyTest: {
            /** @description What happened, in words. */
            detail?: string | null;
            /**
             * @description Why not: an error type of `Proxy-Status` (RFC 9209), or `not_in_roster` for one that is off, or
             *     that the node has not loaded yet.
             */
            error?: string | null;
            /** @description The address that the page of the probe saw, where it tells: as `/echo` does. */
            exit_ip?: string | null;
            /**
             * Format: double
             * @description How long it took: to take the connection, to open the tunnel, or to bring the head of the page.
             */
            latency_ms?: number | null;
            /** @description The node that tested it. */
            node: string;
            /** @description Whether it passed. */
            ok: boolean;
            proxy_id: string;
            /** @description What the node takes it for now, as in `?status`. */
            status: string;
        };
        /** @description A proxy. */
        ProxyView: components["schemas"]["ProxySettings"] & {
            created_at?: string | null;
            /** @description Whether there is a password. */
            has_password: boolean;
            /** @description What this node knows of it. */
            health: components["schemas"]["HealthView"];
            id: string;
            /** @description What this node has sent through it since its start; each attempt counts. */
            live: components["schemas"]["CountersView"];
            /** Format: int64 */
            revision: number;
            /** @description What it is, in one word: `disabled`, `quarantined`, or what `health.status` says. */
            status: string;
            /** Format: int64 */
            version: number;
        };
        /** @description At most so many requests through one exit in any window. */
        RateLimitSettings: {
            /**
             * Format: int32
             * @description 1 and more.
             */
            max_requests: number;
            /** Format: int64 */
            quarantine_seconds_max?: number | null;
            /**
             * Format: int64
             * @description How long an exit that reached the limit rests, chosen at random between the two; absent:
             *     until the window has moved on.
             */
            quarantine_seconds_min?: number | null;
            /** @description Whether a session waits for its resting exit instead of moving to another. */
            sticky_quarantine?: boolean;
            /**
             * Format: int64
             * @description 1-86400.
             */
            window_seconds: number;
        };
        /** @description A refresh token. */
        Refresh: {
            refresh_token: string;
        };
        /** @description What would be answered. */
        RefusalView: {
            detail: string;
            /** @description An error type of RFC 9209, as in `Proxy-Status`. */
            error: string;
            /** Format: double */
            retry_after_seconds?: number | null;
            /** Format: int32 */
            status: number;
        };
        /** @description An entry that could not be read. */
        Refused: {
            /**
             * Format: int64
             * @description The line, or the number of the element, from 1.
             */
            line: number;
            /** @description Why; the line itself is not repeated, because it may hold a password. */
            reason: string;
        };
        /** @description A request. */
        RequestView: {
            content: components["schemas"]["ContentView"];
            fields: components["schemas"]["FieldView"][];
            method: string;
            url: string;
            version: string;
        };
        /** @description An answer. */
        ResponseView: {
            content: components["schemas"]["ContentView"];
            fields: components["schemas"]["FieldView"][];
            reason: string;
            /** Format: int32 */
            status: number;
            version: string;
        };
        /** @description How long an exit is to rest. */
        Rest: {
            /**
             * Format: int64
             * @description 1-86400.
             */
            seconds: number;
        };
        /** @description What is changed in requests and answers, plain or intercepted. */
        RewriteSettings: {
            /**
             * @description What is answered here, with 403, instead of being asked for. Up to 256.
             * @default []
             */
            block: components["schemas"]["BlockSettings"][];
            /**
             * @description Changes of a request's fields, one after another. Up to 64. Fields that frame a message,
             *     belong to one hop or are ours cannot be changed.
             * @default []
             */
            request: components["schemas"]["Change"][];
            /**
             * @description Changes of an answer's fields. Up to 64.
             * @default []
             */
            response: components["schemas"]["Change"][];
            /**
             * @description What stands in `User-Agent`.
             * @default {
             *       "mode": "keep",
             *       "values": []
             *     }
             */
            user_agent: components["schemas"]["UserAgentSettings"];
        };
        /** @description A root of interception, without its key. */
        RootView: {
            /** @description SHA-256 of the certificate's DER, 64 hexadecimal digits. */
            fingerprint: string;
            not_after: string;
            not_before: string;
            /** Format: int64 */
            revision: number;
            /** @description From then on it signs, until the next one does. */
            signs_from: string;
            /** @description Whether it is the one that signs now. */
            signs_now: boolean;
            subject: string;
        };
        /** @description What became of sessions that were to have other exits. */
        RotationView: {
            /** @description Those that keep theirs, because no other one is left to them. */
            kept: number;
            /**
             * @description Those whose next request goes through another exit; one that nodes have bound apart for a moment
             *     counts for each.
             */
            rotated: number;
            /** @description Nodes that did not answer: they learn of it as soon as Redis tells them. */
            unanswered: string[];
        };
        /** @description What a rule would have done in the recorded exchanges. */
        RuleTrial: {
            /**
             * @description So many it would have been the first to match; of a rule that only counts: it would have
             *     counted.
             */
            banned: number;
            /** @description The proxies that carried what it would have banned. */
            exits: string[];
            /**
             * Format: double
             * @description The largest share of them that a single host would have banned.
             */
            host_share_percent: number;
            /** @description This is more than the rule may take: some would have been left as they were. */
            is_capped: boolean;
            name: string;
            /**
             * Format: double
             * @description Their share of the proxies that the project has switched on now.
             */
            share_percent: number;
            /** @description Of so many it is not known whether they have its signs. */
            unknown: number;
        };
        /** @description What a backup is to be sealed with. */
        Sealing: {
            /** @description 8 characters or more. Without it the file is worth nothing, to anybody. */
            passphrase: string;
        };
        /** @description One thing over time. */
        SeriesItem: {
            connector_id?: string | null;
            /** @description `unknown`: where nobody knows. */
            country?: string | null;
            /** @description `others`: those that are not told apart. */
            host?: string | null;
            /** @description In order; none where there was nothing. */
            points: components["schemas"]["SeriesPoint"][];
            proxy_id?: string | null;
            /** @description The sum of all points. */
            totals: components["schemas"]["SeriesPoint"];
        };
        /** @description What went through in some time. */
        SeriesPoint: {
            /** @description When it begins; absent where it is a sum of all. */
            at?: string | null;
            /**
             * Format: int64
             * @description Exits that were tried.
             */
            attempts: number;
            /**
             * Format: int64
             * @description From targets.
             */
            bytes_received: number;
            /**
             * Format: int64
             * @description Towards targets.
             */
            bytes_sent: number;
            /**
             * Format: int64
             * @description In 10^-6 of the currency that prices are in.
             */
            cost_micros: number;
            /**
             * Format: double
             * @description The same for each success; `null`: there was none.
             */
            cost_per_success_micros?: number | null;
            /** Format: int64 */
            failures: number;
            latency_ms: components["schemas"]["Latency"];
            outcomes: components["schemas"]["Outcomes"];
            /** Format: int64 */
            requests: number;
            statuses: components["schemas"]["Statuses"];
        };
        /** @description Sessions that are alive. */
        SessionList: {
            /** @description By name. */
            items: components["schemas"]["SessionView"][];
            /** @description What to pass as `after` for the next page; `null` on the last. */
            next?: string | null;
            /** @description Nodes that did not answer: what only they have seen is not in here. */
            unanswered: string[];
        };
        /** @description A session that is alive: its next request goes through its exit. */
        SessionView: {
            connector_id: string;
            /** @description Where the proxy is. */
            country?: string | null;
            /** @description The proxy. */
            exit: string;
            /** @description When it ends unless it is used again; `null`: never. */
            expires_at?: string | null;
            last_used_at?: string | null;
            /** @description The nodes that have seen it, by name. Every other one would choose the same proxy. */
            nodes: string[];
            /** @description What the client calls it: `session` of its login, 1-64 characters. */
            session: string;
            /** @description Whether nodes had to tell one another, because its name alone would lead elsewhere. */
            shared: boolean;
            /** @description When it was bound to that proxy, as far as the nodes know. */
            since: string;
        };
        /** @description The password of an invited user. */
        SetPassword: {
            /** @description 12-256 characters. */
            password: string;
            /** @description From the invitation. */
            token: string;
        };
        /** @description The first administrator. */
        Setup: {
            /** @description 12-256 characters. */
            password: string;
            /** @description From the setup link. */
            token: string;
            username: string;
        };
        /**
         * @description How a ban looks: all signs that are named must be there. Expressions are of the Rust crate
         *     `regex`, have up to 1000 bytes and match anywhere unless they are anchored.
         */
        SignSettings: {
            /**
             * @description An expression that the beginning of the content matches: up to 65,536 bytes of it, decoded
             *     (gzip, deflate, br, zstd).
             * @default null
             */
            body: string | null;
            /** @default null */
            header: components["schemas"]["HeaderSign"] | null;
            /**
             * @description An expression that the target of a redirect (`Location` of a 3xx) matches.
             * @default null
             */
            redirect: string | null;
            /** @default null */
            size: components["schemas"]["SizeSign"] | null;
            /**
             * @description Statuses and ranges of them: `403`, `500-599`. Up to 64.
             * @default []
             */
            status: string[];
        };
        /** @description A range of sizes. */
        SizeSign: {
            /**
             * Format: int64
             * @description The least.
             */
            least?: number;
            /**
             * Format: int64
             * @description The most; `null`: any.
             */
            most?: number | null;
        };
        /** @description One stage of the choice. */
        StageView: {
            /** @description Exits that pass this and all before. */
            left: number;
            /**
             * @description `intended` (its connector is on), `connector`, `domain`, `place`, `tag`, `health`,
             *     `quarantine`, `mark` (the target or the session is kept away from it), `limit`, `grade`
             *     (only the best that are left), `tier`.
             */
            stage: string;
        };
        /** @description Whether anybody can log in yet. */
        Status: {
            /** @description True: follow the setup link that the node has logged. */
            setup_required: boolean;
        };
        /** @description Requests by what the client was answered. */
        Statuses: {
            /** Format: int64 */
            "1xx": number;
            /** Format: int64 */
            "2xx": number;
            /** Format: int64 */
            "3xx": number;
            /** Format: int64 */
            "4xx": number;
            /** Format: int64 */
            "5xx": number;
            /**
             * Format: int64
             * @description There was nobody left to answer.
             */
            none: number;
        };
        /** @description A background task. */
        TaskView: {
            /** Format: int64 */
            consecutive_failures: number;
            ended_at?: string | null;
            /** Format: int64 */
            failures: number;
            name: string;
            outcome: string;
            /** Format: int64 */
            runs: number;
        };
        /** @description Which proxies are to be tested. */
        Test: {
            /** @description 1-50 of them. */
            ids: string[];
        };
        /** @description What came of it. */
        Tests: {
            /** @description In the order in which they ended. */
            items: components["schemas"]["ProxyTest"][];
            /** @description Those of `ids` that are no proxies of the project. */
            unknown: string[];
        };
        /**
         * @description Milliseconds from the head of the request on; `null`: not known, or not waited for. Of the exit
         *     that carried it; what was tried before or beside it is in `tries`.
         */
        TimingsView: {
            /**
             * Format: double
             * @description To its turn.
             */
            begun?: number | null;
            /**
             * Format: double
             * @description To its connection, TLS with it included; not for a kept one, like the next two.
             */
            connected?: number | null;
            /**
             * Format: double
             * @description To an exit that was ready to carry it: with its tunnel, where one is needed.
             */
            exit?: number | null;
            /**
             * Format: double
             * @description To the head of the answer.
             */
            first_byte?: number | null;
            /**
             * Format: double
             * @description To the request being written, where that was before an answer was waited for.
             */
            sent?: number | null;
            /**
             * Format: double
             * @description To TLS with the target.
             */
            tls?: number | null;
            /**
             * Format: double
             * @description To the end.
             */
            total?: number | null;
        };
        /** @description Rules, and what they are tried on. */
        Trial: {
            /** @description Up to 100, of 1 MiB together. */
            answers?: components["schemas"]["TriedAnswer"][];
            captures?: components["schemas"]["TriedCaptures"] | null;
            /** @description Rules; without them those of the project. */
            rules?: components["schemas"]["BanSettings"][] | null;
        };
        /** @description An answer as a target sent it, or could. */
        TriedAnswer: {
            /**
             * @description The content as it is sent, still in its codings, as base64. When `Content-Length` says more,
             *     it is taken for the beginning.
             */
            body_base64?: string;
            /** @description Names and values, in their order. */
            headers?: string[][];
            /** @description The target: a name or an address. */
            host: string;
            /**
             * Format: int32
             * @description 100-999.
             */
            status: number;
        };
        /** @description Recorded exchanges: those with these numbers, and the latest ones. What both name counts once. */
        TriedCaptures: {
            /**
             * @description The `id` of records, up to 500. All must be there. Should two nodes have given the same
             *     number, both records are tried.
             * @default []
             */
            ids: number[];
            /**
             * @description So many of the latest: 1-500. Absent: none, or 500 where `matching` is there.
             * @default null
             */
            latest: number | null;
            /** @default null */
            matching: components["schemas"]["Matching"] | null;
        };
        /** @description An exit that was tried. Times are as in `timings_ms`. */
        TryView: {
            /** Format: double */
            begun_ms: number;
            /** Format: double */
            connected_ms?: number | null;
            /**
             * Format: double
             * @description To what came of it being known.
             */
            ended_ms?: number | null;
            /** @description The proxy. */
            exit: string;
            /** Format: double */
            opened_ms?: number | null;
            /**
             * @description `answered`, `banned` (by the target), `unreachable`, `silent`, `unauthorized`, `refused`,
             *     `garbage`, `target` (it could not reach it), `cancelled` (another was faster).
             */
            outcome?: string | null;
            /** Format: double */
            sent_ms?: number | null;
            /** Format: double */
            tls_ms?: number | null;
        };
        /** @description A part of an answer that a rule looks at and that is not in the record. */
        UnknownSign: {
            /** @description `body`, or `headers/` and a name in lower case. */
            part: string;
            /** @description The rule that looks at it. */
            rule: string;
            /**
             * @description `redacted`: it is secret, or parts of it are, and the rule may hang on them. `cut`: only the
             *     beginning is kept. `not_kept`: nothing is. `coded`, `multipart`, `unreadable`: nothing is,
             *     because it could not be looked into for secrets.
             */
            why: string;
        };
        /** @description What became of a list. */
        Uploaded: {
            /**
             * Format: int64
             * @description Those among them that the connector did not have yet.
             */
            created: number;
            /**
             * Format: int64
             * @description Those that it had, or that the list has twice.
             */
            duplicates: number;
            /** @description Which and why: the first 10,000. */
            errors: components["schemas"]["Refused"][];
            /**
             * Format: int64
             * @description Proxies in it that could be read.
             */
            read: number;
            /**
             * Format: int64
             * @description Entries that could not be read. The others are created all the same.
             */
            refused: number;
        };
        /** @description What went through since then, on all nodes together. */
        Usage: {
            /** @description One row a project, connector or proxy; the busiest first, a thousand at most. */
            items: components["schemas"]["UsageItem"][];
            since: string;
        };
        /** @description What went through one of them. */
        UsageItem: components["schemas"]["CountersView"] & {
            connector_id?: string | null;
            /**
             * Format: int64
             * @description In 10^-6 of the currency that prices are in.
             */
            cost_micros: number;
            /**
             * Format: double
             * @description The same for each success; `null`: there was none.
             */
            cost_per_success_micros?: number | null;
            proxy_id?: string | null;
        };
        /** @description What went through over time, on all nodes together. */
        UsageSeries: {
            from: string;
            /** @description The busiest first. */
            series: components["schemas"]["SeriesItem"][];
            /**
             * Format: int32
             * @description What one point sums up.
             */
            step_seconds: number;
            until: string;
        };
        /** @description What stands in `User-Agent`. */
        UserAgentSettings: {
            /**
             * @description `keep`: what the client sent. `fixed`: the one value. `session`: one of the values for each
             *     session, and without one for each connection of a client. `request`: one of them for each
             *     request, by chance. Default: `keep`.
             * @default keep
             */
            mode: string;
            /**
             * @description One value of `fixed`, 1-256 of `session` and `request`; not looked at by `keep`.
             * @default []
             */
            values: string[];
        };
        /** @description What an administrator decides about a user. */
        UserSettings: {
            active?: boolean;
            /** @description Empty, or an address. */
            email?: string;
            /**
             * @description What they may do in which project, by its identifier: `viewer` or `editor`. They see no other
             *     project, and nothing that is about all; up to 256. `null`: what their role says, everywhere.
             */
            grants?: {
                [key: string]: string;
            } | null;
            /** @description `viewer`, `editor` or `admin`. */
            role?: string;
            /** @description 1-255 characters, unique whatever the case. */
            username: string;
        };
        /** @description A user. */
        UserView: {
            active: boolean;
            created_at: string;
            email: string;
            /** @description What they may do in which project; `null`: what their role says, in all. */
            grants?: {
                [key: string]: string;
            } | null;
            /** @description False: invited, and not yet set. */
            has_password: boolean;
            id: string;
            last_login_at?: string | null;
            role: string;
            username: string;
            /** Format: int64 */
            version: number;
        };
        /** @description What the rules say of one answer. */
        Verdict: {
            /** @description The rule that the answer is banned by. */
            banned_by?: string | null;
            /** @description Rules that only count, and would have counted it. */
            counted_by: string[];
            /** @description The content that is there does not decide it. */
            undecided: boolean;
        };
        /** @description What the rules say. */
        Verdicts: {
            /** @description In the order of the answers. */
            answers: components["schemas"]["Verdict"][];
            /** @description Of recorded exchanges, the newest first. */
            captures: components["schemas"]["CaptureVerdict"][];
            /** @description What each rule would have done in the recorded exchanges. Rules that are off are not there. */
            rules: components["schemas"]["RuleTrial"][];
            /** @description Nodes that did not answer: what they have recorded is not in here. */
            unanswered: string[];
        };
        /** @description An event that a webhook was told of, or is to be. */
        WebhookDelivery: {
            alert_id?: string | null;
            /** @description When it was last tried. */
            attempted_at?: string | null;
            /** Format: int32 */
            attempts: number;
            created_at: string;
            /** @description Why it failed last, as `error` of a trial. */
            error?: string | null;
            /** @description `alert.opened` or `alert.resolved`. */
            event: string;
            /** @description The `webhook-id` of the request: the same each time that it is tried. */
            id: string;
            /** @description When it is tried next. */
            next_attempt_at?: string | null;
            /**
             * @description `pending`: it is tried until it arrives; `delivered`; `dead`: it was tried too often, or the
             *     receiver wants no more.
             */
            state: string;
            /**
             * Format: int32
             * @description What the receiver answered last.
             */
            status?: number | null;
        };
        /** @description A webhook that has just been made. */
        WebhookMade: components["schemas"]["WebhookView"] & {
            /** @description What events are signed with, shown once; `null`: it was given. */
            secret?: string | null;
        };
        /** @description What an operator decides about a webhook. */
        WebhookSettings: {
            /** @description Whether anything is sent. */
            enabled?: boolean;
            /** @description The kinds of alerts that it is told of; `null`: all. */
            events?: string[] | null;
            /** @description 1-255 characters. */
            name: string;
            /** @description The project whose alerts it is told of; `null`: all alerts. It stays what it was made with. */
            project_id?: string | null;
            /**
             * @description Write-only: `whsec_` and 24-64 bytes in base64. Absent: a new webhook gets one, which is shown
             *     once, and one that there is keeps its own.
             */
            secret?: string | null;
            /**
             * @description Where events are posted to: `https://`, and `http://` only to addresses that the operator's
             *     setting `webhook_allow_targets` names. Redirects are not followed.
             */
            url: string;
        };
        /** @description What came of an event that was sent to try a webhook. */
        WebhookTrial: {
            /**
             * @description Why it did not take it: `forbidden` (an address that nothing is sent to), `name`,
             *     `unreachable`, `tls`, `timeout`, `broken`, `status`, `gone` or `bad_url`.
             */
            error?: string | null;
            /** @description Whether the receiver has taken it. */
            is_delivered: boolean;
            /** Format: int64 */
            milliseconds: number;
            /**
             * Format: int32
             * @description What it answered.
             */
            status?: number | null;
        };
        /** @description A webhook, without its secret. */
        WebhookView: {
            created_at?: string | null;
            /** @description Why it is off although an operator had it on: `gone`, the receiver answered 410. */
            disabled_because?: string | null;
            enabled: boolean;
            /** @description The kinds of alerts that it is told of; `null`: all. */
            events?: string[] | null;
            id: string;
            name: string;
            /** @description `null`: it is told of all alerts. */
            project_id?: string | null;
            /** Format: int64 */
            revision: number;
            url: string;
            /** Format: int64 */
            version: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_alerts: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description `open`: those that last; `resolved`: those that are over; absent: both. */
                state?: string;
                /** @description One of the kinds of alerts. */
                kind?: string;
                /** @description The identifier of a project. */
                project?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_AlertView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_alert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alert: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    acknowledge_alert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alert: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertView"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_api_keys: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_ApiKeyView"];
                };
            };
        };
    };
    create_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeySettings"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyMade"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description The identifier or the name of who did it. */
                actor?: string;
                /** @description `project`, `connector`, `proxy`, `credential`, `user`, `session`, .. */
                noun?: string;
                /** @description The identifier of what it was done to. */
                entity?: string;
                /** @description The identifier of the project that it belongs to. */
                project?: string;
                /** @description From then on, RFC 3339. */
                from?: string;
                /** @description Until before then, RFC 3339. */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_AuditEntry"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    set_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetPassword"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Setup"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    auth_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
        };
    };
    export_backup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Sealing"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    import_backup: {
        parameters: {
            query?: {
                /** @description Whether only to say what would come of it. */
                dry_run?: boolean;
            };
            header: {
                /** @description Base64 of its UTF-8. */
                "Backup-Passphrase": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_cluster: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClusterView"];
                };
            };
        };
    };
    drain_node: {
        parameters: {
            query?: {
                /** @description Whether it is drained even if nobody else does what it does. */
                force?: boolean;
            };
            header?: never;
            path: {
                /** @description The `id` of a member. */
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The node is draining. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
            /** @description The node has not said so yet; it learns of it within an hour. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It is the last node that takes requests. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Redis is away. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    undrain_node: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of a member. */
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The node takes requests. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
            /** @description The node has not said so yet; it learns of it within an hour. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Redis is away. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_exchanges: {
        parameters: {
            query?: {
                /** @description Exchanges at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before: only older ones. */
                before?: string;
                /** @description The node that served it. */
                node?: string;
                project_id?: string;
                connector_id?: string;
                /** @description The proxy that carried it, or was tried for nothing. */
                exit?: string;
                /** @description The country of the proxy: two letters. */
                country?: string;
                /** @description A domain rule: `example.com` with all below it, `*.example.com`, `=example.com`. */
                host?: string;
                /** @description As sent: `GET`. */
                method?: string;
                /** @description `connect`, `http`, `socks` or `intercepted`. */
                kind?: string;
                /** @description `404`, or `4xx`; `0`: nobody was left to answer. */
                status?: string;
                /** @description `client`, `exit`, `target` or `node`; `any`: failures; `none`: successes. */
                blame?: string;
                session?: string;
                /**
                 * @description Part of the host, method, session, error, exit, ban rule, node, client or id, whatever the
                 *     case.
                 */
                text?: string;
                /** @description Begun then or later, RFC 3339. */
                since?: string;
                /** @description Begun before, RFC 3339. */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exchanges"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_exchange: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeDetail"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watch_changes: {
        parameters: {
            query?: never;
            header?: {
                "Last-Event-ID"?: number | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["ChangeView"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watch_cluster: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["ClusterView"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watch_exchanges: {
        parameters: {
            query?: {
                /** @description The node that served it. */
                node?: string;
                project_id?: string;
                connector_id?: string;
                /** @description The proxy that carried it, or was tried for nothing. */
                exit?: string;
                /** @description The country of the proxy: two letters. */
                country?: string;
                /** @description A domain rule: `example.com` with all below it, `*.example.com`, `=example.com`. */
                host?: string;
                /** @description As sent: `GET`. */
                method?: string;
                /** @description `connect`, `http`, `socks` or `intercepted`. */
                kind?: string;
                /** @description `404`, or `4xx`; `0`: nobody was left to answer. */
                status?: string;
                /** @description `client`, `exit`, `target` or `node`; `any`: failures; `none`: successes. */
                blame?: string;
                session?: string;
                /**
                 * @description Part of the host, method, session, error, exit, ban rule, node, client or id, whatever the
                 *     case.
                 */
                text?: string;
                /** @description Begun then or later, RFC 3339. */
                since?: string;
                /** @description Begun before, RFC 3339. */
                until?: string;
            };
            header?: {
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["ExchangeView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_roots: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-pem-file": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_root_crt: {
        parameters: {
            query?: {
                /** @description The fingerprint of a root; absent: the newest. */
                fingerprint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-x509-ca-cert": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_root_der: {
        parameters: {
            query?: {
                /** @description The fingerprint of a root; absent: the newest. */
                fingerprint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-x509-ca-cert": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_roots_profile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-apple-aspen-config": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_roots: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_RootView"];
                };
            };
        };
    };
    create_root: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRoot"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RootView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_root: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                fingerprint: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_projects: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Part of the name, whatever the case. */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_ProjectView"];
                };
            };
        };
    };
    create_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectSettings"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_project: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_project: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectSettings"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    test_bans: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Trial"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdicts"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_caps: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Caps"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_captures: {
        parameters: {
            query?: {
                /** @description Records at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before: only older records. */
                before?: number;
                /** @description Part of the target's host (`shop`), or a rule (`*.example.com`, `=example.com`). */
                host?: string;
                /** @description As sent: `GET`. */
                method?: string;
                /** @description `404`, or `4xx`. */
                status?: string;
                /** @description The identifier of the exit that carried it. */
                exit?: string;
                session?: string;
                /** @description Part of the URL, whatever the case. */
                text?: string;
                /** @description `true`: only those that a ban rule has judged. */
                banned?: boolean;
                /** @description `true`: only failures. */
                failed?: boolean;
                /** @description From when on, RFC 3339. */
                since?: string;
                /** @description Until when, RFC 3339. */
                until?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Captures"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_captures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cleared"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_captures: {
        parameters: {
            query?: {
                /** @description Part of the target's host (`shop`), or a rule (`*.example.com`, `=example.com`). */
                host?: string;
                /** @description As sent: `GET`. */
                method?: string;
                /** @description `404`, or `4xx`. */
                status?: string;
                /** @description The identifier of the exit that carried it. */
                exit?: string;
                session?: string;
                /** @description Part of the URL, whatever the case. */
                text?: string;
                /** @description `true`: only those that a ban rule has judged. */
                banned?: boolean;
                /** @description `true`: only failures. */
                failed?: boolean;
                /** @description From when on, RFC 3339. */
                since?: string;
                /** @description Until when, RFC 3339. */
                until?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watch_captures: {
        parameters: {
            query?: {
                /** @description Part of the target's host (`shop`), or a rule (`*.example.com`, `=example.com`). */
                host?: string;
                /** @description As sent: `GET`. */
                method?: string;
                /** @description `404`, or `4xx`. */
                status?: string;
                /** @description The identifier of the exit that carried it. */
                exit?: string;
                session?: string;
                /** @description Part of the URL, whatever the case. */
                text?: string;
                /** @description `true`: only those that a ban rule has judged. */
                banned?: boolean;
                /** @description `true`: only failures. */
                failed?: boolean;
                /** @description From when on, RFC 3339. */
                since?: string;
                /** @description Until when, RFC 3339. */
                until?: string;
            };
            header?: {
                "Last-Event-ID"?: number | null;
            };
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["CaptureView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_capture: {
        parameters: {
            query?: {
                /** @description The node that has it. Nodes give numbers apart from one another, so that two may give the same. */
                node?: string;
            };
            header?: never;
            path: {
                project: string;
                capture: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptureDetail"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_connectors: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Part of the name, whatever the case. */
                search?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_ConnectorView"];
                };
            };
        };
    };
    create_connector: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectorSettings"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectorView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_connector: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                connector: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectorView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_connector: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                project: string;
                connector: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_connector: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                project: string;
                connector: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectorSettings"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectorView"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_credentials: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Part of the name, whatever the case. */
                search?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_CredentialView"];
                };
            };
        };
    };
    create_credential: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CredentialSettings"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CredentialView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_credential: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                credential: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CredentialView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_credential: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                project: string;
                credential: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_credential: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                project: string;
                credential: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CredentialPatch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CredentialView"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explain_choice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Explain"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_feedback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Feedback"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeedbackOutcome"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_proxies: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description `created`, `host`, `country` or `connector`; with a `-` before it the other way round. */
                sort?: string;
                /** @description Rows to leave out at the beginning, instead of `after`. */
                offset?: number;
                connector_id?: string;
                protocol?: string;
                country?: string;
                tag?: string;
                enabled?: boolean;
                /**
                 * @description `disabled`, `quarantined`, `unknown`, `initializing`, `healthy`, `degraded`, `unhealthy`, `draining`
                 *     or `terminating`, as far as the node that answers knows.
                 */
                status?: string;
                /** @description Part of the host. */
                search?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_ProxyView"];
                };
            };
        };
    };
    create_proxy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProxySettings"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProxyView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_proxies: {
        parameters: {
            query?: {
                connector_id?: string;
                protocol?: string;
                country?: string;
                tag?: string;
                enabled?: boolean;
                /**
                 * @description `disabled`, `quarantined`, `unknown`, `initializing`, `healthy`, `degraded`, `unhealthy`, `draining`
                 *     or `terminating`, as far as the node that answers knows.
                 */
                status?: string;
                /** @description Part of the host. */
                search?: string;
                /** @description `true`: every proxy, where no other parameter narrows it down. */
                all?: boolean;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deleted"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_proxies: {
        parameters: {
            query?: {
                connector_id?: string;
                protocol?: string;
                country?: string;
                tag?: string;
                enabled?: boolean;
                /**
                 * @description `disabled`, `quarantined`, `unknown`, `initializing`, `healthy`, `degraded`, `unhealthy`, `draining`
                 *     or `terminating`, as far as the node that answers knows.
                 */
                status?: string;
                /** @description Part of the host. */
                search?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_proxies: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Bulk"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkDone"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    summarize_proxies: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProxySummary"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    test_proxies: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Test"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tests"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    upload_proxies: {
        parameters: {
            query: {
                /** @description The connector that the proxies are to belong to. */
                connector_id: string;
                /** @description `lines`, `csv` or `json`; absent: the list is looked at. */
                format?: string;
                /** @description For lines without a scheme; `http` if absent. */
                protocol?: string;
                /** @description For proxies of unknown country. */
                country?: string;
                /** @description For all of them, separated by commas. */
                tags?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/plain": string;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Uploaded"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_proxy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                proxy: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProxyView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_proxy: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                project: string;
                proxy: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_proxy: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                project: string;
                proxy: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProxySettings"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProxyView"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    quarantine_proxy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                proxy: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rest"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    release_proxy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                proxy: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    test_proxy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                proxy: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProxyTest"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_sessions: {
        parameters: {
            query?: {
                /** @description Sessions at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Bound to this proxy. */
                exit?: string;
                /** @description Whose name begins like this. */
                prefix?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotate_sessions: {
        parameters: {
            query?: {
                /** @description Bound to this proxy. */
                exit?: string;
                /** @description Whose name begins like this. */
                prefix?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotationView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotate_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotationView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description No other exit is left to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_usage: {
        parameters: {
            query?: {
                /** @description `project` (if absent), `connectors` or `proxies`. */
                level?: string;
                /** @description From when on, RFC 3339; a day ago if absent. */
                since?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_usage_series: {
        parameters: {
            query?: {
                /**
                 * @description `project` (if absent), `connectors`, `proxies`, `hosts` or `countries`: one series each, of
                 *     the busiest twelve. `proxies` goes with `proxy_id`.
                 */
                level?: string;
                /** @description This connector alone. */
                connector_id?: string;
                /** @description This proxy alone. It has no outcomes, status classes or percentiles. */
                proxy_id?: string;
                /** @description This host alone. In each minute the 50 busiest are told apart; `others` are the rest. */
                host?: string;
                /** @description Requests that left from this country alone; `unknown`: from none that is known. */
                country?: string;
                /** @description From when on, RFC 3339; a day ago if absent. */
                from?: string;
                /** @description Until when, RFC 3339; now if absent. */
                until?: string;
                /**
                 * @description `auto` (if absent), or the seconds that one point sums up: 60, 300, 900, 3600, 21600, 86400,
                 *     604800. Old usage is kept in longer steps, and is shown in no shorter ones.
                 */
                step?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageSeries"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_log_filter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogFilterView"];
                };
            };
        };
    };
    set_log_filter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LogFilterSettings"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogFilterView"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_fleet_usage_series: {
        parameters: {
            query?: {
                /** @description From when on, RFC 3339; a day ago if absent. */
                from?: string;
                /** @description Until when, RFC 3339; now if absent. */
                until?: string;
                /**
                 * @description `auto` (if absent), or the seconds that one point sums up: 60, 300, 900, 3600, 21600, 86400,
                 *     604800. Old usage is kept in longer steps, and is shown in no shorter ones.
                 */
                step?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageSeries"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_users: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Part of the name, whatever the case. */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_UserView"];
                };
            };
        };
    };
    create_user: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserSettings"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invited"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeView"];
                };
            };
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_user: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_user: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserSettings"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    invite_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invited"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_webhooks: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_WebhookView"];
                };
            };
        };
    };
    create_webhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookSettings"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookMade"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_webhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_webhook: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_webhook: {
        parameters: {
            query?: never;
            header: {
                "If-Match": string;
            };
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookSettings"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookView"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_webhook_deliveries: {
        parameters: {
            query?: {
                /** @description Rows at most: 1-1000, 100 if absent. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
            };
            header?: never;
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Paged_WebhookDelivery"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    test_webhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTrial"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
