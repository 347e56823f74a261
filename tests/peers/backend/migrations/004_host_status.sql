-- What each person's machine last said of itself: numbers and words, never a value of a cookie.
create table host_status (
  -- SHA-256 of the bearer token
  owner text primary key,
  status jsonb not null,
  reported_at timestamptz not null default now()
);
