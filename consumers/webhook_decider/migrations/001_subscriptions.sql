-- The last revision told of a workspace's webhooks; it outlives them.
create table workspaces (
    workspace_id uuid primary key,
    revision     bigint not null
);

-- `url` is in clear and often a secret itself: only those who deliver and those who show it to admins may read it.
-- `stint` counts the stretches of being active: a verdict on an earlier one is worth nothing.
create table subscriptions (
    subscription_id uuid primary key,
    workspace_id    uuid not null,
    url             text not null,
    host            text not null,
    types           text[] not null,
    boards          uuid[] not null,
    stint           integer not null,
    created_by      uuid not null,
    created_at      timestamptz not null,
    paused          text check (paused in ('asked', 'failing', 'gone')),
    paused_at       timestamptz
);
create index subscriptions_workspace on subscriptions (workspace_id, created_at desc, subscription_id desc);

-- No secret stands here: a version is what it is derived from, with a key of the keyring.
create table secrets (
    subscription_id uuid not null references subscriptions on delete cascade,
    version         integer not null,
    key_id          text not null,
    until           timestamptz,
    primary key (subscription_id, version)
);
create unique index secrets_current on secrets (subscription_id) where until is null;

create view subscriptions_v1 as
    select s.subscription_id, s.workspace_id, s.url, s.types, s.boards, s.stint, s.created_by, s.created_at, s.paused,
           s.paused_at,
           (select max(until) from secrets where subscription_id = s.subscription_id) as previous_until,
           (select array_agg(version order by version desc) from secrets where subscription_id = s.subscription_id)
               as secret_versions,
           (select array_agg(key_id order by version desc) from secrets where subscription_id = s.subscription_id)
               as secret_keys,
           (select array_agg(until order by version desc) from secrets where subscription_id = s.subscription_id)
               as secret_ends
      from subscriptions s;
grant select on subscriptions_v1 to doska_edge, doska_webhook_export;
