-- A small city that passes every expectation: four months, as of 2023-04-30.
-- Run in a candidate whose tables stand and whose plan, calendar and regions are filled.
insert into candidate.dim_source_file (city_code, source_file_key, agency_code, delivery_name, period_label, file_name, sha256, bytes)
values ('320700', 'file', 'transport', 'vehicles', '2023-01', 'vehicles_2023-01.jsonl', repeat('ab', 32), 100);

insert into candidate.dim_enterprise (city_code, enterprise_key, credit_code, region_code, registered_on, closed_on, is_inferred, source_file_key)
values ('320700', 'uscc:91320700MA1ABCDE0X', '91320700MA1ABCDE0X', '320706', '2015-01-01', null, false, 'file');

insert into candidate.dim_enterprise_grade (city_code, certificate_key, enterprise_key, grade_code, grade_level, valid_from, valid_to, source_file_key)
values ('320700', 'transport:G1', 'uscc:91320700MA1ABCDE0X', '3A', 3, '2022-01-01', '2024-12-31', 'file');

insert into candidate.dim_vehicle (
    city_code, vehicle_key, plate_no, plate_color_code_jtt697, vin, is_vin_valid, vehicle_type_code_ga802, energy_code_ga249, new_energy_kind_code,
    is_new_energy, is_cold_chain_body, enterprise_key, entry_kind_code, gross_mass_kg, in_service_on, out_of_service_on,
    out_of_service_reason_code, is_inferred, source_file_key
)
values
('320700', 'transport:V1', '苏GAA0001', '94', 'LVIN1', true, 'H32', 'C', 'BEV', true, false, 'uscc:91320700MA1ABCDE0X', 'new', 4495, '2023-02-10', null, null, false, 'file'),
('320700', 'transport:V2', '苏G12345', '1', 'LVIN2', true, 'H32', 'B', null, false, false, 'uscc:91320700MA1ABCDE0X', 'initial', 4495, '2020-01-01', null, null, false, 'file'),
('320700', 'transport:V3', '苏G12346', '1', 'LVIN3', true, 'H32', 'B', null, false, true, 'uscc:91320700MA1ABCDE0X', 'initial', 4495, '2020-01-01', null, null, false, 'file'),
('320700', 'transport:V4', '苏G12347', '2', 'LVIN4', true, 'H22', 'B', null, false, false, 'uscc:91320700MA1ABCDE0X', 'initial', 8000, '2020-01-01', '2023-03-10', 'noncompliant', false, 'file');

insert into candidate.dim_node (city_code, node_key, issuer_code, node_kind_code, region_code, is_joint, in_service_on, out_of_service_on, source_file_key)
values
('320700', 'transport:N1', 'transport', 'level1', '320706', null, '2023-04-05', null, 'file'),
('320700', 'transport:N2', 'transport', 'level2', '320706', null, '2022-01-05', '2023-04-20', 'file'),
('320700', 'transport:N3', 'transport', 'level3', '320706', null, '2022-01-05', null, 'file'),
('320700', 'postal:T1', 'postal', 'terminal_station', '320706', true, '2023-02-05', null, 'file'),
('320700', 'postal:T2', 'postal', 'terminal_station', '320706', true, '2023-04-07', null, 'file');

insert into candidate.dim_stopping_place (city_code, place_key, region_code, bay_count, in_service_on, source_file_key)
values ('320700', 'transport:P1', '320706', 4, '2023-01-20', 'file'), ('320700', 'transport:P2', '320706', 4, '2023-04-20', 'file');

insert into candidate.dim_platform (city_code, platform_key, platform_kind_code, in_service_on, source_file_key)
values ('320700', 'transport:F1', 'public', '2022-06-01', 'file');

insert into candidate.dim_station (
    city_code, station_key, operator_id, region_code, station_type_code, station_status_code, longitude_gcj02, latitude_gcj02, in_service_on,
    is_usable_by_delivery_vehicles, is_inferred, source_file_key
)
values ('320700', 'power:MA1234567:S1', 'MA1234567', '320706', '102', '50', 119.2, 34.6, '2022-12-01', true, false, 'file');

insert into candidate.dim_pile (
    city_code, pile_key, station_key, operator_id, power_kw, in_service_on, out_of_service_on, is_usable_by_delivery_vehicles, is_inferred,
    source_file_key
)
values
('320700', 'power:MA1234567:E1', 'power:MA1234567:S1', 'MA1234567', 60, '2022-12-01', null, true, false, 'file'),
('320700', 'power:MA1234567:E2', 'power:MA1234567:S1', 'MA1234567', 60, '2023-02-20', null, true, false, 'file'),
('320700', 'power:MA1234567:E3', 'power:MA1234567:S1', 'MA1234567', 60, '2022-12-01', '2023-03-15', true, false, 'file');

insert into candidate.dim_store (city_code, store_key, store_code, store_kind_code, is_centre_area, first_report_month, last_report_month, source_file_key)
values ('320700', 'commerce:M1', 'M1', 'supermarket', true, '2023-01-01', '2023-04-01', 'file');

insert into candidate.fct_charging_session (
    city_code, period_month, session_key, station_key, pile_key, connector_id, operator_id, started_at, ended_at, business_date, energy_kwh,
    electricity_fee_yuan, service_fee_yuan, total_fee_yuan, stop_reason_code, pushed_on, source_file_key
)
select '320700', date_trunc('month', day)::date, 'power:' || day::date, 'power:MA1234567:S1', 'power:MA1234567:E1', 'C1', 'MA1234567',
    (day::date + time '10:00') at time zone 'Asia/Shanghai', (day::date + time '11:00') at time zone 'Asia/Shanghai', day::date, 50, 30, 20, 50, '0', day::date, 'file'
from generate_series(timestamp '2023-01-01', '2023-04-30', '1 day') as day;

insert into candidate.fct_pile_energy_day (city_code, period_month, energy_date, pile_key, station_key, stats_energy_kwh, session_energy_kwh, session_count)
select city_code, period_month, business_date, pile_key, station_key, energy_kwh, energy_kwh, 1
from candidate.fct_charging_session;

insert into candidate.fct_vehicle_operation (city_code, period_month, operation_date, vehicle_key, distance_km, trip_count, turnover_tonne_km, electricity_kwh, fuel_litre, source_file_key)
select '320700', date_trunc('month', day)::date, day::date, 'transport:V2', 80, 3, 120, 0, 10, 'file'
from generate_series(timestamp '2023-01-01', '2023-04-30', '1 day') as day;

insert into candidate.fct_store_delivery (city_code, period_month, store_key, mode_code, freight_tonnes, is_centre_area, source_file_key)
select '320700', month::date, 'commerce:M1', mode_code, 10 + extract(month from month) / 10, true, 'file'
from generate_series(timestamp '2023-01-01', '2023-04-01', '1 month') as month
cross join unnest(array['joint_only', 'night_only', 'joint_and_night', 'neither']) as mode_code;

insert into candidate.fct_tricycle_inspection (
    city_code, period_month, tricycle_key, region_code, in_use_from, inspected_on, is_in_use_at_month_end, is_marking_uniform, source_file_key
)
select '320700', month::date, 'postal:' || number, '320706', '2022-01-01', month::date, true, number <= 8, 'file'
from generate_series(timestamp '2023-01-01', '2023-04-01', '1 month') as month cross join generate_series(1, 10) as number;

insert into candidate.fct_parcel_volume (city_code, period_month, region_code, company_name, inbound_parcels, outbound_parcels, source_file_key)
select '320700', month::date, '320706', '顺达', 1000 + extract(month from month), 500 + extract(month from month), 'file'
from generate_series(timestamp '2023-01-01', '2023-04-01', '1 month') as month;

insert into candidate.fct_cold_chain_enterprise (city_code, period_month, enterprise_key, cold_storage_m3, refrigerated_vehicle_count, source_file_key)
select '320700', month::date, 'uscc:91320700MA1ABCDE0X', 1200, 1, 'file'
from generate_series(timestamp '2023-01-01', '2023-04-01', '1 month') as month;

insert into candidate.fct_pharma_enterprise (city_code, period_month, enterprise_key, gsp_certificate_no, informatization_ratio, source_file_key)
select '320700', month::date, 'uscc:91320700MA1ABCDE0X', 'GSP-1', 0.6, 'file'
from generate_series(timestamp '2023-01-01', '2023-04-01', '1 month') as month;

insert into candidate.fct_fund_payment (city_code, period_month, entry_key, fund_kind_code, purpose_code, amount_yuan, booked_on, year, source_file_key)
values
('320700', '2023-01-01', 'transport:B1', 'budgeted', 'vehicle', 1000, '2023-01-31', 2023, 'file'),
('320700', '2023-03-01', 'transport:B2', 'paid', 'vehicle', 400, '2023-03-31', 2023, 'file');

insert into candidate.fct_milestone (city_code, milestone_key, indicator_code, work_no, year, achieved_on, reported_on, document_no, source_file_key)
values ('320700', 'transport:M1', 'work_plan_issued', 1, 2023, '2023-02-01', '2023-02-03', '连交〔2023〕1号', 'file');

insert into candidate.fct_policy (city_code, policy_key, policy_kind_code, title, issued_on, source_file_key)
values ('320700', 'transport:R1', 'passage', '通行', '2023-02-01', 'file');

insert into candidate.charging_station_day (city_code, period_month, business_date, station_key, session_count, energy_kwh)
select city_code, period_month, business_date, station_key, count(*), sum(energy_kwh)
from candidate.fct_charging_session group by city_code, period_month, business_date, station_key;

insert into candidate.charging_station_hour (city_code, period_month, station_key, start_hour, session_count, energy_kwh)
select city_code, period_month, station_key, 10, count(*), sum(energy_kwh)
from candidate.fct_charging_session group by city_code, period_month, station_key;

insert into candidate.charging_station_month (city_code, period_month, station_key, session_count, energy_kwh)
select city_code, period_month, station_key, sum(session_count), sum(energy_kwh)
from candidate.charging_station_day group by city_code, period_month, station_key;

insert into candidate.vehicle_month (city_code, period_month, energy_kind_code, is_cold_chain_body, stock_count, added_count, retired_count)
values
('320700', '2023-01-01', 'BEV', false, 0, 0, 0),
('320700', '2023-02-01', 'BEV', false, 1, 1, 0);

insert into candidate.dataset_month (
    city_code, period_month, dataset_id, agency_code, coverage_state_code, parts_due, parts_delivered, delivered_ratio, period_count,
    rows_in_file, rows_loaded, rows_rejected
)
values
('320700', '2023-02-01', 'postal_tricycle', 'postal', 'complete', 1, 1, 1, 1, 10, 8, 2),
('320700', '2023-03-01', 'postal_tricycle', 'postal', 'missing', 1, 0, 0, 0, 0, 0, 0);

insert into candidate.rejected_reason_month (city_code, period_month, dataset_id, reason_code, rows_rejected)
values ('320700', '2023-02-01', 'postal_tricycle', 'duplicate_key', 2);
