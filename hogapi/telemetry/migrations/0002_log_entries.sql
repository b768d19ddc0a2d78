-- What functions and flows logged. Rows with an equal key become one, so the key ends with the message: two lines of
-- one run in one microsecond stay two.
CREATE TABLE IF NOT EXISTS {{stored}}log_entries {{on_cluster}}
(
    team_id UInt64,
    log_source LowCardinality(String),
    log_source_id String,
    instance_id String,
    timestamp DateTime64(6, 'UTC'),
    level LowCardinality(String),
    message String CODEC(ZSTD(3)),
    _timestamp DateTime('UTC') DEFAULT now(),
    _offset UInt64 DEFAULT 0,
    INDEX _offset_range _offset TYPE minmax
)
ENGINE = {{replicated}}ReplacingMergeTree({{replica_then}}_timestamp)
PARTITION BY toYYYYMMDD(timestamp)
ORDER BY (team_id, log_source, log_source_id, instance_id, timestamp, cityHash64(message))
TTL toDate(timestamp) + INTERVAL 90 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, {{durability}};

-- cluster only: the name that everything reads and writes; a source's lines are spread by run
CREATE TABLE IF NOT EXISTS log_entries ON CLUSTER '{{cluster}}' AS sharded_log_entries
ENGINE = Distributed('{{cluster}}', currentDatabase(), 'sharded_log_entries', sipHash64(instance_id));
