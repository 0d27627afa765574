-- An entry is a fact as it was told. It names people by their ids alone, so it survives the end of an account; names,
-- clients and addresses are looked up at reading, for as long as there are any. `data` is text, sorted by key, because
-- the hash is over exactly this text (jsonb would write numbers its own way).
create table entries (
    chain          text collate "C" not null,
    seq            bigint not null check (seq > 0),
    fact_id        uuid not null,
    type           text collate "C" not null,
    schema         text collate "C" not null,
    time           timestamptz not null,
    actor          text collate "C",
    subject        text collate "C" not null,
    session_id     text collate "C",
    link_id        text collate "C",
    correlation_id text collate "C" not null,
    traceparent    text collate "C",
    data           text not null,
    hash           bytea not null check (length(hash) = 32),
    primary key (chain, seq)
);
-- Exactly once, whatever chain a fact belongs to.
create unique index entries_fact on entries (fact_id);
create index entries_time on entries (chain, time, fact_id);
create index entries_actor on entries (chain, actor, time, fact_id);

-- Where each chain ends: locked by whoever adds to it. `chain` is a workspace's id, or `instance`.
create table chains (
    chain  text collate "C" primary key,
    length bigint not null,
    hash   bytea not null check (length(hash) = 32)
);

-- A board's facts name the board alone. It never moves, and its first fact comes before the others.
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

-- What is written stays: the role that writes may only add, and neither may anybody else by accident.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'audit_log.% is append-only: % is refused', tg_table_name, tg_op
        using errcode = 'insufficient_privilege';
end
$$;
create trigger entries_stay before update or delete on entries for each row execute function refuse_change();
create trigger entries_stay_all before truncate on entries for each statement execute function refuse_change();
revoke update, delete, truncate, references, trigger on entries from doska_audit_log;
revoke update, delete, truncate, references, trigger on boards from doska_audit_log;
revoke delete, truncate, references, trigger on chains from doska_audit_log;

create view entries_v1 as
    select chain, seq, fact_id, type, schema, time, actor, subject, session_id, link_id, correlation_id, traceparent,
           data, hash
      from entries;
-- The edge asks who may read it; nobody else has a reason to.
grant select on entries_v1 to doska_edge;

create view checkpoints_v1 as
    select topic, partition, generation, next from checkpoints;
