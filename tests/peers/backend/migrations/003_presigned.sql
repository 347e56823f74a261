-- Uploads in parts to an object store stand beside those by tus.
alter table lectures
  add column upload_protocol text not null default 'tus' check (upload_protocol in ('tus', 'presigned')),
  -- the store's own id of an upload in parts; null once its parts are joined
  add column s3_upload_id text,
  add column part_bytes bigint;
