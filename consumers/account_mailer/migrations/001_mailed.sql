-- What was mailed already, by the fact that asked for it.
create table mailed (
    fact_id   uuid primary key,
    mailed_at timestamptz not null default now()
);
