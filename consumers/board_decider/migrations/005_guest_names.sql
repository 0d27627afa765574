-- What guests call themselves on a board, and since when: its history names them as they were called then. Names stand in no
-- fact; those of people with an account are identity's.
create table guest_names (
    board_id uuid not null references boards on delete cascade,
    user_id  uuid not null,
    name     text not null,
    since    timestamptz not null,
    primary key (board_id, user_id, since)
);

create view guest_names_v1 as select board_id, user_id, name, since from guest_names;
