alter table boards add column template boolean not null default false;

create or replace view boards_v1 as
    select board_id, workspace_id, title, created_by, created_at, archived_at, trashed_at, hidden, revision, template
      from boards;

-- As before, and: members of a workspace see its templates.
create or replace view roles_v1 as
    select g.board_id, g.user_id, g.role, 'grant' as via, null::timestamptz as expires_at
      from grants g join boards b using (board_id)
     where not b.hidden
    union all
    select b.board_id, m.user_id, 'owner', 'workspace', null
      from boards b join workspace_decider.members_v1 m using (workspace_id)
     where m.role = 'admin' and not b.hidden
    union all
    select v.board_id, v.user_id, l.role, 'link', l.expires_at
      from visits v join links l using (link_id) join boards b on b.board_id = v.board_id
     where l.revoked_at is null and (l.expires_at is null or l.expires_at > now()) and not b.hidden
    union all
    select b.board_id, m.user_id, 'viewer', 'template', null
      from boards b join workspace_decider.members_v1 m using (workspace_id)
     where b.template and not b.hidden;
