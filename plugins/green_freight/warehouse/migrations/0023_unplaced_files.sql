-- Files on an agency's share that a night found new and did not take, because their names tell no delivery.
create table ops.unplaced_file (
    run_id text not null,
    agency_code text not null references ops.agency (code),
    connection_id text not null,
    path text not null,
    bytes bigint not null,
    changed_at timestamptz not null,
    example text not null,
    primary key (run_id, connection_id, path)
);
grant select, insert on ops.unplaced_file to green_freight_loader;
grant select on ops.unplaced_file to green_freight_builder, green_freight_publisher;

comment on table ops.unplaced_file is '未取用的文件：名称不符合约定，看不出属于哪项交付 / files that a run did not take, because '
    'their names tell no delivery, or not one alone';
comment on column ops.unplaced_file.run_id is '运行 / run';
comment on column ops.unplaced_file.agency_code is '单位 / agency';
comment on column ops.unplaced_file.connection_id is '连接 / connection';
comment on column ops.unplaced_file.path is '服务器上的路径 / path on the server';
comment on column ops.unplaced_file.bytes is '字节数 / size in bytes';
comment on column ops.unplaced_file.changed_at is '文件的修改时间 / when the file was changed';
comment on column ops.unplaced_file.example is '约定的名称示例 / a name as it was agreed';
