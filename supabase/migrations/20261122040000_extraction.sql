-- What of a source is read and compared (extractionSchema in libs/contracts); what is left out takes its default.
alter table public.monitored_sources
  add column extraction jsonb not null default '{}'
    check (jsonb_typeof(extraction) = 'object' and char_length(extraction::text) <= 65536);
grant insert (extraction), update (extraction) on public.monitored_sources to authenticated;
