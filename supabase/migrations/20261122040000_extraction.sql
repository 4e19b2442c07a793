-- What of a source is read and compared (extractionSchema in libs/contracts); what is left out takes its default.
alter table public.monitored_sources
  add column extraction jsonb not null default '{}'
    check (jsonb_typeof(extraction) = 'object' and char_length(extraction::text) <= 65536);
grant insert (extraction), update (extraction) on public.monitored_sources to authenticated;

-- Read otherwise, the same page is another content: it is fetched in full and becomes the new baseline, because what
-- now differs is the reading and not the page.
create function public.reset_reading() returns trigger language plpgsql as $$
begin
  if (new.extraction - 'ignore_text') is distinct from (old.extraction - 'ignore_text') then
    new.etag := null;
    new.last_modified := null;
    new.raw_hash := null;
    new.judged_content_id := null;
  end if;
  return new;
end
$$;
create trigger monitored_sources_reset_reading before update of extraction on public.monitored_sources
  for each row execute function public.reset_reading();
