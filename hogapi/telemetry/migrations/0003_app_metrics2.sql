-- Counts of what functions and flows did. Rows with an equal key are summed and keep one of their timestamps. The key
-- holds the minute (upstream: the hour), so that days of zones with half-hour offsets and recent bounds count right.
CREATE TABLE IF NOT EXISTS {{stored}}app_metrics2 {{on_cluster}}
(
    team_id Int64,
    timestamp DateTime64(6, 'UTC'),
    app_source LowCardinality(String),
    app_source_id String,
    instance_id String,
    metric_kind LowCardinality(String),
    metric_name LowCardinality(String),
    count SimpleAggregateFunction(sum, Int64),
    _timestamp SimpleAggregateFunction(max, DateTime('UTC')) DEFAULT now(),
    _offset SimpleAggregateFunction(max, UInt64) DEFAULT 0,
    _partition SimpleAggregateFunction(max, UInt64) DEFAULT 0,
    INDEX _offset_range _offset TYPE minmax
)
ENGINE = {{replicated}}AggregatingMergeTree({{replica}})
PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, app_source, app_source_id, instance_id, toStartOfMinute(timestamp), metric_kind, metric_name)
TTL toDate(timestamp) + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, {{durability}};

-- cluster only: the name that everything reads and writes; rows that can be summed meet on one shard
CREATE TABLE IF NOT EXISTS app_metrics2 ON CLUSTER '{{cluster}}' AS sharded_app_metrics2
ENGINE = Distributed('{{cluster}}', currentDatabase(), 'sharded_app_metrics2', sipHash64(app_source_id));
