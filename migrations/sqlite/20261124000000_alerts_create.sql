-- What people should know of. Of a kind and key one is open at most.
CREATE TABLE alerts (
    -- Of version 7: in the order of opening.
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    -- What it is an alert of, in one text.
    key TEXT NOT NULL,
    severity TEXT NOT NULL,
    -- None: the installation.
    project_id TEXT,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    text TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    -- None: it lasts.
    resolved_at INTEGER,
    acknowledged_at INTEGER,
    acknowledged_by TEXT
);
CREATE UNIQUE INDEX alerts_open ON alerts (kind, key) WHERE resolved_at IS NULL;
CREATE INDEX alerts_key ON alerts (kind, key, opened_at);
CREATE INDEX alerts_age ON alerts (resolved_at);
