-- The last revision told of each board.
create table boards (
    board_id uuid primary key,
    revision bigint not null
);

-- Nobody's name stands here: `started_by` is null when that person was erased.
create table threads (
    thread_id   uuid primary key,
    board_id    uuid not null,
    anchor      jsonb not null,
    started_by  uuid,
    started_at  timestamptz not null,
    resolved_at timestamptz,
    resolved_by uuid
);
create index threads_board on threads (board_id, started_at desc, thread_id desc);

-- A guest has no account that his name could stand in. `author_id` is null when the author was erased.
create table comments (
    comment_id uuid primary key,
    thread_id  uuid not null references threads on delete cascade,
    board_id   uuid not null,
    author_id  uuid,
    guest_name text,
    text       text not null,
    mention    uuid[] not null,
    written_at timestamptz not null,
    edited_at  timestamptz
);
create index comments_thread on comments (thread_id, written_at, comment_id);
create index comments_author on comments (author_id, board_id);
create index comments_mention on comments using gin (mention);

create view threads_v1 as
    select thread_id, board_id, anchor, started_by, started_at, resolved_at, resolved_by from threads;

create view comments_v1 as
    select comment_id, thread_id, board_id, author_id, guest_name, text, mention, written_at, edited_at from comments;
