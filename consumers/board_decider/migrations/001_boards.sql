create table boards (
    board_id     uuid primary key,
    workspace_id uuid not null,
    title        text not null,
    created_by   uuid not null,
    hidden       boolean not null,
    created_at   timestamptz not null,
    archived_at  timestamptz,
    trashed_at   timestamptz,
    revision     bigint not null
);
create index boards_workspace on boards (workspace_id, created_at desc, board_id desc);

create table grants (
    board_id   uuid not null references boards on delete cascade,
    user_id    uuid not null,
    role       text not null check (role in ('owner', 'editor', 'commenter', 'viewer')),
    created_at timestamptz not null,
    primary key (board_id, user_id)
);
create index grants_user on grants (user_id);

create table links (
    link_id       uuid primary key,
    board_id      uuid not null references boards on delete cascade,
    role          text not null check (role in ('editor', 'commenter', 'viewer')),
    password_hash text,
    expires_at    timestamptz,
    revoked_at    timestamptz,
    created_at    timestamptz not null
);
create index links_board on links (board_id, created_at desc, link_id desc);

-- People with an account who came through a link: it gives them its role for as long as it is valid.
create table visits (
    link_id   uuid not null references links on delete cascade,
    board_id  uuid not null references boards on delete cascade,
    user_id   uuid not null,
    opened_at timestamptz not null,
    primary key (link_id, user_id)
);
create index visits_user on visits (user_id, board_id);

create view boards_v1 as
    select board_id, workspace_id, title, created_by, created_at, archived_at, trashed_at, hidden, revision from boards;

create view grants_v1 as
    select board_id, user_id, role, created_at from grants;

create view links_v1 as
    select link_id, board_id, role, password_hash, expires_at, revoked_at, created_at from links;
-- It holds the hashes of links' passwords, which only the edge checks.
grant select on links_v1 to doska_edge;

-- Every reason for which somebody has a role, one row each; the role is the highest of them. A hidden board has none.
create view roles_v1 as
    select g.board_id, g.user_id, g.role, 'grant' as via, null::timestamptz as expires_at
      from grants g join boards b using (board_id)
     where not b.hidden
    union all
    select b.board_id, m.user_id, 'owner', 'workspace', null
      from boards b join workspace_decider.members_v1 m using (workspace_id)
     where m.role = 'admin' and not b.hidden
    union all
    select v.board_id, v.user_id, l.role, 'link', l.expires_at
      from visits v join links l using (link_id) join boards b on b.board_id = v.board_id
     where l.revoked_at is null and (l.expires_at is null or l.expires_at > now()) and not b.hidden;
