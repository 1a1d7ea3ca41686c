-- Who has been elected for what, how many times over. The election is held elsewhere; this is what
-- a holder's writes are checked against, so that one who has been replaced cannot write any more.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    epoch BIGINT NOT NULL,
    holder TEXT NOT NULL,
    taken_at BIGINT NOT NULL
);
