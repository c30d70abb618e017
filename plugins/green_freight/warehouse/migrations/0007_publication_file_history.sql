-- What publishing makes by itself for every table of the star, here for publication_file.
set role green_freight_publisher;

create table mart_history.publication_file (
    source_file_key text not null,
    agency_code text,
    delivery_name text,
    period_label text,
    file_name text,
    sha256 text,
    bytes bigint,
    known_from bigint not null,
    known_to bigint not null,
    primary key (source_file_key, known_from),
    check (known_from < known_to)
);
create index on mart_history.publication_file (known_to);
comment on table mart_history.publication_file is '已不再使用的文件 / files that an earlier publication was built from';
comment on column mart_history.publication_file.known_from is '自此发布号起 / from this publication on';
comment on column mart_history.publication_file.known_to is '到此发布号止（不含） / until this publication, not included';

create view mart_asof.publication_file as
select source_file_key, agency_code, delivery_name, period_label, file_name, sha256, bytes, publication_no
from mart.publication_file
where publication_no <= (select mart_asof.chosen_publication())
union all
select source_file_key, agency_code, delivery_name, period_label, file_name, sha256, bytes, known_from
from mart_history.publication_file
where
    known_from <= (select mart_asof.chosen_publication())
    and known_to > (select mart_asof.chosen_publication());
comment on view mart_asof.publication_file is '所选发布所依据的文件 / the files that the chosen publication was built from';

reset role;
