-- People. An erased one keeps only the id, so that facts that name it still point at something.
create table users (
    user_id          uuid primary key,
    email            text,
    name             text,
    color            text,
    locale           text,
    password_hash    text,
    password_version integer not null default 1,
    revision         bigint not null,
    created_at       timestamptz not null,
    erased_at        timestamptz,
    constraint whole_or_erased check (
        case when erased_at is null
            then num_nulls(email, name, color, locale, password_hash) = 0
            else num_nonnulls(email, name, color, locale, password_hash) = 0
        end
    )
);
create unique index users_email on users (lower(email));

create table sessions (
    session_id uuid primary key,
    user_id    uuid not null references users on delete cascade,
    generation integer not null,
    client     text,
    address    text,
    created_at timestamptz not null,
    seen_at    timestamptz not null,
    rotated_at timestamptz not null,
    closed_at  timestamptz
);
create index sessions_user on sessions (user_id);

-- Personal workspaces live here until workspaces get a decider of their own.
create table workspaces (
    workspace_id uuid primary key,
    name         text not null,
    personal     boolean not null,
    created_by   uuid not null,
    revision     bigint not null,
    created_at   timestamptz not null
);
create unique index workspaces_one_personal on workspaces (created_by) where personal;

create table members (
    workspace_id uuid not null references workspaces on delete cascade,
    user_id      uuid not null,
    role         text not null check (role in ('admin', 'manager', 'agent', 'user')),
    primary key (workspace_id, user_id)
);
create index members_user on members (user_id);

create view users_v1 as
    select user_id, email, name, color, locale, created_at, erased_at is not null as erased from users;

create view credentials_v1 as
    select user_id, lower(email) as email_lower, password_hash, password_version from users where erased_at is null;

-- Only the edge checks passwords.
grant select on credentials_v1 to doska_edge;

create view sessions_v1 as
    select session_id, user_id, generation, client, address, created_at, seen_at, closed_at from sessions;

create view workspaces_v1 as
    select workspace_id, name, personal, created_by, created_at from workspaces;

create view members_v1 as
    select workspace_id, user_id, role from members;
