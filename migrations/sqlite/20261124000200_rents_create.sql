-- Up to when what proxies cost by the month has been charged.
CREATE TABLE rents (
    connector_id TEXT PRIMARY KEY REFERENCES connectors (id) ON DELETE CASCADE,
    charged_until INTEGER NOT NULL,
    -- What was too little to be charged: part of 10^-9 of the currency, in milliseconds of the month.
    remainder INTEGER NOT NULL
);
