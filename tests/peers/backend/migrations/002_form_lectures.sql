-- One row for each lecture that came by the plain form. It belongs to its course: whoever sends the session of a course
-- again is given the lecture that is there. What fails is deleted, so there is no status for it.
create table form_lectures (
  id uuid primary key,
  -- SHA-256 of the bearer token of whoever sent it first
  owner text not null,
  course_id uuid not null,
  session_id text not null,
  title text not null,
  source_url text not null,
  duration_seconds double precision,
  mime_type text not null,
  size_bytes bigint not null,
  status text not null check (status in ('pending', 'downloading', 'completed')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (course_id, session_id)
);
