-- Deletions up to this revision are no longer known: whoever is older reads everything.
ALTER TABLE installation ADD COLUMN forgotten BIGINT NOT NULL DEFAULT 0;
