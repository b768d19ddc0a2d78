-- Captured events. The order key is what upstream's queries count on; uuid in it makes a repeated event one row.
-- Materialised columns are the hot keys of `properties`: 4 to 8 times faster to filter on, 5 % of storage each dozen.
CREATE TABLE IF NOT EXISTS {{stored}}events {{on_cluster}}
(
    uuid UUID,
    event String,
    properties String CODEC(ZSTD(3)),
    timestamp DateTime64(6, 'UTC'),
    team_id Int64,
    distinct_id String,
    elements_chain String,
    created_at DateTime64(6, 'UTC'),
    person_id UUID,
    person_created_at DateTime64(3, 'UTC'),
    person_properties String CODEC(ZSTD(3)),
    group0_properties String CODEC(ZSTD(3)),
    group1_properties String CODEC(ZSTD(3)),
    group2_properties String CODEC(ZSTD(3)),
    group3_properties String CODEC(ZSTD(3)),
    group4_properties String CODEC(ZSTD(3)),
    group0_created_at DateTime64(3, 'UTC'),
    group1_created_at DateTime64(3, 'UTC'),
    group2_created_at DateTime64(3, 'UTC'),
    group3_created_at DateTime64(3, 'UTC'),
    group4_created_at DateTime64(3, 'UTC'),
    person_mode Enum8('full' = 0, 'propertyless' = 1, 'force_upgrade' = 2),
    `$group_0` String MATERIALIZED JSONExtractString(properties, '$group_0'),
    `$group_1` String MATERIALIZED JSONExtractString(properties, '$group_1'),
    `$group_2` String MATERIALIZED JSONExtractString(properties, '$group_2'),
    `$group_3` String MATERIALIZED JSONExtractString(properties, '$group_3'),
    `$group_4` String MATERIALIZED JSONExtractString(properties, '$group_4'),
    `$session_id` String MATERIALIZED JSONExtractString(properties, '$session_id'),
    `$window_id` String MATERIALIZED JSONExtractString(properties, '$window_id'),
    `mat_$current_url` String MATERIALIZED JSONExtractString(properties, '$current_url'),
    `mat_$pathname` String MATERIALIZED JSONExtractString(properties, '$pathname'),
    `mat_$browser` LowCardinality(String) MATERIALIZED JSONExtractString(properties, '$browser'),
    `mat_$os` LowCardinality(String) MATERIALIZED JSONExtractString(properties, '$os'),
    `mat_$device_type` LowCardinality(String) MATERIALIZED JSONExtractString(properties, '$device_type'),
    `mat_$geoip_country_code` LowCardinality(String) MATERIALIZED JSONExtractString(properties, '$geoip_country_code'),
    _timestamp DateTime('UTC') DEFAULT now(),
    _offset UInt64 DEFAULT 0,
    INDEX _offset_range _offset TYPE minmax
)
ENGINE = {{replicated}}ReplacingMergeTree({{replica_then}}_timestamp)
PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid))
SAMPLE BY cityHash64(distinct_id)
SETTINGS {{durability}};

-- cluster only: the name that everything reads and writes; a person's events stay on one shard
CREATE TABLE IF NOT EXISTS events ON CLUSTER '{{cluster}}' AS sharded_events
ENGINE = Distributed('{{cluster}}', currentDatabase(), 'sharded_events', sipHash64(distinct_id));
