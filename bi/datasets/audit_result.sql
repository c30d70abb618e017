-- One row per publication and expectation of its audit that did not hold.
select
    result.publication_no,
    kind.label_zh || ' ' || kind.label_en as result_name,
    change.label_zh || ' ' || change.label_en as change_name,
    result.unexpected_count,
    result.new_count,
    result.message_zh,
    result.message_en
from mart.validation_result as result
inner join {{ labels('audit_result') }} as kind on result.result_code = kind.code
left join {{ labels('audit_change') }} as change on result.change_code = change.code
where result.result_code <> 'passed'
