-- Accounts: who administers the instance, who is banned, what an address is worth, the links that reset a password,
-- and the identity providers that people come from. Those who are here already gave their word for their address.
alter table users
    add column avatar      text,
    add column time_zone   text,
    add column email_proof text check (email_proof in ('word', 'mail', 'provider')),
    add column admin       boolean not null default false,
    add column banned_at   timestamptz;
update users set email_proof = 'word' where erased_at is null;
-- Who comes from a provider has no password.
alter table users drop constraint whole_or_erased;
alter table users add constraint whole_or_erased check (
    case when erased_at is null
        then num_nulls(email, name, color, locale) = 0
        else num_nonnulls(email, name, color, locale, password_hash, avatar, time_zone, email_proof) = 0 and not admin
    end
);

alter table sessions add column provider_issuer text, add column provider_session text;
create index sessions_provider on sessions (provider_issuer, provider_session) where provider_session is not null;

create table provider_identities (
    issuer    text not null,
    subject   text not null,
    user_id   uuid not null references users,
    linked_at timestamptz not null,
    primary key (issuer, subject)
);
create index provider_identities_user on provider_identities (user_id);

create table resets (
    reset_id   uuid primary key,
    user_id    uuid not null references users,
    by         text not null check (by in ('mail', 'operator')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index resets_user on resets (user_id);

create table confirmations (
    confirmation_id uuid primary key,
    user_id         uuid not null references users,
    email           text not null,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    used_at         timestamptz
);
create index confirmations_user on confirmations (user_id);

create or replace view users_v1 as
    select user_id, email, name, color, locale, created_at, erased_at is not null as erased,
           avatar, time_zone, email_proof, admin, banned_at is not null as banned
      from users;

create or replace view sessions_v1 as
    select session_id, user_id, generation, client, address, created_at, seen_at, closed_at,
           provider_issuer, provider_session
      from sessions;

-- Only the edge lets people in from a provider.
create view provider_identities_v1 as
    select issuer, subject, user_id, linked_at from provider_identities;
grant select on provider_identities_v1 to doska_edge;

-- What a mail is about, for who writes it: no tokens, those are made from the ids.
create view resets_v1 as
    select r.reset_id, r.user_id, u.email, u.name, u.locale, r.expires_at, r.used_at
      from resets r join users u using (user_id) where u.erased_at is null;
create view confirmations_v1 as
    select c.confirmation_id, c.user_id, c.email, u.name, u.locale, c.expires_at, c.used_at
      from confirmations c join users u using (user_id) where u.erased_at is null;
