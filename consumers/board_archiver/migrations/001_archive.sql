-- What lies in S3, and how far it goes. An object counts only when it stands here: what a crash left behind does not.
create table checkpoints (
    topic      text not null,
    partition  integer not null,
    generation text not null,
    next       bigint not null,
    -- When the last op that is contained was made (microseconds since 1970): older states need not wait for anything.
    time       bigint not null default 0,
    primary key (topic, partition)
) with (fillfactor = 50);

-- Records that retention removed before they were archived: what was drawn by them is in no state of here.
create table gaps (
    topic       text not null,
    partition   integer not null,
    generation  text not null,
    from_offset bigint not null,
    to_offset   bigint not null,
    primary key (topic, partition, generation, from_offset)
);

-- How far each board goes, and what has come since its last snapshot.
create table boards (
    board_id       uuid primary key,
    seq            bigint not null,
    snapshot_seq   bigint not null default 0,
    snapshot_bytes bigint not null default 0,
    since_bytes    bigint not null default 0,
    since_segments integer not null default 0
) with (fillfactor = 70);
comment on table boards is 'By position in the log: a record that comes again at another position is more of it.';

-- Objects of segments. `retired_at`: since then nobody is led there any more, and it may be deleted soon after.
create table objects (
    key          text collate "C" primary key,
    generation   text not null,
    partition    integer not null,
    first_offset bigint not null,
    last_offset  bigint not null,
    bytes        bigint not null,
    created_at   timestamptz not null default now(),
    retired_at   timestamptz
);
create index objects_living on objects (generation, partition, first_offset) where retired_at is null;
create index objects_retired on objects (retired_at) where retired_at is not null;
comment on table objects is 'By position in the log: a record that comes again at another position is more of it.';

-- Consecutive ops of a board, and which bytes of which object they are. The primary key keeps two owners from
-- archiving the same op twice. `first_time`, `last_time`: the earliest and the latest of its ops.
create table segments (
    board_id     uuid not null,
    first_seq    bigint not null,
    last_seq     bigint not null,
    generation   text not null,
    partition    integer not null,
    first_offset bigint not null,
    first_index  integer not null,
    last_offset  bigint not null,
    last_index   integer not null,
    first_time   bigint not null,
    last_time    bigint not null,
    key          text collate "C" not null,
    start        bigint not null,
    length       integer not null,
    raw_bytes    integer not null,
    hash         text not null,
    trace        bytea not null,
    primary key (board_id, first_seq)
);
create index segments_key on segments (key);
comment on table segments is 'By position in the log: a record that comes again at another position is more of it.';

create table snapshots (
    board_id    uuid not null,
    seq         bigint not null,
    generation  text not null,
    partition   integer not null,
    last_offset bigint not null,
    last_index  integer not null,
    key         text collate "C" not null,
    bytes       bigint not null,
    raw_bytes   bigint not null,
    elements    integer not null,
    state_hash  text not null,
    created_at  timestamptz not null default now(),
    primary key (board_id, seq)
);
comment on table snapshots is 'By position in the log: a record that comes again at another position is more of it.';

create view checkpoints_v1 as select topic, partition, generation, next, time from checkpoints;
create view gaps_v1 as select topic, partition, generation, from_offset, to_offset from gaps;
create view boards_v1 as select board_id, seq from boards;
create view segments_v1 as
select board_id, first_seq, last_seq, generation, partition, first_offset, first_index, last_offset, last_index,
       first_time, last_time, key, start, length, raw_bytes, hash, trace
  from segments;
create view snapshots_v1 as
select board_id, seq, generation, partition, last_offset, last_index, key, bytes, raw_bytes, elements, state_hash
  from snapshots;
