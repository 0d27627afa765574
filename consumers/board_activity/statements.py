"""The SQL of this consumer, in the order in which a write uses it."""

from typing import Final

# Keys of advisory locks are sorted, and taken kind by kind (people, boards, workspaces), so nobody waits in a circle.
LOCK: Final = """
select pg_advisory_xact_lock(key)
  from (select distinct hashtextextended('board_activity ' || id, 0) as key from unnest($1::text[]) t (id) order by 1) k
"""
LOCK_SHARED: Final = LOCK.replace("pg_advisory_xact_lock(", "pg_advisory_xact_lock_shared(")

ERASE: Final = "insert into board_activity.erased (user_id) select unnest($1::uuid[]) on conflict do nothing"
ALIASES: Final = "select user_id::text, alias::text from board_activity.erased where user_id = any($1::uuid[])"
RENAME_MINUTES: Final = """
update board_activity.minutes m set user_id = e.alias from board_activity.erased e
 where m.user_id = e.user_id and e.user_id = any($1::uuid[])
"""
RENAME_SPANS: Final = RENAME_MINUTES.replace("minutes m", "spans m")

ADD_HOMES: Final = """
insert into board_activity.boards (board_id, workspace_id) select * from unnest($1::uuid[], $2::uuid[])
on conflict (board_id) do nothing returning board_id::text
"""
HOMES: Final = "select board_id::text, workspace_id::text from board_activity.boards where board_id = any($1::uuid[])"
MINUTES_OF: Final = "select scope::text, start, user_id::text from board_activity.minutes where scope = any($1::uuid[])"

# Only what changes is written and told: a record that comes again ends here.
ADD_MINUTES: Final = """
insert into board_activity.minutes as m (scope, start, user_id, slices, ops, seen)
select scope, start, user_id, slices, cardinality(seen::bigint[]), board_activity.united(seen::bigint[], '{}')
  from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::smallint[], $5::text[]) t (scope, start, user_id, slices, seen)
on conflict (scope, start, user_id) do update
   set slices = m.slices | excluded.slices,
       seen = board_activity.united(m.seen, excluded.seen),
       ops = cardinality(board_activity.united(m.seen, excluded.seen)),
       written = now()
 where m.slices | excluded.slices <> m.slices or not excluded.seen <@ m.seen
returning m.scope::text, m.start, m.user_id::text
"""
# A workspace's minutes, each from those of its boards.
ADD_UP: Final = """
insert into board_activity.minutes as w (scope, start, user_id, slices, ops)
select b.workspace_id, m.start, m.user_id, bit_or(m.slices), sum(m.ops)
  from unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) t (scope, start, user_id)
  join board_activity.minutes m on m.user_id = t.user_id and m.start = t.start
  join board_activity.boards b on b.board_id = m.scope and b.workspace_id = t.scope
 group by b.workspace_id, m.start, m.user_id
on conflict (scope, start, user_id) do update set slices = excluded.slices, ops = excluded.ops, written = now()
"""
# Somebody who is seen in a minute may begin a session there, and whoever seemed to begin one soon after may not any more.
BEGIN_SESSIONS: Final = """
with near as (
    select distinct m.scope, m.start, m.user_id
      from unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) t (scope, start, user_id)
      join board_activity.minutes m
        on m.user_id = t.user_id and m.scope = t.scope and m.start between t.start and t.start + interval '30 minutes'
), told as (
    select n.*, not exists (
        select from board_activity.minutes e
         where e.user_id = n.user_id and e.scope = n.scope
           and e.start < n.start and e.start >= n.start - interval '30 minutes') as begins
      from near n
)
update board_activity.minutes m set begins = n.begins from told n
 where m.scope = n.scope and m.start = n.start and m.user_id = n.user_id and m.begins is distinct from n.begins
returning m.scope::text, m.start, m.user_id::text
"""
COUNT_HOURS: Final = """
insert into board_activity.spans as s (scope, by, start, user_id, ops, sessions, minutes)
select t.scope, 'hour', t.start, t.user_id, sum(m.ops), count(*) filter (where m.begins), count(*)
  from unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) t (scope, start, user_id)
  join board_activity.minutes m
    on m.user_id = t.user_id and m.scope = t.scope and m.start >= t.start and m.start < t.start + interval '1 hour'
 group by t.scope, t.start, t.user_id
on conflict (scope, by, start, user_id) do update
   set ops = s.sealed_ops + excluded.ops, sessions = s.sealed_sessions + excluded.sessions,
       minutes = s.sealed_minutes + excluded.minutes
"""
COUNT_DAYS: Final = """
insert into board_activity.spans as s (scope, by, start, user_id, ops, sessions, minutes)
select t.scope, 'day', t.start, t.user_id, sum(h.ops), sum(h.sessions), sum(h.minutes)
  from unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) t (scope, start, user_id)
  join board_activity.spans h
    on h.scope = t.scope and h.by = 'hour' and h.user_id = t.user_id
   and h.start >= t.start and h.start < t.start + interval '1 day'
 group by t.scope, t.start, t.user_id
on conflict (scope, by, start, user_id) do update
   set ops = excluded.ops, sessions = excluded.sessions, minutes = excluded.minutes
"""
TOTAL_MINUTES: Final = """
insert into board_activity.windows as w (scope, by, start, people, ops, sessions, peak)
select m.scope, 'minute', m.start, count(*), sum(m.ops), count(*) filter (where m.begins),
       greatest(count(*) filter (where m.slices & 1 <> 0), count(*) filter (where m.slices & 2 <> 0),
                count(*) filter (where m.slices & 4 <> 0), count(*) filter (where m.slices & 8 <> 0),
                count(*) filter (where m.slices & 16 <> 0), count(*) filter (where m.slices & 32 <> 0))
  from unnest($1::uuid[], $2::timestamptz[]) t (scope, start)
  join board_activity.minutes m on m.scope = t.scope and m.start = t.start
 group by m.scope, m.start
on conflict (scope, by, start) do update
   set people = excluded.people, ops = excluded.ops, sessions = excluded.sessions,
       peak = greatest(w.peak, excluded.peak)
"""


def _totals(by: str, length: str, of: str) -> str:
    """Windows of people's spans; the peak is the highest of the windows inside, and never falls."""
    return f"""
insert into board_activity.windows as w (scope, by, start, people, ops, sessions, peak)
select t.scope, '{by}', t.start, p.people, p.ops, p.sessions, i.peak
  from unnest($1::uuid[], $2::timestamptz[]) t (scope, start)
 cross join lateral (
    select count(*) as people, sum(ops) as ops, sum(sessions) as sessions from board_activity.spans s
     where s.scope = t.scope and s.by = '{by}' and s.start = t.start) p
 cross join lateral (
    select coalesce(max(peak), 0) as peak from board_activity.windows v
     where v.scope = t.scope and v.by = '{of}' and v.start >= t.start and v.start < t.start + interval '{length}') i
 where p.people > 0
on conflict (scope, by, start) do update
   set people = excluded.people, ops = excluded.ops, sessions = excluded.sessions,
       peak = greatest(w.peak, excluded.peak)
"""  # noqa: S608 - constants


TOTAL_HOURS: Final = _totals("hour", "1 hour", "minute")
TOTAL_DAYS: Final = _totals("day", "1 day", "hour")

OLD_SCOPE: Final = "select scope::text from board_activity.minutes where start < $1 and written < $1 limit 1"
# Minutes that are not kept any more stay in their hour.
SEAL: Final = """
with gone as (
    delete from board_activity.minutes where scope = $1::uuid and start < $2 and written < $2
    returning start, user_id, ops, begins
), hours as (
    select date_trunc('hour', start, 'UTC') as start, user_id, sum(ops) as ops, count(*) filter (where begins) as sessions,
           count(*) as minutes
      from gone group by 1, 2
)
update board_activity.spans s
   set sealed_ops = s.sealed_ops + h.ops, sealed_sessions = s.sealed_sessions + h.sessions,
       sealed_minutes = s.sealed_minutes + h.minutes
  from hours h where s.scope = $1::uuid and s.by = 'hour' and s.start = h.start and s.user_id = h.user_id
"""
DROP_MINUTES: Final = """
delete from board_activity.windows w where scope = $1::uuid and by = 'minute' and start < $2
   and not exists (select from board_activity.minutes m where m.scope = w.scope and m.start = w.start)
"""
FORGET_ERASED: Final = "delete from board_activity.erased where at < $1"
