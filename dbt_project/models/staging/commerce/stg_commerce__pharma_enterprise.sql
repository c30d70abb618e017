{{ commerce_enterprises(
    'commerce_pharma_enterprise', ['gsp_certificate_no', 'first_operated_on', 'informatization_pct']
) }}
