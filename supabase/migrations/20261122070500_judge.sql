-- What the judge knows beside the page: the reading of the sentence, thresholds, feedback, what was reported before,
-- and what a language model answered. See docs/adr/0012.

-- The reading is made when the sentence is filed and is its owner's to correct. Null: not read yet.
alter table public.user_queries
  add column reading jsonb check (jsonb_typeof(reading) = 'object'),
  add column thresholds jsonb not null default '{"relevance": null, "confidence": null}' check (jsonb_typeof(thresholds) = 'object');
grant insert (reading, thresholds), update (reading, thresholds) on public.user_queries to authenticated;
-- What a source says of its own goes before what its query says.
alter table public.monitored_sources
  add column thresholds jsonb not null default '{"relevance": null, "confidence": null}' check (jsonb_typeof(thresholds) = 'object');
grant select (thresholds), update (thresholds) on public.monitored_sources to authenticated;

-- Why the verdict is what it is: typed differences with the reasons they were taken for noise or for real.
alter table public.check_runs add column explanation jsonb;
alter table public.change_alerts
  add column reason text not null default '',
  -- Every source that told the same, the first one first.
  add column sources jsonb not null default '[]';

-- Facts already reported, so that the same news elsewhere, or in other words, is not told twice -------------------

create table public.reported_facts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  user_query_id uuid not null references public.user_queries (id) on delete cascade,
  alert_id uuid not null references public.change_alerts (id) on delete cascade,
  source_id uuid references public.monitored_sources (id) on delete set null,
  -- What the fact is about: a condition, or a kind of change.
  family text not null,
  -- The values that it states, sorted; equal for facts that say the same.
  value_keys jsonb not null,
  text text not null,
  created_at timestamptz(3) not null default now()
);
create index reported_facts_query_idx on public.reported_facts (user_query_id, created_at desc);
create index reported_facts_alert_idx on public.reported_facts (alert_id);
create index reported_facts_source_idx on public.reported_facts (source_id);
create index reported_facts_user_idx on public.reported_facts (user_id);

-- Feedback -------------------------------------------------------------------------------------------------------

create table public.alert_feedback (
  alert_id uuid primary key references public.change_alerts (id) on delete cascade,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  verdict text not null check (verdict in ('useful', 'not_useful')),
  reason text check (char_length(reason) between 1 and 500),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index alert_feedback_user_idx on public.alert_feedback (user_id);
create trigger alert_feedback_updated_at before update on public.alert_feedback
  for each row execute function public.set_updated_at();

-- The language model's answers and what they cost ------------------------------------------------------------------

create table public.language_model_judgements (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  -- SHA-256 (hex) of the model, the question's version, the sentence and the differences.
  question_hash text not null,
  answer jsonb not null,
  created_at timestamptz(3) not null default now(),
  unique (user_id, question_hash)
);
create table public.language_model_usage (
  user_id uuid not null references auth.users (id) on delete cascade,
  -- UTC, ISO 8601.
  day text not null,
  questions integer not null,
  primary key (user_id, day)
);

do $$
declare
  name text;
begin
  foreach name in array array[
    'reported_facts', 'alert_feedback', 'language_model_judgements', 'language_model_usage'
  ] loop
    execute format('revoke all on public.%I from anon, authenticated', name);
    execute format('grant all on public.%I to service_role', name);
    execute format('grant select on public.%I to authenticated', name);
    execute format('alter table public.%I enable row level security', name);
    if name <> 'alert_feedback' then
      execute format(
        'create policy owner_only on public.%I for all to authenticated
           using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()))', name);
    end if;
  end loop;
end
$$;

-- Only on alerts of one's own: the foreign key alone would let a stranger say something about another's.
create policy owner_only on public.alert_feedback for all to authenticated
  using (user_id = (select auth.uid()))
  with check (
    user_id = (select auth.uid())
    and exists (select from public.change_alerts where id = alert_id and user_id = (select auth.uid()))
  );
grant insert (alert_id, verdict, reason), update (verdict, reason), delete on public.alert_feedback to authenticated;
