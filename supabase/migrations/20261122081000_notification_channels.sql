-- Where users are told, and what each of them got. Replaces webhook_endpoints and the address columns of
-- notification_preferences. No version with those was ever released, so nothing is carried over.

-- Channels -----------------------------------------------------------------------------------------------------

create table public.notification_channels (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  kind text not null check (
    kind in ('email', 'webhook', 'slack', 'discord', 'teams', 'telegram', 'ntfy', 'web_push')),
  name text check (char_length(name) between 1 and 100),
  -- What is shown of where it leads: an address, or a URL without what is secret in it.
  target text not null check (char_length(target) <= 2048),
  -- What its kind needs (libs/contracts/src/notification-channel.ts): the part that may be seen, and the part that is
  -- sealed for its owner.
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  settings_sealed text check (char_length(settings_sealed) <= 65536),
  -- Queries that choose no channels use these.
  is_default boolean not null default true,
  -- Follows the address of the account.
  is_account boolean not null default false,
  -- Nothing is told through a channel that was not verified.
  status text not null default 'pending' check (status in ('pending', 'verified', 'disabled')),
  verified_at timestamptz(3),
  -- Every attempt since then has failed.
  failing_since timestamptz(3),
  disabled_at timestamptz(3),
  disabled_reason text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (id, user_id),
  unique (user_id, kind, target)
);
create unique index notification_channels_account_key on public.notification_channels (user_id) where is_account;
create index notification_channels_user_page_idx
  on public.notification_channels (user_id, created_at desc, id desc);
create trigger notification_channels_updated_at
  before update of name, settings, settings_sealed, is_default on public.notification_channels
  for each row execute function public.set_updated_at();

-- The secrets that webhooks are signed with: the newest without an end, older ones until theirs.
create table public.channel_secrets (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  channel_id uuid not null,
  secret_sealed text not null,
  expires_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  foreign key (channel_id, user_id) references public.notification_channels (id, user_id) on delete cascade
);
create index channel_secrets_channel_idx on public.channel_secrets (channel_id, created_at desc);
create index channel_secrets_user_idx on public.channel_secrets (user_id);

-- The code that was sent to a channel and is waited for.
create table public.channel_verifications (
  channel_id uuid primary key references public.notification_channels (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  code_hash text not null,
  tries integer not null default 0,
  expires_at timestamptz(3) not null,
  sent_at timestamptz(3) not null default now()
);
create index channel_verifications_user_idx on public.channel_verifications (user_id);

-- Codes and samples that were sent at a user's word, for a day. It outlives channels and accounts, so that making them
-- anew lets nobody send more.
create table public.sent_on_request (
  id bigint generated always as identity primary key,
  user_id uuid not null,
  purpose text not null check (purpose in ('code', 'sample')),
  -- A keyed hash of the kind and the target.
  destination text not null,
  sent_at timestamptz(3) not null default now()
);
create index sent_on_request_user_idx on public.sent_on_request (user_id, sent_at);
create index sent_on_request_destination_idx on public.sent_on_request (destination, sent_at);
create index sent_on_request_sent_at_idx on public.sent_on_request (sent_at);

-- The account's own address is a channel from the beginning, verified when the account is. For another address it is
-- another channel, which takes along what waits for the former and what its owner chose of it: whoever plans finds
-- the time and the digest of each anew. (Columns of later migrations are there before anyone signs up.)
create function public.keep_account_channel() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  former public.notification_channels;
  present uuid;
begin
  select * into former from public.notification_channels
    where user_id = new.id and is_account and target is distinct from new.email;
  update public.notification_channels set is_account = false where id = former.id;
  if new.email is not null and new.email <> '' then
    insert into public.notification_channels
        (user_id, kind, target, name, is_default, muted, is_account, status, verified_at)
      values (new.id, 'email', new.email, former.name, coalesce(former.is_default, true),
        coalesce(former.muted, false), true,
        case when new.email_confirmed_at is null then 'pending' else 'verified' end, new.email_confirmed_at)
      on conflict (user_id, kind, target) do update
        set is_account = true,
          status = case when excluded.status = 'verified' then 'verified' else notification_channels.status end,
          verified_at = coalesce(notification_channels.verified_at, excluded.verified_at)
      returning id into present;
  end if;
  if former.id is not null and present is not null then
    update public.notification_deliveries waiting
      set channel_id = present, target = new.email, in_digest_id = null
      where channel_id = former.id and status = 'queued' and digest_id is null and not exists (
        select from public.notification_deliveries told
        where told.channel_id = present
          and (told.alert_id = waiting.alert_id or told.notice_id = waiting.notice_id));
    update public.user_queries
      set channel_ids = array_replace(channel_ids, former.id, present),
        unsubscribed_channel_ids = array_replace(unsubscribed_channel_ids, former.id, present)
      where user_id = new.id and (former.id = any(channel_ids) or former.id = any(unsubscribed_channel_ids));
    insert into public.events (type, user_id, data)
      values ('preferences.changed', new.id, jsonb_build_object('user_id', new.id));
  end if;
  delete from public.notification_channels where id = former.id;
  return new;
end
$$;
create trigger torale_account_channel after insert or update of email, email_confirmed_at on auth.users
  for each row execute function public.keep_account_channel();
insert into public.notification_channels (user_id, kind, target, is_account, status, verified_at)
  select id, 'email', email, true, case when email_confirmed_at is null then 'pending' else 'verified' end,
    email_confirmed_at
  from auth.users where email <> '';

-- What a query chooses -----------------------------------------------------------------------------------------

alter table public.user_queries
  -- Null: the default ones. Ids of channels that are gone are passed over; when none is left, the default ones.
  add column channel_ids uuid[] check (cardinality(channel_ids) between 1 and 20),
  -- Nothing is told, everything is recorded.
  add column muted boolean not null default false,
  -- What is found until then is told then.
  add column snoozed_until timestamptz(3);
grant insert (channel_ids, muted, snoozed_until), update (channel_ids, muted, snoozed_until)
  on public.user_queries to authenticated;

-- Notices ------------------------------------------------------------------------------------------------------

alter table public.source_notices rename to notices;
alter table public.notices rename column failing_since to occurred_at;
alter table public.notices drop constraint source_notices_kind_check;
alter table public.notices drop constraint source_notices_source_id_failing_since_kind_key;
alter table public.notices
  alter column source_id drop not null,
  alter column user_query_id drop not null,
  add column channel_id uuid references public.notification_channels (id) on delete cascade,
  add constraint notices_kind_check check (kind in ('failing', 'recovered', 'completed', 'channel_disabled')),
  -- Never more than one per transition.
  add constraint notices_transition_key
    unique nulls not distinct (kind, source_id, user_query_id, channel_id, occurred_at);
create index notices_channel_idx on public.notices (channel_id);

-- Deliveries ---------------------------------------------------------------------------------------------------

-- Several deliveries to one channel that are told in one message.
create table public.notification_digests (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  channel_id uuid not null references public.notification_channels (id) on delete cascade,
  due_at timestamptz(3) not null,
  created_at timestamptz(3) not null default now(),
  unique (channel_id, due_at)
);
create index notification_digests_user_idx on public.notification_digests (user_id);

drop index public.notification_deliveries_webhook_idx;
alter table public.notification_deliveries
  drop column webhook_endpoint_id,
  drop constraint notification_deliveries_channel_check,
  drop constraint notification_deliveries_provider_check,
  drop constraint notification_deliveries_status_check,
  drop constraint notification_deliveries_alert_id_channel_target_key,
  drop constraint notification_deliveries_notice_id_channel_target_key,
  drop constraint notification_deliveries_check;
alter table public.notification_deliveries
  add column channel_id uuid references public.notification_channels (id) on delete set null,
  -- It tells of an alert, of a notice, or of all that is in a digest.
  add column digest_id uuid references public.notification_digests (id) on delete cascade,
  -- The digest that it is told with.
  add column in_digest_id uuid references public.notification_digests (id) on delete set null,
  add column not_before timestamptz(3),
  -- Why it waits, failed or was suppressed, in a sentence.
  add column reason text,
  -- What the provider calls it, by which later news of it is recognised.
  add column provider_message_id text,
  add constraint notification_deliveries_channel_check check (
    channel in ('email', 'webhook', 'slack', 'discord', 'teams', 'telegram', 'ntfy', 'web_push')),
  add constraint notification_deliveries_provider_check check (
    provider in ('sendgrid', 'smtp', 'outbox', 'webhook', 'slack', 'discord', 'teams', 'telegram', 'ntfy', 'web_push')),
  add constraint notification_deliveries_status_check check (
    status in ('queued', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'suppressed')),
  add constraint notification_deliveries_subject_check check (num_nonnulls(alert_id, notice_id, digest_id) = 1),
  -- The idempotency key of a delivery.
  add constraint notification_deliveries_alert_key unique (alert_id, channel_id);
create unique index notification_deliveries_notice_key
  on public.notification_deliveries (notice_id, channel_id) where notice_id is not null;
create unique index notification_deliveries_digest_key
  on public.notification_deliveries (digest_id) where digest_id is not null;
create index notification_deliveries_channel_idx on public.notification_deliveries (channel_id, created_at desc);
create index notification_deliveries_in_digest_idx
  on public.notification_deliveries (in_digest_id) where in_digest_id is not null;
-- For news of a mail that does not name its delivery.
create index notification_deliveries_provider_message_idx
  on public.notification_deliveries (provider_message_id) where provider_message_id is not null;
-- A delivery is written when it is planned, claimed and settled, and grows each time. No index names its status or its
-- attempts: where its page has room for what it becomes, a claim touches none of them.
alter table public.notification_deliveries set (fillfactor = 40);

drop table public.webhook_endpoints;

-- Codes and samples are mails too, and no deliveries.
alter table public.outbox_emails
  alter column delivery_id drop not null,
  add column message_id uuid not null unique;

-- Preferences --------------------------------------------------------------------------------------------------

alter table public.notification_preferences
  drop column email_enabled,
  drop column email_address,
  drop column webhook_enabled,
  add column time_zone text not null default 'UTC',
  add column mode text not null default 'immediate' check (mode in ('immediate', 'hourly', 'daily')),
  -- When the daily digest is sent, local time.
  add column daily_at text not null default '08:00' check (daily_at ~ '^([01]\d|2[0-3]):[0-5]\d$'),
  -- {"from": "22:00", "to": "07:00"}, local time; null: none.
  add column quiet_hours jsonb check (jsonb_typeof(quiet_hours) = 'object'),
  -- Messages to one channel within a day at most; what is beyond waits for the next day. Null: no limit.
  add column max_per_day integer check (max_per_day between 1 and 1000),
  -- Whether to tell of sources that fail or recover, and of queries that are completed.
  add column source_notices boolean not null default true,
  add column completed_notices boolean not null default false;
grant insert (time_zone, mode, daily_at, quiet_hours, max_per_day, source_notices, completed_notices),
      update (time_zone, mode, daily_at, quiet_hours, max_per_day, source_notices, completed_notices)
  on public.notification_preferences to authenticated;

-- Row level security -------------------------------------------------------------------------------------------

do $$
declare
  name text;
begin
  foreach name in array array[
    'notification_channels', 'channel_secrets', 'channel_verifications', 'sent_on_request', 'notification_digests'
  ] loop
    execute format('revoke all on public.%I from anon, authenticated', name);
    execute format('grant all on public.%I to service_role', name);
    execute format('alter table public.%I enable row level security', name);
    -- The services' own.
    continue when name in ('channel_verifications', 'sent_on_request');
    execute format(
      'create policy owner_only on public.%I for all to authenticated
         using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()))', name);
  end loop;
end
$$;
-- What is sealed goes in and is never read back by a user; the status is the services' to say. The account's channel
-- goes with the account's address.
grant select (id, user_id, kind, name, target, settings, is_default, is_account, status, verified_at, failing_since,
    disabled_at, disabled_reason, created_at, updated_at),
  insert (kind, name, target, settings, settings_sealed, is_default),
  update (name, settings, settings_sealed, is_default),
  delete
  on public.notification_channels to authenticated;
create policy account_channel_stays on public.notification_channels as restrictive for delete to authenticated
  using (not is_account);
grant select (id, user_id, channel_id, expires_at, created_at), insert (channel_id, secret_sealed),
  update (expires_at)
  on public.channel_secrets to authenticated;
grant select on public.notification_digests to authenticated;
