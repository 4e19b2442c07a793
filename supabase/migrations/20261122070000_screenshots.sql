-- Pictures of rendered pages, kept and swept away like the snapshots beside them.
alter table public.scraped_contents
  add column screenshot_key text unique,
  add column screenshot_bytes integer check (screenshot_bytes >= 0),
  add check ((screenshot_key is null) = (screenshot_bytes is null));

create or replace function public.note_unreferenced_snapshot() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.unreferenced_snapshots (key)
    select key from unnest(array[old.snapshot_key, old.screenshot_key]) as key where key is not null
    on conflict (key) do update set since = now();
  return old;
end
$$;
drop trigger scraped_contents_snapshot on public.scraped_contents;
create trigger scraped_contents_snapshot after delete on public.scraped_contents
  for each row when (old.snapshot_key is not null or old.screenshot_key is not null)
  execute function public.note_unreferenced_snapshot();
