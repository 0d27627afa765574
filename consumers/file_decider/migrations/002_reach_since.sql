-- Since when a board shows a file: what a copy was given just now may be on it only in a moment.
create or replace view reach_v1 as
    select file_id, board_id, requested_at as since from files
    union all
    select file_id, board_id, shared_at from shares;
