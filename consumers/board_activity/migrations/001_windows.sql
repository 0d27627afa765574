-- A scope is a board or a workspace. A person in a minute: the only thing that is said here; all else is counted from it.
-- `slices`: a bit for each ten seconds of the minute in which the person was seen. `seen`: halves of the ids of ops, so
-- that one that comes again is not counted again; a workspace's minutes are made from those of its boards and have none.
-- `written`: what was said lately may be said again, however old it is.
-- `begins`: whether a session begins here, which is when the half hour before was quiet.
create table minutes (
    scope   uuid not null,
    start   timestamptz not null,
    user_id uuid not null,
    slices  smallint not null,
    ops     integer not null,
    seen    bigint[] not null default '{}',
    begins  boolean,
    written timestamptz not null default now(),
    primary key (scope, start, user_id)
) with (fillfactor = 80);
create index minutes_person on minutes (user_id, start);
create index minutes_start on minutes (start);

-- A person in an hour or a day (UTC). `sealed_*`: what minutes that are not kept any more have added to an hour.
create table spans (
    scope           uuid not null,
    by              text not null check (by in ('hour', 'day')),
    start           timestamptz not null,
    user_id         uuid not null,
    ops             bigint not null,
    sessions        integer not null,
    minutes         integer not null,
    sealed_ops      bigint not null default 0,
    sealed_sessions integer not null default 0,
    sealed_minutes  integer not null default 0,
    primary key (scope, by, start, user_id)
) with (fillfactor = 80);
create index spans_person on spans (user_id);

-- All people together. `peak`: the most of them in the same ten seconds.
create table windows (
    scope    uuid not null,
    by       text not null check (by in ('minute', 'hour', 'day')),
    start    timestamptz not null,
    people   integer not null,
    ops      bigint not null,
    sessions integer not null,
    peak     integer not null,
    primary key (scope, by, start)
) with (fillfactor = 80);

-- A board never moves. What was drawn before its first fact was read is added to its workspace then.
create table boards (
    board_id     uuid primary key,
    workspace_id uuid not null
);

-- Who was erased stays in the numbers as somebody that nobody knows; what the log still brings of them joins that one.
create table erased (
    user_id uuid primary key,
    alias   uuid not null default gen_random_uuid(),
    at      timestamptz not null default now()
);

create table checkpoints (
    topic      text not null,
    partition  integer not null,
    generation text not null,
    next       bigint not null,
    primary key (topic, partition)
) with (fillfactor = 50);

create function united(a bigint[], b bigint[]) returns bigint[] language sql immutable parallel safe
    return array(select distinct unnest(a || b) order by 1);

create view windows_v1 as
    select scope, by, start, people, ops, sessions, peak from windows;
create view people_v1 as
    select scope, by, start, user_id, ops, sessions, minutes from spans;
-- The edge asks who may see it.
grant select on windows_v1 to doska_edge;
grant select on people_v1 to doska_edge;

create view checkpoints_v1 as
    select topic, partition, generation, next from checkpoints;
