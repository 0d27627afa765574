-- How far each backfill has come, by the time that it starts from; written by `doska exports backfill`.
create table backfills (
    from_time  timestamptz not null,
    topic      text not null,
    partition  integer not null,
    generation text not null,
    next       bigint not null,
    stop       bigint not null,
    sent       bigint not null default 0,
    refused    bigint not null default 0,
    updated_at timestamptz not null default now(),
    primary key (from_time, topic, partition)
);

-- Facts of a backfill that the destination will never take; those of live ones are dead letters.
create table refused (
    fact_id    uuid primary key,
    reason     text not null,
    refused_at timestamptz not null default now()
);
