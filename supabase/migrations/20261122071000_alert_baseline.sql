-- The content that the last alert of a source was raised on, or else its first one: what creeps in small steps is
-- compared with it, and not only with the content before.
alter table public.monitored_sources
  add column alerted_content_id uuid references public.scraped_contents (id) on delete set null;
grant select (alerted_content_id) on public.monitored_sources to authenticated;
create index monitored_sources_alerted_content_idx on public.monitored_sources (alerted_content_id);
-- The last checks of a source, newest first, by which the judge learns what changes by itself.
create index check_runs_judged_idx on public.check_runs (source_id, finished_at desc) where after_content_id is not null;
