-- What holds a message back, what gathers several in one, the words users choose, and how they end it.

-- What a user has ended --------------------------------------------------------------------------------------------

alter table public.user_queries
  -- The channels that tell nothing more of it, whichever it or its owner chooses: those that were unsubscribed.
  add column unsubscribed_channel_ids uuid[] not null default '{}'
    check (cardinality(unsubscribed_channel_ids) <= 100);
grant update (unsubscribed_channel_ids) on public.user_queries to authenticated;

alter table public.notification_channels
  -- Nothing is told through it; its owner asked for that.
  add column muted boolean not null default false;
grant select (muted), update (muted) on public.notification_channels to authenticated;
drop trigger notification_channels_updated_at on public.notification_channels;
create trigger notification_channels_updated_at
  before update of name, settings, settings_sealed, is_default, muted on public.notification_channels
  for each row execute function public.set_updated_at();

-- Templates --------------------------------------------------------------------------------------------------------

-- What a user says instead of Torale, by kind of channel: {"alert": {"title": "…", "text": "…"}, "notice": …,
-- "digest": …}, each of them or none. Mustache without anything that could be more than text.
create table public.notification_templates (
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  kind text not null check (kind in ('email', 'slack', 'discord', 'teams', 'telegram', 'ntfy', 'web_push')),
  templates jsonb not null check (jsonb_typeof(templates) = 'object' and octet_length(templates::text) <= 65536),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (user_id, kind)
);
create trigger notification_templates_updated_at before update on public.notification_templates
  for each row execute function public.set_updated_at();
alter table public.notification_templates enable row level security;
create policy owner_only on public.notification_templates for all to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
revoke all on public.notification_templates from anon, authenticated;
grant all on public.notification_templates to service_role;
grant select, insert (kind, templates), update (templates), delete
  on public.notification_templates to authenticated;

-- What is held -----------------------------------------------------------------------------------------------------

-- For counting what a channel was told within a day, or is being told.
create index notification_deliveries_told_idx on public.notification_deliveries (channel_id, sent_at)
  where in_digest_id is null;
-- For planning anew.
create index notification_deliveries_held_idx on public.notification_deliveries (user_id)
  where sent_at is null and (not_before is not null or in_digest_id is not null);

-- The deliveries of a digest become what it becomes, with it.
create function public.follow_digest() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.notification_deliveries
    set status = new.status, reason = new.reason, provider = new.provider, sent_at = new.sent_at
    where in_digest_id = new.digest_id and status <> 'suppressed';
  return null;
end
$$;
create trigger notification_deliveries_follow_digest
  after update of status on public.notification_deliveries
  for each row when (new.digest_id is not null and new.status is distinct from old.status)
  execute function public.follow_digest();

-- What waits for a channel that is removed will not be told through it. Its digests go with it: what one of them is
-- telling at the moment would wait for its end for ever.
create function public.suppress_for_removed_channel() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.notification_deliveries
    set status = 'suppressed', reason = 'The channel was removed.', in_digest_id = null
    where channel_id = old.id and digest_id is null
      and (status = 'queued' or (status = 'sending' and in_digest_id is not null));
  return old;
end
$$;
create trigger notification_channels_suppress_waiting before delete on public.notification_channels
  for each row execute function public.suppress_for_removed_channel();

-- Other preferences may end what holds a message back: whoever plans is told, in the transaction of the change.
create function public.note_changed_preferences() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.events (type, user_id, data)
    values ('preferences.changed', new.user_id, jsonb_build_object('user_id', new.user_id));
  return null;
end
$$;
create trigger notification_preferences_changed after insert or update on public.notification_preferences
  for each row execute function public.note_changed_preferences();
create trigger user_queries_channels_changed after update of channel_ids, snoozed_until on public.user_queries
  for each row
  when ((new.channel_ids, new.snoozed_until) is distinct from (old.channel_ids, old.snoozed_until))
  execute function public.note_changed_preferences();
revoke all on function public.follow_digest(), public.suppress_for_removed_channel(),
  public.note_changed_preferences() from public, anon, authenticated;
