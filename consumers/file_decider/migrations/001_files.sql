create table files (
    file_id      uuid primary key,
    board_id     uuid not null,
    workspace_id uuid not null,
    name         text not null,
    mime         text not null,
    size         bigint not null,
    sha256       text not null,
    status       text not null check (status in ('requested', 'checking', 'ready', 'rejected', 'deleted')),
    width        integer,
    height       integer,
    thumbnail    boolean not null default false,
    -- Why it was refused.
    path         text,
    message      text,
    requested_by uuid not null,
    requested_at timestamptz not null,
    expires_at   timestamptz not null,
    settled_at   timestamptz
);
create index files_board on files (board_id);
create index files_workspace on files (workspace_id) where status in ('requested', 'checking', 'ready');
create index files_unfinished on files (expires_at) where status in ('requested', 'checking');

-- Files of other boards that copies of those boards show too.
create table shares (
    board_id  uuid not null,
    file_id   uuid not null references files on delete cascade,
    shared_at timestamptz not null,
    primary key (board_id, file_id)
);
create index shares_file on shares (file_id);

-- The last revision told of each board's files.
create table revisions (
    board_id uuid primary key,
    revision bigint not null
);

create view files_v1 as
    select file_id, board_id, workspace_id, name, mime, size, sha256, status, width, height, thumbnail, path, message,
           requested_by, requested_at, expires_at, settled_at
      from files;

-- Every board whose people may read a file: its own, and copies.
create view reach_v1 as
    select file_id, board_id from files
    union all
    select file_id, board_id from shares;
