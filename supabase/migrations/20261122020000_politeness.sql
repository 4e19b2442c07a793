-- How Torale behaves towards the sites it reads, shared by all of its processes. No user's data is in here.

create table public.outbound_hosts (
  -- With its port where that is not the scheme's own.
  host text primary key,
  -- No request before.
  free_at timestamptz not null default '-infinity',
  -- When the last of those comes back who were asked to come again.
  queue_at timestamptz not null default '-infinity',
  -- Requests that run: id → the second since the epoch after which whoever made it must have died.
  leases jsonb not null default '{}',
  -- Answers in a row that asked for less (429, 503).
  refusals integer not null default 0
);

create table public.robots_files (
  -- Scheme and host.
  origin text primary key,
  -- Null: nothing may be read, because the site could not say what may.
  rules text,
  expires_at timestamptz(3) not null
);

alter table public.outbound_hosts enable row level security;
alter table public.robots_files enable row level security;
revoke all on public.outbound_hosts, public.robots_files from anon, authenticated;
grant all on public.outbound_hosts, public.robots_files to service_role;

-- Takes the turn to send a request to a host, or says in how many milliseconds it may be free. Null when others were
-- asked to come again and this one was not yet: it has to queue behind them.
create function public.take_host_turn(
  host text, lease uuid, lease_seconds float8, spacing_seconds float8, concurrency integer, has_queued boolean
) returns float8
language plpgsql set search_path = '' as $$
declare
  turn public.outbound_hosts;
  running jsonb;
  -- Not now(), which stands still while this waits for the lock.
  moment timestamptz;
begin
  loop
    select * into turn from public.outbound_hosts known where known.host = take_host_turn.host for update;
    exit when found;
    insert into public.outbound_hosts (host) values (take_host_turn.host) on conflict do nothing;
  end loop;
  moment := clock_timestamp();
  if not has_queued and turn.queue_at > moment then
    return null;
  end if;
  select coalesce(jsonb_object_agg(key, value), '{}') into running
    from jsonb_each(turn.leases) where value::text::float8 > extract(epoch from moment);
  if turn.free_at > moment then
    return 1000 * extract(epoch from turn.free_at - moment);
  end if;
  if (select count(*) from jsonb_object_keys(running)) >= concurrency then
    return greatest(1, 1000 * spacing_seconds);
  end if;
  update public.outbound_hosts known
    set leases = running || jsonb_build_object(lease, extract(epoch from moment) + lease_seconds),
      free_at = moment + make_interval(secs => spacing_seconds)
    where known.host = take_host_turn.host;
  return 0;
end
$$;
revoke all on function public.take_host_turn(text, uuid, float8, float8, integer, boolean)
  from public, anon, authenticated;
grant execute on function public.take_host_turn(text, uuid, float8, float8, integer, boolean) to service_role;

-- Checks that wait -----------------------------------------------------------------------------------------------

-- When a check may be handed to the job engine; later than it was queued once it has been asked to come again.
alter table public.check_runs add column not_before timestamptz(3) not null default now();
drop index public.check_runs_to_enqueue_idx;
create index check_runs_to_enqueue_idx on public.check_runs (not_before)
  where status = 'queued' and enqueued_at is null;
grant select (not_before) on public.check_runs to authenticated;
