-- When sources are checked, and whose turn it is.

-- Schedules ------------------------------------------------------------------------------------------------------

alter table public.user_queries
  -- Five fields, in local time of time_zone. With one, check_interval_seconds is the shortest time between two checks.
  add column schedule_cron text check (char_length(schedule_cron) <= 200),
  add column time_zone text not null default 'UTC' check (char_length(time_zone) <= 64),
  -- Objects {days, from, to} (checkWindowSchema in libs/contracts); none: at any time.
  add column check_windows jsonb not null default '[]'
    check (jsonb_typeof(check_windows) = 'array' and char_length(check_windows::text) <= 4096),
  add column check_jitter_seconds integer not null default 0 check (check_jitter_seconds between 0 and 86400);
grant insert (schedule_cron, time_zone, check_windows, check_jitter_seconds),
      update (schedule_cron, time_zone, check_windows, check_jitter_seconds)
  on public.user_queries to authenticated;

alter table public.monitored_sources
  -- What next_check_at was planned for before it was moved by jitter: intervals are counted from here.
  add column planned_check_at timestamptz(3),
  -- Its query is paused or completed: out of the way of those that are to be checked.
  add column parked boolean not null default false;
grant insert (next_check_at) on public.monitored_sources to authenticated;

update public.monitored_sources source set parked = true
  from public.user_queries query where query.id = source.user_query_id and query.status <> 'active';
drop index public.monitored_sources_due_idx;
create index monitored_sources_due_idx on public.monitored_sources (user_id, next_check_at)
  where status = 'active' and not parked;

-- Sources of a query that is paused or completed are parked, but for those that somebody has locked: nobody may wait
-- for a source here who holds another one. The dispatch of checks parks them when they are next due.
create function public.park_sources() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.status = 'active' then
    -- All of them, whatever is seen now: one may just be being parked.
    update public.monitored_sources set parked = false where user_query_id = new.id;
  else
    update public.monitored_sources set parked = true where id in (
      select id from public.monitored_sources where user_query_id = new.id and not parked
      for no key update skip locked);
  end if;
  return null;
end
$$;
create trigger user_queries_park_sources after update of status on public.user_queries
  for each row when ((old.status = 'active') <> (new.status = 'active')) execute function public.park_sources();

-- Turns ----------------------------------------------------------------------------------------------------------

-- Checks wait in one line of users, not of sources: whoever has been served goes to its end, so that nobody's backlog
-- is in anybody's way, and a look at the line costs what is taken from it, however many sources there are.
create table public.user_check_queues (
  user_id uuid primary key references auth.users (id) on delete cascade,
  -- The user's place in line. Never later than the first of their sources is due or their first check waits: whoever
  -- writes something earlier lowers it before they commit (join_check_queue), and only a dispatch raises it, which holds
  -- the row locked meanwhile.
  turn_at timestamptz not null
);
create index user_check_queues_turn_idx on public.user_check_queues (turn_at);
alter table public.user_check_queues enable row level security;
revoke all on public.user_check_queues from anon, authenticated;
grant all on public.user_check_queues to service_role;

-- No earlier than now, the end of the line; a check that somebody has asked for by hand goes to its head.
create function public.join_check_queue() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  place timestamptz;
begin
  if tg_table_name = 'monitored_sources' then
    place := greatest(new.next_check_at, now());
  elsif new.trigger = 'manual' and new.not_before <= new.queued_at then
    place := '-infinity';
  else
    place := greatest(new.not_before, now());
  end if;
  -- Locks the row also where it is low enough already: else a dispatch that cannot see this yet might raise it.
  insert into public.user_check_queues as queue (user_id, turn_at) values (new.user_id, place)
    on conflict (user_id) do update set turn_at = excluded.turn_at where queue.turn_at > excluded.turn_at;
  return null;
end
$$;
-- At the end of their transactions, so that it is the last lock they take, and held for a moment only.
create constraint trigger monitored_sources_join_queue after insert on public.monitored_sources
  deferrable initially deferred for each row when (new.status = 'active' and not new.parked)
  execute function public.join_check_queue();
create constraint trigger monitored_sources_rejoin_queue after update on public.monitored_sources
  deferrable initially deferred for each row when (
    new.status = 'active' and not new.parked
    and (new.next_check_at < old.next_check_at or old.status <> 'active' or old.parked))
  execute function public.join_check_queue();
create constraint trigger check_runs_join_queue after insert on public.check_runs
  deferrable initially deferred for each row when (new.status = 'queued' and new.enqueued_at is null)
  execute function public.join_check_queue();
create constraint trigger check_runs_rejoin_queue after update on public.check_runs
  deferrable initially deferred for each row when (
    new.status = 'queued' and new.enqueued_at is null
    and (old.status <> 'queued' or old.enqueued_at is not null or new.not_before < old.not_before))
  execute function public.join_check_queue();
revoke all on function public.park_sources(), public.join_check_queue() from public, anon, authenticated;

drop index public.check_runs_to_enqueue_idx;
create index check_runs_to_enqueue_idx on public.check_runs (user_id, not_before)
  where status = 'queued' and enqueued_at is null;
-- What the job engine has of them.
create index check_runs_handed_over_idx on public.check_runs (status)
  where status in ('queued', 'running') and enqueued_at is not null;

insert into public.user_check_queues (user_id, turn_at)
  select user_id, now() from public.monitored_sources
  union select user_id, now() from public.check_runs where status = 'queued' and enqueued_at is null;

-- As before, but for its lock on the source: a dispatch that has claimed the source, and would wait for the check that is
-- inserted here, is waited for first.
create or replace function public.request_check(source uuid, trigger text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  owner uuid;
  result uuid;
begin
  if trigger not in ('initial', 'manual') then
    raise exception 'a user cannot request a check with trigger %', trigger using errcode = 'invalid_parameter_value';
  end if;
  select user_id into owner from public.monitored_sources where id = source and user_id = auth.uid() for key share;
  if owner is null then
    return null;
  end if;
  -- The running check may finish between the insert that finds it and the select that reads it: then queue anew.
  loop
    insert into public.check_runs (user_id, source_id, trigger) values (owner, source, request_check.trigger)
      on conflict (source_id) where status in ('queued', 'running') do nothing
      returning id into result;
    exit when result is not null;
    select id into result from public.check_runs where source_id = source and status in ('queued', 'running');
    exit when result is not null;
  end loop;
  return result;
end
$$;
