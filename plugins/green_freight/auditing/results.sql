-- The results of an audit.

-- name: insert
insert into ops.verdict (
    build_id, run_id, table_name, expectation_code, expectation_type, column_name, severity_code, is_success,
    observed_value, unexpected_count, change_code, new_count, resolved_count, failing_rows, sample, message_zh, message_en,
    evaluated_build_id, rule_hash
) values (
    %(build_id)s, %(run_id)s, %(table_name)s, %(expectation_code)s, %(expectation_type)s, %(column_name)s,
    %(severity_code)s, %(is_success)s, %(observed_value)s, %(unexpected_count)s, %(change_code)s, %(new_count)s,
    %(resolved_count)s, %(failing_rows)s, %(sample)s, %(message_zh)s, %(message_en)s,
    coalesce(%(evaluated_build_id)s, %(build_id)s), %(rule_hash)s
)
