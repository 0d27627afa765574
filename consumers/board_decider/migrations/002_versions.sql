-- A version is a place in boards.ops: the state of the board with that op included.
create table versions (
    version_id uuid primary key,
    board_id   uuid not null references boards on delete cascade,
    name       text,
    kind       text not null check (kind in ('saved', 'automatic')),
    log        text not null,
    partition  integer not null,
    "offset"   bigint not null,
    index      integer not null,
    elements   bigint not null,
    bytes      bigint not null,
    changes    bigint not null,
    created_by uuid,
    created_at timestamptz not null
);
create index versions_board on versions (board_id, created_at desc, version_id desc);

create view versions_v1 as
    select version_id, board_id, name, kind, log, partition, "offset", index, elements, bytes, changes, created_by,
           created_at
      from versions;

-- The state of another board that a board began with.
create table branches (
    board_id        uuid primary key references boards on delete cascade,
    source_board_id uuid not null,
    log             text not null,
    partition       integer not null,
    "offset"        bigint not null,
    index           integer not null
);

create view branches_v1 as
    select board_id, source_board_id, log, partition, "offset", index from branches;
