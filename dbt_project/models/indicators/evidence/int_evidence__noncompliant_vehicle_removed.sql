-- One row per month and vehicle taken out of service as non-compliant in the month's year, up to its as-of
-- day.
{{ counted_evidence(
    'noncompliant_vehicle_removed',
    numerator={
        'of': ref('dim_vehicle'), 'entity': 'vehicle',
        'when': [
            in_year_to_date('out_of_service_on'),
            "entities.out_of_service_reason_code = 'noncompliant'",
        ],
    }
) }}
