-- Deliveries that are made again.

alter table public.notification_deliveries
  -- Attempts that were made before the last replay: the allowance begins anew.
  add column earlier_attempts integer not null default 0,
  add column replayed_at timestamptz(3);
create index notification_deliveries_replayed_idx
  on public.notification_deliveries (channel_id, replayed_at) where replayed_at is not null;
