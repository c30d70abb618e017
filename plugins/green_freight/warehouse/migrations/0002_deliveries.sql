-- What was asked of the agencies and what became of it: run, fetch, source_file, load, rejected_row.
create table ops.run (
    run_id text primary key,
    kind_code text not null check (kind_code ~ '^[a-z][a-z_]*$'),
    business_day date not null,
    reason text,
    code_version text not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    outcome_code text
);

create table ops.fetch (
    fetch_id bigserial primary key,
    run_id text not null,
    agency_code text not null check (agency_code in ('transport', 'commerce', 'postal', 'power')),
    delivery_name text not null,
    period_label text not null,
    outcome_code text not null check (outcome_code in (
        'landed', 'unchanged', 'not_due', 'not_delivered', 'failed_transient', 'failed_permanent'
    )),
    file_name text,
    bytes bigint check (bytes >= 0),
    sha256 text,
    seconds numeric,
    attempts int,
    error_code text,
    error_message text,
    started_at timestamptz not null default clock_timestamp()
);
create index on ops.fetch (agency_code, delivery_name, period_label, fetch_id);
create index on ops.fetch (run_id);

create table ops.source_file (
    source_file_key text primary key check (source_file_key ~ '^[0-9a-f]{20}$'),
    agency_code text not null check (agency_code in ('transport', 'commerce', 'postal', 'power')),
    delivery_name text not null,
    period_label text not null,
    file_name text not null,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint not null check (bytes >= 0),
    landing_url text not null,
    version int not null default 1,
    delivered_at timestamptz,
    first_received_at timestamptz not null,
    last_received_at timestamptz not null,
    complete_through date,
    first_run_id text
);
create index on ops.source_file (agency_code, delivery_name, period_label);

create table ops.load (
    load_id bigserial primary key,
    run_id text not null,
    agency_code text not null check (agency_code in ('transport', 'commerce', 'postal', 'power')),
    dataset_id text not null,
    delivery_name text not null,
    period_label text not null,
    source_file_key text,
    outcome_code text not null check (outcome_code in ('loaded', 'unchanged', 'stopped')),
    rows_in_file bigint,
    rows_loaded bigint,
    rows_rejected bigint,
    rows_replaced bigint,
    affected_months date[] not null default '{}',
    complete_through date,
    warnings jsonb not null default '[]',
    error_message text,
    contract_version text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    -- A row is loaded or rejected, never lost. IS TRUE: an unknown count is not a proof either.
    constraint loaded_plus_rejected_is_the_file
        check (outcome_code <> 'loaded' or (rows_in_file = rows_loaded + rows_rejected) is true)
);
create index on ops.load (dataset_id, period_label, load_id);
create index on ops.load (run_id);

create table ops.rejected_row (
    -- Deferred, so that a load may write its rejected rows before its own row, in one transaction.
    load_id bigint not null references ops.load deferrable initially deferred,
    agency_code text not null,
    dataset_id text not null,
    period_label text not null,
    file_name text not null,
    sheet text,
    row_number int not null,
    column_name text,
    reason_code text not null,
    message_zh text not null,
    message_en text not null,
    row_content jsonb
);
create index on ops.rejected_row (load_id);
create index on ops.rejected_row (dataset_id, period_label);
