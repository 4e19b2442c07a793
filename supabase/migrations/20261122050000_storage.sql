-- Snapshots of what was fetched, how long contents are kept, and an index for every model's vectors.

-- Snapshots ----------------------------------------------------------------------------------------------------

-- Where the body that a content was read from is kept (key in the snapshot store), compressed.
alter table public.scraped_contents
  add column snapshot_key text unique,
  add column snapshot_bytes integer check (snapshot_bytes >= 0),
  add column snapshot_content_type text,
  add check ((snapshot_key is null) = (snapshot_bytes is null));

-- Keys in the snapshot store that no row refers to: noted before something is put there, struck off in the
-- transaction that refers to it, noted again when the row goes, however it goes. So nothing is ever left behind
-- there, whatever crashes or is deleted by a cascade. Housekeeping empties it.
create table public.unreferenced_snapshots (
  key text primary key,
  since timestamptz(3) not null default now()
);
create index unreferenced_snapshots_since_idx on public.unreferenced_snapshots (since);

create function public.note_unreferenced_snapshot() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.unreferenced_snapshots (key) values (old.snapshot_key)
    on conflict (key) do update set since = now();
  return old;
end
$$;
create trigger scraped_contents_snapshot after delete on public.scraped_contents
  for each row when (old.snapshot_key is not null) execute function public.note_unreferenced_snapshot();

-- Retention ----------------------------------------------------------------------------------------------------

-- How many contents of each source are kept, and for how many days; null: as the operator configured.
alter table public.user_queries
  add column retention_contents integer check (retention_contents between 1 and 10000),
  add column retention_days integer check (retention_days between 1 and 3650);
grant insert (retention_contents, retention_days), update (retention_contents, retention_days)
  on public.user_queries to authenticated;
create index scraped_contents_source_page_idx on public.scraped_contents (source_id, created_at desc, id desc);

-- Work that falls due again and again, whoever of the workers sees it first.
create table public.periodic_jobs (
  name text primary key,
  due_at timestamptz(3) not null default now()
);
insert into public.periodic_jobs (name) values ('housekeeping');

-- Nobody's data: the services' own.
alter table public.unreferenced_snapshots enable row level security;
alter table public.periodic_jobs enable row level security;
revoke all on public.unreferenced_snapshots, public.periodic_jobs from anon, authenticated;
grant all on public.unreferenced_snapshots, public.periodic_jobs to service_role;

-- Vectors ------------------------------------------------------------------------------------------------------

-- Makes sure that nearest neighbours among the vectors of one model are found by an index. An HNSW index needs one
-- number of dimensions, hence one partial index per model; beyond 2000 dimensions it takes half precision, beyond
-- 4000 there is none. Called before the first vector of a model is stored, when there is nothing to index yet:
-- writes wait while it is built.
create function public.ensure_embedding_index(model text, dimensions integer) returns void
language plpgsql security definer set search_path = '' as $$
declare
  name text := 'content_embeddings_hnsw_' || left(md5(model || '/' || dimensions), 12);
  type text := case when dimensions <= 2000 then 'vector' else 'halfvec' end;
begin
  if model = '' or char_length(model) > 200 or dimensions < 1 then
    raise exception 'not a model: % with % dimensions', model, dimensions using errcode = 'invalid_parameter_value';
  end if;
  if dimensions > 4000 then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtext('public.ensure_embedding_index'));
  if to_regclass('public.' || name) is not null then
    return;
  end if;
  execute format(
    'create index %I on public.content_embeddings using hnsw
       ((embedding::extensions.%I(%s)) extensions.%I) where model = %L and dimensions = %s',
    name, type, dimensions, type || '_cosine_ops', model, dimensions);
end
$$;
revoke all on function public.ensure_embedding_index(text, integer) from public, anon, authenticated;
grant execute on function public.ensure_embedding_index(text, integer) to service_role;

drop index public.content_embeddings_local_model_idx;
select public.ensure_embedding_index('torale-sif-100d-v1', 100);
