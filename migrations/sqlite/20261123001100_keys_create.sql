-- Keys that programs call the API with, each for a user. A key can do no more than its user.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- SHA-256: there is nothing to guess.
    digest BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    -- JSON: a list of identifiers; none: all that the user may see.
    projects TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
);
CREATE INDEX api_keys_user ON api_keys (user_id);
-- JSON: roles by project; none: the role of the user, in all projects.
ALTER TABLE users ADD COLUMN grants TEXT;
