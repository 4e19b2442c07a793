-- Domain events: what happened, written in the transaction in which it happened, for whoever subscribes to it.

create table public.events (
  id bigint generated always as identity primary key,
  -- Ids are drawn before a transaction commits, so a reader could pass one that is still on its way. What is ordered
  -- by the transaction first, and read only below the oldest one that still runs, is complete.
  transaction_id xid8 not null default pg_current_xact_id(),
  type text not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  data jsonb not null check (jsonb_typeof(data) = 'object'),
  created_at timestamptz(3) not null default now()
);
create unique index events_order_idx on public.events (transaction_id, id);
create index events_created_at_idx on public.events (created_at);
create index events_user_idx on public.events (user_id);

-- How far each subscriber has come.
create table public.event_subscribers (
  name text primary key,
  transaction_id xid8 not null,
  event_id bigint not null,
  updated_at timestamptz(3) not null default now()
);

alter table public.events enable row level security;
alter table public.event_subscribers enable row level security;
create policy owner_only on public.events for all to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
revoke all on public.events, public.event_subscribers from anon, authenticated;
grant all on public.events, public.event_subscribers to service_role;
grant select on public.events to authenticated;
