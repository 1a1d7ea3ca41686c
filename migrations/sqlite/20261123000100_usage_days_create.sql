-- What each project and connector used by the day: what caps are held against.
CREATE TABLE usage_days (
    subject TEXT NOT NULL,
    -- Its beginning.
    day INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    PRIMARY KEY (subject, day)
);
INSERT INTO usage_days (subject, day, bytes, requests, cost_nanos)
    SELECT CASE WHEN connector_id = '' THEN project_id ELSE connector_id END,
        minute / 86400000 * 86400000,
        CAST(SUM(bytes_sent + bytes_received) AS INTEGER), CAST(SUM(requests) AS INTEGER), 0
    FROM usage WHERE proxy_id = '' GROUP BY 1, 2;
