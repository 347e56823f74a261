-- Secrets of the server's own, under the envelope key: KEYID.base64
create table server_secrets (
  name text primary key,
  sealed text not null
);

-- A video whose segments are sealed. Its keys are in no table: they follow from the root secret, which is sealed itself.
create table videos (
  id text primary key,
  title text not null,
  -- seconds
  duration double precision not null,
  poster_walrus_uri text,
  -- 32 bytes under the envelope key: KEYID.base64
  root_secret_enc text not null,
  created_at timestamptz not null default now()
);

create table video_renditions (
  video_id text not null references videos (id) on delete cascade,
  name text not null,
  mime_type text not null,
  -- bits a second
  bandwidth integer not null,
  width integer not null,
  height integer not null,
  has_audio boolean not null,
  primary key (video_id, name)
);

create table video_segments (
  video_id text not null,
  rendition text not null,
  -- -1: the init segment, which is not sealed and whose IV is all zero
  seg_idx integer not null check (seg_idx >= -1),
  iv bytea not null,
  -- seconds
  duration double precision not null,
  bytes bigint not null,
  -- SHA-256 of what lies there, lower-case hex: the validator
  sha256 text not null,
  primary key (video_id, rendition, seg_idx),
  foreign key (video_id, rendition) references video_renditions (video_id, name) on delete cascade
);

create table playback_sessions (
  id text primary key,
  -- SHA-256 of the cookie's value: who reads the table has nobody's session
  cookie_value text unique,
  video_id text not null,
  client_pub_key bytea not null,
  server_pub_key bytea not null,
  -- the JWK under the envelope key: KEYID.base64
  server_priv_jwk text not null,
  server_nonce bytea not null,
  -- a pseudonym, as are person and address: see pseudonyms.ts
  device_hash text,
  -- whom the site has signed in, where it says so
  person text,
  -- where sessions are bound to one
  address text,
  key_wrap text not null check (key_wrap in ('aes-gcm', 'aes-kw')),
  expires_at timestamptz not null,
  created_at timestamptz default now(),
  last_activity timestamptz default now(),
  foreign key (video_id) references videos (id) on delete cascade
);

create index idx_playback_sessions_cookie on playback_sessions (cookie_value);
create index idx_playback_sessions_expires on playback_sessions (expires_at);

create table playback_logs (
  id text primary key,
  session_id text not null,
  video_id text not null,
  seg_idx integer not null,
  rendition text not null,
  timestamp timestamptz default now(),
  -- no more of it than the settings allow
  ip text,
  user_agent text,
  -- the session's, so that a person's rows are found when the session is gone
  person text,
  device_hash text
);

create index idx_playback_logs_session on playback_logs (session_id);
create index idx_playback_logs_video on playback_logs (video_id);
create index idx_playback_logs_timestamp on playback_logs (timestamp);
create index idx_playback_logs_person on playback_logs (person) where person is not null;
