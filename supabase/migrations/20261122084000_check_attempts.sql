-- The attempts of a check, for its record: [{started_at, ended_at, ok, step, error, worker}, …], the last one open while
-- it is made. Written by the statements that begin and end the check anyway.
alter table public.check_runs add column attempts jsonb not null default '[]' check (jsonb_typeof(attempts) = 'array');

-- For forgetting checks that are old.
create index check_runs_created_at_idx on public.check_runs using brin (created_at) with (pages_per_range = 16);

-- An attempt that is open ends; `ok` is null when it neither succeeded nor failed.
create function public.end_attempt(attempts jsonb, ok boolean, step text, error text) returns jsonb
language sql volatile set search_path = '' as $$
  select case
    when attempts -> -1 -> 'ended_at' = 'null' then jsonb_set(attempts, '{-1}', attempts -> -1 || jsonb_build_object(
      'ended_at', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'ok', ok, 'step', step, 'error', error))
    else attempts
  end
$$;

-- Another attempt begins. One that is still open was not ended by whoever made it. The last fifty are kept.
create function public.begin_attempt(attempts jsonb, worker text) returns jsonb
language sql volatile set search_path = '' as $$
  select case when jsonb_array_length(ended) < 50 then ended else ended - 0 end || jsonb_build_object(
    'started_at', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'ended_at', null, 'ok', null, 'step', null, 'error', null, 'worker', worker)
  from public.end_attempt(attempts, false, null, 'The worker stopped or took too long.') ended
$$;
revoke all on function public.end_attempt(jsonb, boolean, text, text), public.begin_attempt(jsonb, text)
  from public, anon, authenticated;
grant execute on function public.end_attempt(jsonb, boolean, text, text), public.begin_attempt(jsonb, text)
  to service_role;
