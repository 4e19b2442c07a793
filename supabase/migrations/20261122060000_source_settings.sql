-- How a source is fetched, and the notices that its owner gets when it cannot be read for long.

-- Requests -----------------------------------------------------------------------------------------------------

alter table public.monitored_sources
  -- What is shown of the request (sourceRequestSummarySchema in libs/contracts).
  add column request jsonb
    check (jsonb_typeof(request) = 'object' and char_length(request::text) <= 32768),
  -- The request itself, encrypted for its owner's sources alone. Null: a plain GET.
  add column request_sealed text check (char_length(request_sealed) <= 262144),
  add column respect_robots boolean not null default true,
  -- Counts what changes which content a source has. Contents of different settings are not compared.
  add column settings_version integer not null default 0,
  add column failing_since timestamptz(3),
  add check ((request is null) = (request_sealed is null));
alter table public.scraped_contents add column settings_version integer not null default 0;

grant insert (request, request_sealed, respect_robots), update (request, request_sealed, respect_robots)
  on public.monitored_sources to authenticated;

-- What is sealed goes in and is never read back by a user. A privilege on the table covers all of its columns, so the
-- other columns are granted one by one; a migration that adds one that users may see has to grant it.
revoke select on public.monitored_sources from authenticated;
do $$
begin
  execute (
    select format('grant select (%s) on public.monitored_sources to authenticated',
      string_agg(quote_ident(attname), ', ' order by attnum))
    from pg_attribute
    where attrelid = 'public.monitored_sources'::regclass and attnum > 0 and not attisdropped
      and attname <> 'request_sealed');
end
$$;

-- Under new settings the page is fetched as if for the first time: the validators stand for a content that was read in
-- another way, and so does what was learned about rendering. Texts to ignore make no difference to what is read.
create function public.renew_source_settings() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.request_sealed, new.extraction - 'ignore_text', new.render_mode, new.render_actions)
    is distinct from (old.request_sealed, old.extraction - 'ignore_text', old.render_mode, old.render_actions)
  then
    new.settings_version := old.settings_version + 1;
    new.etag := null;
    new.last_modified := null;
    new.raw_hash := null;
    new.render_learned := null;
  end if;
  return new;
end
$$;
create trigger monitored_sources_settings
  before update of request_sealed, extraction, render_mode, render_actions on public.monitored_sources
  for each row execute function public.renew_source_settings();

drop trigger monitored_sources_updated_at on public.monitored_sources;
create trigger monitored_sources_updated_at
  before update of url, kind, title, status, request_sealed, respect_robots, extraction, render_mode, render_actions,
    screenshot
  on public.monitored_sources for each row execute function public.set_updated_at();

-- Notices ------------------------------------------------------------------------------------------------------

-- One row each time that a source turns from readable to failing and back.
create table public.source_notices (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  user_query_id uuid not null references public.user_queries (id) on delete cascade,
  source_id uuid not null references public.monitored_sources (id) on delete cascade,
  kind text not null check (kind in ('failing', 'recovered')),
  outcome text,
  detail text,
  failing_since timestamptz(3) not null,
  created_at timestamptz(3) not null default now(),
  -- Of one failing at most one notice of each kind.
  unique (source_id, failing_since, kind)
);
create index source_notices_user_page_idx on public.source_notices (user_id, created_at desc, id desc);
create index source_notices_query_idx on public.source_notices (user_query_id);

alter table public.source_notices enable row level security;
create policy owner_only on public.source_notices for all to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
revoke all on public.source_notices from anon, authenticated;
grant all on public.source_notices to service_role;
grant select on public.source_notices to authenticated;

-- A delivery tells of an alert or of a notice.
alter table public.notification_deliveries
  alter column alert_id drop not null,
  add column notice_id uuid references public.source_notices (id) on delete cascade,
  add check (num_nonnulls(alert_id, notice_id) = 1),
  add unique (notice_id, channel, target);
