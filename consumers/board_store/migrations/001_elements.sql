-- Current elements, tombstones included; `generation`, `partition`, `next_offset`: how far boards.ops goes with the op
-- that an element came by. No index on it: a board is read as a whole by its primary key anyway, and without one an
-- update can stay on its page (HOT), which is most of what this table does.
create table elements (
    board_id uuid not null,
    id text collate "C" not null,
    version bigint not null,
    nonce bigint not null,
    deleted boolean not null,
    ordering text collate "C" not null,
    body text not null,
    generation text not null,
    partition integer not null,
    next_offset bigint not null,
    primary key (board_id, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

create table checkpoints (
    topic text not null,
    partition integer not null,
    generation text not null,
    next bigint not null,
    primary key (topic, partition)
) with (fillfactor = 50);

create view elements_v1 as
select board_id, id, version, nonce, deleted, ordering, body, generation, partition, next_offset from elements;

create view checkpoints_v1 as
select topic, partition, generation, next from checkpoints;
