-- One row: what belongs to the installation as a whole.
CREATE TABLE installation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    -- A known text sealed with the secret key: a wrong key is noticed at start, not at first use.
    key_check BLOB,
    -- SHA-256 of the one-time token of the setup link, while there is no user.
    setup_digest BLOB
);
INSERT INTO installation (id, revision) VALUES (1, 1);

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL CONSTRAINT projects_name_key UNIQUE,
    username TEXT NOT NULL CONSTRAINT projects_username UNIQUE,
    password_digest BLOB NOT NULL,
    spec TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL
);
CREATE INDEX projects_revision ON projects (revision);

CREATE TABLE credentials (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    provider TEXT NOT NULL,
    fields BLOB NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    CONSTRAINT credentials_name_key UNIQUE (project_id, name_key)
);
CREATE INDEX credentials_revision ON credentials (revision);

CREATE TABLE connectors (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    credential_id TEXT REFERENCES credentials (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    CONSTRAINT connectors_name_key UNIQUE (project_id, name_key)
);
CREATE INDEX connectors_credential ON connectors (credential_id);
CREATE INDEX connectors_revision ON connectors (revision);

CREATE TABLE proxies (
    id TEXT PRIMARY KEY,
    connector_id TEXT NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
    protocol TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    username TEXT,
    password BLOB,
    -- HMAC of the endpoint, login included: two exits differ in it, and it tells no password.
    fingerprint BLOB NOT NULL,
    enabled INTEGER NOT NULL,
    country TEXT,
    place TEXT,
    tags TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    CONSTRAINT proxies_endpoint UNIQUE (connector_id, fingerprint)
);
CREATE INDEX proxies_connector ON proxies (connector_id, id);
CREATE INDEX proxies_revision ON proxies (revision);

-- What has been deleted, so that a node that was away can catch up.
CREATE TABLE deletions (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL
);
CREATE INDEX deletions_revision ON deletions (revision);

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL CONSTRAINT users_username_key UNIQUE,
    email TEXT NOT NULL,
    email_key TEXT CONSTRAINT users_email_key UNIQUE,
    role TEXT NOT NULL,
    active INTEGER NOT NULL,
    password_hash TEXT,
    token_generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_login_at INTEGER,
    version INTEGER NOT NULL
);

-- Tokens are kept as SHA-256 digests: they are 256 random bits, which no digest can be guessed for.
CREATE TABLE invites (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    digest BLOB NOT NULL CONSTRAINT invites_digest UNIQUE,
    expires_at INTEGER NOT NULL
);

CREATE TABLE sessions (
    digest BLOB PRIMARY KEY,
    family TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    spent INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX sessions_family ON sessions (family);
CREATE INDEX sessions_user ON sessions (user_id);

-- The last batch of usage taken from each run of a node: a batch sent twice counts once.
CREATE TABLE usage_batches (
    boot TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL
);

-- Usage outlives what it was used by, so it refers to nothing. '' stands for "none".
CREATE TABLE usage (
    minute INTEGER NOT NULL,
    project_id TEXT NOT NULL,
    connector_id TEXT NOT NULL,
    proxy_id TEXT NOT NULL,
    requests INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    bytes_sent INTEGER NOT NULL,
    bytes_received INTEGER NOT NULL,
    latency_microseconds INTEGER NOT NULL,
    PRIMARY KEY (project_id, connector_id, proxy_id, minute)
);
