-- What each project and connector used by the day: what caps are held against.
CREATE TABLE usage_days (
    subject TEXT NOT NULL,
    -- Its beginning.
    day BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    cost_nanos BIGINT NOT NULL,
    PRIMARY KEY (subject, day)
);
INSERT INTO usage_days (subject, day, bytes, requests, cost_nanos)
    SELECT CASE WHEN connector_id = '' THEN project_id ELSE connector_id END,
        minute / 86400000 * 86400000,
        CAST(SUM(bytes_sent + bytes_received) AS BIGINT), CAST(SUM(requests) AS BIGINT), 0
    FROM usage WHERE proxy_id = '' GROUP BY 1, 2;
