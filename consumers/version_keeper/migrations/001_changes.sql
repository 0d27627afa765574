-- Boards that changed since a version of them was asked for. What was received counts for the pauses, not when it was
-- drawn: a board that is read from the log late is in nobody's way for that.
create table changes (
    board_id          uuid primary key,
    drawn_at          timestamptz not null,
    first_received_at timestamptz not null,
    last_received_at  timestamptz not null
);
create index changes_rest on changes (last_received_at);
create index changes_work on changes (first_received_at);
