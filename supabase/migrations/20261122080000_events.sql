-- Domain events: what happened, written in the transaction in which it happened, for whoever subscribes to it.

-- Transactions are numbered by Postgres, and from the beginning again in a cluster that a dump was restored into. There
-- this many are added, so that what happens after a restore never sorts before what happened earlier.
create table public.event_clock (
  singleton boolean primary key default true check (singleton),
  ahead bigint not null default 0
);
insert into public.event_clock default values;

-- The number of the caller's transaction. Volatile, so that it sees a restore that was noticed while it waited.
create function public.event_transaction() returns bigint language plpgsql volatile set search_path = '' as $$
begin
  return pg_current_xact_id()::text::bigint + (select ahead from public.event_clock);
end
$$;

-- Every transaction below has ended. Stable, so that it speaks of what the statement that asks can see.
create function public.events_complete_below() returns bigint language sql stable set search_path = '' as $$
  select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + ahead from public.event_clock
$$;

create table public.events (
  id bigint generated always as identity primary key,
  -- Ids are drawn before a transaction commits, so a reader could pass one that is still on its way. What is ordered
  -- by the transaction first, and read only below the oldest one that still runs, is complete.
  transaction_number bigint not null default public.event_transaction(),
  type text not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  data jsonb not null check (jsonb_typeof(data) = 'object'),
  created_at timestamptz(3) not null default now()
);
-- By type first: most events are checks that found nothing, and most subscribers never read those.
create index events_order_idx on public.events (type, transaction_number, id);
create index events_user_idx on public.events (user_id);
create index events_created_at_idx on public.events using brin (created_at) with (pages_per_range = 16);

-- How far each subscriber has come: everything up to here, of its types, was handed to it.
create table public.event_subscribers (
  name text primary key,
  types text[] not null,
  transaction_number bigint not null,
  event_id bigint not null,
  updated_at timestamptz(3) not null default now()
);

-- What happened cannot be changed. It is forgotten with its owner, or by the upkeep of the log.
create function public.refuse_event_change() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_setting('torale.event_upkeep', true) = 'on' or (tg_op = 'DELETE' and pg_trigger_depth() > 1) then
    return null;
  end if;
  raise exception 'Events are appended and never changed' using errcode = 'restrict_violation';
end
$$;
create trigger events_append_only before update or delete or truncate on public.events
  for each statement execute function public.refuse_event_change();

alter table public.event_clock enable row level security;
alter table public.events enable row level security;
alter table public.event_subscribers enable row level security;
create policy owner_only on public.events for all to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
revoke all on public.event_clock, public.events, public.event_subscribers from anon, authenticated;
grant all on public.event_clock, public.events, public.event_subscribers to service_role;
grant select on public.events to authenticated;
revoke all on function public.event_transaction(), public.events_complete_below(), public.refuse_event_change()
  from public, anon, authenticated;
grant execute on function public.event_transaction(), public.events_complete_below() to service_role;
