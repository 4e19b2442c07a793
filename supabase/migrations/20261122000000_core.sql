-- The core of Torale: sentences, their sources, checks, contents, alerts and deliveries.
--
-- Who may write what. `authenticated` (a signed-in user, through the gateway or through Supabase's own API) sees
-- only rows whose user_id is theirs, and writes only the columns that are a user's to choose. Everything that the
-- pipeline records (contents, checks, alerts, deliveries) is written by the services, whose login role bypasses
-- row level security. Every table repeats user_id so that its policy needs no join.

create extension if not exists vector with schema extensions;

create or replace function public.set_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;

-- Sentences ----------------------------------------------------------------------------------------------------

create table public.user_queries (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  raw_query text not null check (char_length(raw_query) between 3 and 2000),
  condition text check (char_length(condition) between 1 and 2000),
  refined_query text,
  notify_behavior text not null default 'once' check (notify_behavior in ('once', 'always')),
  check_interval_seconds integer not null default 3600 check (check_interval_seconds between 1 and 2592000),
  status text not null default 'active' check (status in ('active', 'paused', 'completed')),
  completed_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (id, user_id)
);
create index user_queries_user_page_idx on public.user_queries (user_id, created_at desc, id desc);
create trigger user_queries_updated_at before update on public.user_queries
  for each row execute function public.set_updated_at();

-- Sources ------------------------------------------------------------------------------------------------------

create table public.monitored_sources (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  user_query_id uuid not null,
  url text not null check (char_length(url) <= 2048),
  kind text not null default 'page' check (kind in ('page', 'feed', 'json', 'document', 'search')),
  title text,
  origin text not null default 'manual' check (origin in ('sentence', 'declared_feed', 'identified', 'manual')),
  reason text,
  status text not null default 'active' check (status in ('active', 'paused')),
  next_check_at timestamptz(3) not null default now(),
  last_checked_at timestamptz(3),
  last_outcome text,
  last_error text,
  consecutive_failures integer not null default 0,
  -- Validators of the last good response: what makes the next fetch conditional.
  etag text,
  last_modified text,
  raw_hash text,
  -- The content that stands now, and the content that the last verdict was given on. They differ between the
  -- storing of a content and its judgement: a crash in between is made up for by the next check.
  latest_content_id uuid,
  judged_content_id uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  -- The pair, so that a source can only hang on a sentence of its own owner.
  foreign key (user_query_id, user_id) references public.user_queries (id, user_id) on delete cascade,
  unique (user_query_id, url)
);
create index monitored_sources_user_page_idx on public.monitored_sources (user_id, created_at desc, id desc);
create index monitored_sources_due_idx on public.monitored_sources (next_check_at) where status = 'active';
-- Only what its owner changes counts as an update; checks leave their own marks.
create trigger monitored_sources_updated_at before update of url, kind, title, status on public.monitored_sources
  for each row execute function public.set_updated_at();

-- Contents -----------------------------------------------------------------------------------------------------

create table public.scraped_contents (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  source_id uuid not null references public.monitored_sources (id) on delete cascade,
  content_hash text not null,
  title text,
  blocks jsonb not null,
  fetched_at timestamptz(3) not null,
  created_at timestamptz(3) not null default now(),
  unique (source_id, content_hash)
);
create index scraped_contents_user_id_idx on public.scraped_contents (user_id);
alter table public.monitored_sources
  add foreign key (latest_content_id) references public.scraped_contents (id) on delete set null,
  add foreign key (judged_content_id) references public.scraped_contents (id) on delete set null;
create index monitored_sources_latest_content_idx on public.monitored_sources (latest_content_id);
create index monitored_sources_judged_content_idx on public.monitored_sources (judged_content_id);

create table public.content_embeddings (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  source_id uuid not null references public.monitored_sources (id) on delete cascade,
  content_id uuid not null references public.scraped_contents (id) on delete cascade,
  block_hash text not null,
  model text not null,
  dimensions integer not null check (dimensions = extensions.vector_dims(embedding)),
  embedding extensions.vector not null,
  created_at timestamptz(3) not null default now(),
  unique (source_id, model, block_hash)
);
create index content_embeddings_content_id_idx on public.content_embeddings (content_id);
create index content_embeddings_user_id_idx on public.content_embeddings (user_id);

-- Checks -------------------------------------------------------------------------------------------------------

create table public.check_runs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  source_id uuid not null references public.monitored_sources (id) on delete cascade,
  trigger text not null check (trigger in ('initial', 'schedule', 'manual')),
  status text not null default 'queued' check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  outcome text,
  verdict text check (verdict in ('baseline', 'unchanged', 'noise', 'changed', 'alert')),
  reason text,
  before_content_id uuid references public.scraped_contents (id) on delete set null,
  after_content_id uuid references public.scraped_contents (id) on delete set null,
  queued_at timestamptz(3) not null default now(),
  -- Set in the transaction that hands the check to the job engine; null means it still has to be handed over.
  enqueued_at timestamptz(3),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
-- At most one check of a source at a time.
create unique index check_runs_active_key on public.check_runs (source_id) where status in ('queued', 'running');
create index check_runs_to_enqueue_idx on public.check_runs (queued_at) where status = 'queued' and enqueued_at is null;
create index check_runs_source_page_idx on public.check_runs (source_id, created_at desc, id desc);
create index check_runs_user_id_idx on public.check_runs (user_id);
create index check_runs_before_content_idx on public.check_runs (before_content_id);
create index check_runs_after_content_idx on public.check_runs (after_content_id);

-- Alerts -------------------------------------------------------------------------------------------------------

create table public.change_alerts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  user_query_id uuid not null references public.user_queries (id) on delete cascade,
  -- An alert outlives its source: it carries the URL and the evidence itself.
  source_id uuid references public.monitored_sources (id) on delete set null,
  -- One alert a check at most, however often the check is run again.
  check_id uuid unique references public.check_runs (id) on delete set null,
  source_url text not null,
  kind text not null check (kind in ('change', 'already_met')),
  severity text not null check (severity in ('low', 'medium', 'high')),
  summary text not null,
  evidence jsonb not null check (jsonb_array_length(evidence) > 0),
  similarity real check (similarity between 0 and 1),
  confidence real not null check (confidence between 0 and 1),
  condition_met boolean,
  judged_by text not null check (judged_by in ('rules', 'language_model')),
  acknowledged_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index change_alerts_user_page_idx on public.change_alerts (user_id, created_at desc, id desc);
create index change_alerts_query_page_idx on public.change_alerts (user_query_id, created_at desc, id desc);
create index change_alerts_source_id_idx on public.change_alerts (source_id);

-- Notifications ------------------------------------------------------------------------------------------------

create table public.notification_preferences (
  user_id uuid primary key default auth.uid() references auth.users (id) on delete cascade,
  email_enabled boolean not null default true,
  email_address text,
  webhook_enabled boolean not null default true,
  min_severity text not null default 'low' check (min_severity in ('low', 'medium', 'high')),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create trigger notification_preferences_updated_at before update on public.notification_preferences
  for each row execute function public.set_updated_at();

create table public.webhook_endpoints (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  url text not null check (char_length(url) <= 2048),
  secret text not null,
  description text,
  created_at timestamptz(3) not null default now(),
  unique (user_id, url)
);
create index webhook_endpoints_user_page_idx on public.webhook_endpoints (user_id, created_at desc, id desc);

create table public.notification_deliveries (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  alert_id uuid not null references public.change_alerts (id) on delete cascade,
  channel text not null check (channel in ('email', 'webhook')),
  webhook_endpoint_id uuid references public.webhook_endpoints (id) on delete set null,
  target text not null,
  provider text check (provider in ('sendgrid', 'smtp', 'outbox', 'webhook')),
  status text not null default 'queued' check (status in ('queued', 'sending', 'sent', 'failed', 'suppressed')),
  attempts jsonb not null default '[]',
  sent_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  -- The idempotency key of a delivery.
  unique (alert_id, channel, target)
);
create index notification_deliveries_user_page_idx
  on public.notification_deliveries (user_id, created_at desc, id desc);
create index notification_deliveries_webhook_idx on public.notification_deliveries (webhook_endpoint_id);

create table public.outbox_emails (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  delivery_id uuid not null unique references public.notification_deliveries (id) on delete cascade,
  to_address text not null,
  subject text not null,
  text_body text not null,
  html_body text not null,
  created_at timestamptz(3) not null default now()
);
create index outbox_emails_user_page_idx on public.outbox_emails (user_id, created_at desc, id desc);

-- API keys -----------------------------------------------------------------------------------------------------

create table public.api_keys (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  prefix text not null,
  key_hash text not null unique,
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index api_keys_user_page_idx on public.api_keys (user_id, created_at desc, id desc);

-- Row level security -------------------------------------------------------------------------------------------

-- Supabase grants everything on new tables to anon and authenticated; here only what is a user's to do is left.
revoke all on all tables in schema public from anon, authenticated;
grant all on all tables in schema public to service_role;

do $$
declare
  name text;
begin
  foreach name in array array[
    'user_queries', 'monitored_sources', 'scraped_contents', 'content_embeddings', 'check_runs', 'change_alerts',
    'notification_preferences', 'webhook_endpoints', 'notification_deliveries', 'outbox_emails', 'api_keys'
  ] loop
    execute format('alter table public.%I enable row level security', name);
    execute format(
      'create policy owner_only on public.%I for all to authenticated
         using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()))', name);
  end loop;
end
$$;

grant select, delete on public.user_queries, public.monitored_sources to authenticated;
grant insert (raw_query, condition, refined_query, notify_behavior, check_interval_seconds),
      update (raw_query, condition, refined_query, notify_behavior, check_interval_seconds, status, completed_at)
  on public.user_queries to authenticated;
grant insert (user_query_id, url, kind, title, origin, reason),
      update (title, status, next_check_at)
  on public.monitored_sources to authenticated;
grant select on public.scraped_contents, public.content_embeddings, public.check_runs, public.change_alerts,
  public.notification_deliveries, public.outbox_emails to authenticated;
grant update (acknowledged_at) on public.change_alerts to authenticated;
grant select,
      insert (email_enabled, email_address, webhook_enabled, min_severity),
      update (email_enabled, email_address, webhook_enabled, min_severity)
  on public.notification_preferences to authenticated;
-- The secret goes in and is never read back by a user.
grant select (id, user_id, url, description, created_at), insert (url, secret, description), delete
  on public.webhook_endpoints to authenticated;
grant select (id, user_id, name, prefix, expires_at, last_used_at, created_at),
      insert (name, prefix, key_hash, expires_at), delete
  on public.api_keys to authenticated;

-- What a user may ask for without being allowed to write it -----------------------------------------------------

-- Queues a check of the caller's own source and returns its id; while one is queued or running, that one's id.
-- Null when the source is not the caller's.
create function public.request_check(source uuid, trigger text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  owner uuid;
  result uuid;
begin
  if trigger not in ('initial', 'manual') then
    raise exception 'a user cannot request a check with trigger %', trigger using errcode = 'invalid_parameter_value';
  end if;
  select user_id into owner from public.monitored_sources where id = source and user_id = auth.uid();
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

-- The owner of a valid API key, noted as used now; null for a key that is unknown, expired or revoked.
create function public.authenticate_api_key(hash text) returns uuid
language sql security definer set search_path = '' as $$
  update public.api_keys set last_used_at = now()
    where key_hash = hash and (expires_at is null or expires_at > now())
    returning user_id
$$;

-- Functions are executable by PUBLIC unless said otherwise.
revoke all on function public.request_check(uuid, text), public.authenticate_api_key(text) from public, anon, authenticated;
grant execute on function public.request_check(uuid, text) to authenticated;
grant execute on function public.authenticate_api_key(text) to anon;
