-- What people consented to, as it stands now; its history is in the log.
create table consents (
    user_id  uuid not null references users on delete cascade,
    purpose  text not null,
    given_at timestamptz not null,
    primary key (user_id, purpose)
);
create view consents_v1 as select user_id, purpose, given_at from consents;
