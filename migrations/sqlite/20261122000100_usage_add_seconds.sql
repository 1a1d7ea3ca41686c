-- How long a time a row of usage sums up, from `minute` on: 60, and with age 3600, then 86400.
ALTER TABLE usage ADD COLUMN seconds INTEGER NOT NULL DEFAULT 60;
-- Finds the oldest of a resolution.
CREATE INDEX usage_age ON usage (seconds, minute);
