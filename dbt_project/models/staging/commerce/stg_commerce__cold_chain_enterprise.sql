{{ commerce_enterprises(
    'commerce_cold_chain_enterprise', ['cold_storage_m3', 'refrigerated_vehicle_count', 'registered_on']
) }}
