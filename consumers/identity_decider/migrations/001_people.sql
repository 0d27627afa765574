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

create view users_v1 as
    select user_id, email, name, color, locale, created_at, erased_at is not null as erased from users;

create view credentials_v1 as
    select user_id, lower(email) as email_lower, password_hash, password_version from users where erased_at is null;

-- Only the edge checks passwords.
grant select on credentials_v1 to doska_edge;

create view sessions_v1 as
    select session_id, user_id, generation, client, address, created_at, seen_at, closed_at from sessions;
