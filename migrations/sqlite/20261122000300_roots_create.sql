-- The roots of interception. Rows are written once and never changed.
CREATE TABLE roots (
    -- SHA-256 of the certificate, in hexadecimal.
    fingerprint TEXT PRIMARY KEY,
    certificate TEXT NOT NULL,
    -- Sealed.
    private_key BLOB NOT NULL,
    signs_from INTEGER NOT NULL,
    revision INTEGER NOT NULL
);
-- When roots were last written or deleted: whoever is older reads all of them.
ALTER TABLE installation ADD COLUMN roots_revision INTEGER NOT NULL DEFAULT 0;
