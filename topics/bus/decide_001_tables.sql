-- What every decider needs beside its own tables. They stand in the consumer's schema, written in its transaction.

-- Where it stands in each partition. `owner` is the run of the process that took the partition last: one that was
-- paused meanwhile finds another name here, or another `next`, and stops.
create table checkpoint (
    topic      text not null,
    partition  integer not null,
    generation text not null,
    next       bigint not null,
    owner      uuid not null,
    moved_at   timestamptz not null default now(),
    primary key (topic, partition, generation)
);

-- What was answered to each action, for as long as the action could come again.
create table inbox (
    action_id uuid primary key,
    answer    jsonb not null,
    at        timestamptz not null default now()
);
create index inbox_at on inbox (at);

-- What was answered to each request that a client may repeat under the same key. `at` is the action's own time.
create table idempotency (
    user_id     uuid not null,
    key         text not null,
    fingerprint text not null,
    action_id   uuid not null,
    status      text not null,
    answer      jsonb not null,
    at          timestamptz not null,
    primary key (user_id, key)
);
create index idempotency_at on idempotency (at);

create view idempotency_v1 as
    select user_id, key, fingerprint, action_id, status, answer, at from idempotency;
-- Only the edge knows keys.
grant select on idempotency_v1 to doska_edge;

-- What is to be published, in this order within the partition that it came from. `headers` are names and values in
-- turn; `value` is null for a tombstone; `target_partition` is null where the key decides.
create table outbox (
    id               bigint generated always as identity primary key,
    source_topic     text not null,
    source_partition integer not null,
    topic            text not null,
    target_partition integer,
    key              bytea not null,
    headers          bytea[] not null,
    value            bytea,
    published_at     timestamptz
);
create index outbox_unpublished on outbox (source_topic, source_partition, id) where published_at is null;
create index outbox_published on outbox (published_at) where published_at is not null;
