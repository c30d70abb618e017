-- What was made of the loads: build, verdict, and the lease on the one candidate.
create table ops.build (
    build_id bigserial primary key,
    run_id text not null,
    as_of_date date not null,
    changed_months date[],
    through_load_id bigint,
    code_version text not null,
    model_rows jsonb not null default '{}',
    outcome_code text check (outcome_code in ('built', 'failed', 'audited', 'rejected', 'published')),
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    error_message text
);
create index on ops.build (outcome_code, build_id);

create table ops.verdict (
    build_id bigint not null references ops.build,
    run_id text not null,
    table_name text not null,
    expectation_code text not null,
    expectation_type text not null,
    column_name text,
    severity_code text not null check (severity_code in ('critical', 'warning')),
    is_success bool not null,
    observed_value text,
    unexpected_count bigint,
    sample jsonb,
    message_zh text not null,
    message_en text not null
);
create index on ops.verdict (build_id);

create table ops.candidate_lease (
    is_the_only_row bool primary key default true check (is_the_only_row),
    run_id text not null,
    acquired_at timestamptz not null,
    expires_at timestamptz not null
);

grant select, insert, update on ops.run to green_freight_loader, green_freight_builder, green_freight_publisher;
grant select, insert, update on ops.fetch, ops.source_file, ops.load, ops.rejected_row to green_freight_loader;
grant select on ops.fetch, ops.source_file, ops.load, ops.rejected_row
    to green_freight_builder, green_freight_publisher;
grant select, insert, update on ops.build to green_freight_builder;
grant select, insert, delete on ops.verdict to green_freight_builder;
grant select on ops.build, ops.verdict to green_freight_loader, green_freight_publisher;
grant update (outcome_code) on ops.build to green_freight_publisher;
grant select, insert, update, delete on ops.candidate_lease
    to green_freight_loader, green_freight_builder, green_freight_publisher;
grant usage on sequence ops.fetch_fetch_id_seq, ops.load_load_id_seq to green_freight_loader;
grant usage on sequence ops.build_build_id_seq to green_freight_builder;
