-- An entry of the audit trail a row. The text in entry is what counts, byte for byte; the other columns repeat what
-- has to be looked up.
create table model_registrar.audit_entries (
    seq         bigint primary key check (seq > 0),
    entry_id    text not null unique,
    hash        text not null check (hash ~ '^[0-9a-f]{64}$'),
    entry       text not null,
    appended_at timestamptz not null default clock_timestamp()
);

create function model_registrar.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is append-only: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$$;

create trigger append_only before update or delete or truncate on model_registrar.audit_entries
    for each statement execute function model_registrar.refuse_change();

-- Also where triggers are off for replication.
alter table model_registrar.audit_entries enable always trigger append_only;
