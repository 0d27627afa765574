-- A fact for one webhook, as it is posted: by ids alone, so it survives the end of an account. `claimed_until` is a lease:
-- who took it and died gives it back by doing nothing.
create table deliveries (
    delivery_id     uuid primary key,
    seq             bigint generated always as identity,
    subscription_id uuid not null,
    workspace_id    uuid not null,
    fact_id         uuid not null,
    type            text not null,
    fact_time       timestamptz not null,
    body            text not null,
    once            boolean not null,
    state           text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
    attempts        integer not null default 0,
    next_at         timestamptz not null,
    claim           uuid,
    claimed_until   timestamptz,
    status          integer,
    latency_ms      integer,
    error           text,
    tried_at        timestamptz,
    created_at      timestamptz not null
) with (fillfactor = 80);
create index deliveries_due on deliveries (subscription_id, next_at, seq) where state = 'pending';
create index deliveries_shown on deliveries (subscription_id, created_at desc, delivery_id desc);
create index deliveries_old on deliveries (created_at);

-- How the endpoint of a webhook fares. Who takes deliveries of a webhook holds its row.
create table endpoints (
    subscription_id uuid primary key,
    stint           integer not null,
    failures        integer not null default 0,
    failing_since   timestamptz,
    rests_until     timestamptz,
    giving_up       text check (giving_up in ('failing', 'gone')),
    claimed_at      timestamptz
) with (fillfactor = 50);

-- Facts about a board name the board alone. It never moves.
create table boards (
    board_id     uuid primary key,
    workspace_id uuid not null
);

create table checkpoints (
    topic      text not null,
    partition  integer not null,
    generation text not null,
    next       bigint not null,
    primary key (topic, partition)
) with (fillfactor = 50);

-- Without the bodies: what happened stands in the audit, with more care about who reads it.
create view deliveries_v1 as
    select delivery_id, subscription_id, workspace_id, fact_id, type, fact_time, state, attempts, next_at, status,
           latency_ms, error, tried_at, created_at
      from deliveries;
grant select on deliveries_v1 to doska_edge, doska_webhook_decider;

create view endpoints_v1 as
    select subscription_id, failures, failing_since, rests_until from endpoints;
grant select on endpoints_v1 to doska_edge;
