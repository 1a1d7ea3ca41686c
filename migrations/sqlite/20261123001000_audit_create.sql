-- Who changed what, and when. Rows are written once, in the transaction of the change, and deleted
-- when they are old.
CREATE TABLE audit (
    -- Of version 7: in the order of time.
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    -- The change that it is about; none where nothing was configured.
    revision INTEGER,
    -- user, api_key, node or nobody.
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT NOT NULL,
    address TEXT,
    request_id TEXT,
    noun TEXT NOT NULL,
    op TEXT NOT NULL,
    entity_id TEXT,
    entity_name TEXT,
    project_id TEXT,
    -- JSON: a list of field, before and after, without what is secret.
    changes TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_project ON audit (project_id, id);
CREATE INDEX audit_entity ON audit (entity_id, id);
