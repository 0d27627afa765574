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

-- People without an account who came through a link, each once.
create table guests (
    link_id uuid not null references links on delete cascade,
    user_id uuid not null,
    came_at timestamptz not null,
    primary key (link_id, user_id)
);

-- The address is kept only while the invitation is good: accepted, revoked and expired ones have none.
create table invites (
    invite_id  uuid primary key,
    board_id   uuid not null references boards on delete cascade,
    role       text not null check (role in ('owner', 'editor', 'commenter', 'viewer')),
    email      text,
    created_by uuid not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at   timestamptz,
    constraint no_address_afterwards check (email is null or ended_at is null)
);
create index invites_board on invites (board_id, created_at desc, invite_id desc);
create index invites_addressed on invites (expires_at) where email is not null;

create view boards_v1 as
    select board_id, workspace_id, title, created_by, created_at, archived_at, trashed_at, hidden, revision from boards;

create view grants_v1 as
    select board_id, user_id, role, created_at from grants;

create view links_v1 as
    select l.link_id, l.board_id, l.role, l.password_hash, l.expires_at, l.revoked_at, l.created_at,
           (select count(*) from visits v where v.link_id = l.link_id)
           + (select count(*) from guests g where g.link_id = l.link_id) as uses
      from links l;
-- It holds the hashes of links' passwords, which only the edge checks.
grant select on links_v1 to doska_edge;

create view invites_v1 as
    select invite_id, board_id, role, email, created_by, created_at, expires_at, ended_at from invites;
-- It holds addresses of people who have no account here.
grant select on invites_v1 to doska_edge;

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
