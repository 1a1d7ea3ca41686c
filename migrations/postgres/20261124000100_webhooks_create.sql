-- Who is told of alerts.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    -- None: of the installation.
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    -- JSON: a list of kinds of alerts; none: all.
    events TEXT,
    enabled BOOLEAN NOT NULL,
    -- Why it is off although an operator had it on.
    disabled_because TEXT,
    -- Sealed.
    secret BYTEA NOT NULL,
    version BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
-- What each is told: written with the alert, tried until it arrives, or too often.
CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY,
    webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    alert_id TEXT NOT NULL,
    event TEXT NOT NULL,
    -- JSON, as it is posted.
    body TEXT NOT NULL,
    -- pending, delivered or dead.
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    attempted_at BIGINT,
    next_at BIGINT NOT NULL,
    -- What was answered last, and why it failed.
    status BIGINT,
    error TEXT
);
CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (webhook_id, alert_id, event);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (state, next_at);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
