-- What nodes are to log for a while instead of what they were started with.
CREATE TABLE log_filters (
    -- The name of a node; the empty one: all that have none of their own.
    instance_id TEXT PRIMARY KEY,
    filter TEXT NOT NULL,
    until BIGINT NOT NULL
);
