-- Whether and how a browser renders a source (render* in libs/contracts). What was learned about it is the services'.
alter table public.monitored_sources
  add column render_mode text not null default 'auto' check (render_mode in ('auto', 'always', 'never')),
  add column render_actions jsonb not null default '[]'
    check (jsonb_typeof(render_actions) = 'array' and char_length(render_actions::text) <= 32768),
  add column screenshot boolean not null default false,
  add column render_learned jsonb;
grant insert (render_mode, render_actions, screenshot), update (render_mode, render_actions, screenshot)
  on public.monitored_sources to authenticated;
