-- One row for each lecture that a person's machine has registered.
create table lectures (
  id uuid primary key,
  -- SHA-256 of the bearer token: two people never share a key or see each other's rows
  owner text not null,
  idempotency_key text not null,
  status text not null check (status in ('pending', 'downloading', 'uploading', 'ready', 'failed', 'cancelled')),
  course_id text,
  title text not null,
  source_url text not null,
  site text not null,
  mime_type text not null,
  duration_ms bigint,
  size_bytes bigint,
  sha256 text,
  error_message text,
  -- the unguessable last part of the tus address; null once there is none
  upload_id text unique,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (owner, idempotency_key)
);
