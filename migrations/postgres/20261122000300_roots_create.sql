-- The roots of interception. Rows are written once and never changed.
CREATE TABLE roots (
    -- SHA-256 of the certificate, in hexadecimal.
    fingerprint TEXT PRIMARY KEY,
    certificate TEXT NOT NULL,
    -- Sealed.
    private_key BYTEA NOT NULL,
    signs_from BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
-- When roots were last written or deleted: whoever is older reads all of them.
ALTER TABLE installation ADD COLUMN roots_revision BIGINT NOT NULL DEFAULT 0;
