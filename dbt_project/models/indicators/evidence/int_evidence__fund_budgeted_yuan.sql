-- One row per month and budgeted entry of the special fund for the month's year, booked by its as-of day;
-- weight in yuan.
{{ counted_evidence(
    'fund_budgeted_yuan',
    numerator={
        'of': ref('fct_fund_payment'), 'entity': 'fund_entry', 'key': 'entry_key', 'weight': 'entities.amount_yuan',
        'when': [
            "months.year = entities.year",
            "months.as_of_day >= entities.booked_on",
            "entities.fund_kind_code = 'budgeted'",
        ],
    }
) }}
