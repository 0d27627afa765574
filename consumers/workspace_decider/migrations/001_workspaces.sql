-- A personal workspace has no name until its person gives it one: it shows the person's own.
create table workspaces (
    workspace_id uuid primary key,
    name         text,
    personal     boolean not null,
    created_by   uuid not null,
    revision     bigint not null,
    created_at   timestamptz not null,
    constraint named_or_personal check (personal or name is not null)
);
create unique index workspaces_one_personal on workspaces (created_by) where personal;

create table members (
    workspace_id uuid not null references workspaces on delete cascade,
    user_id      uuid not null,
    role         text not null check (role in ('admin', 'manager', 'agent', 'user')),
    joined_at    timestamptz not null,
    primary key (workspace_id, user_id)
);
create index members_user on members (user_id);

-- The address is kept only while the invite is good: accepted, revoked and expired ones have none.
create table invites (
    invite_id    uuid primary key,
    workspace_id uuid not null references workspaces on delete cascade,
    role         text not null check (role in ('admin', 'manager', 'agent', 'user')),
    email        text,
    created_by   uuid not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    accepted_at  timestamptz,
    revoked_at   timestamptz,
    constraint no_address_afterwards check (email is null or (accepted_at is null and revoked_at is null))
);
create index invites_workspace on invites (workspace_id, created_at desc, invite_id desc);
create index invites_addressed on invites (expires_at) where email is not null;

create view workspaces_v1 as
    select w.workspace_id, coalesce(w.name, u.name, '') as name, w.personal, w.created_by, w.created_at
      from workspaces w left join identity_decider.users_v1 u on u.user_id = w.created_by;

-- An erased person is no member any more, also before the rows are gone.
create view members_v1 as
    select m.workspace_id, m.user_id, m.role, m.joined_at
      from members m join identity_decider.users_v1 u using (user_id)
     where not u.erased;

create view invites_v1 as
    select invite_id, workspace_id, role, email, created_by, created_at, expires_at, accepted_at, revoked_at from invites;
-- It holds addresses of people who have no account here.
grant select on invites_v1 to doska_edge;
