-- What a link gives now, for deciders of other domains: `links_v1` holds hashes of passwords and is for the edge alone.
create view link_roles_v1 as
    select link_id, board_id, role, expires_at from links where revoked_at is null;
