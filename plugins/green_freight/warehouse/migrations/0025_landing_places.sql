-- The folder of the landing store may be moved and copied with the home, so a file's place in it does not name the folder.
-- Files that were landed in another folder than the newest one, and those of object stores, keep their URLs.
with place as (
    select source_file_key, last_received_at, regexp_match(landing_url, '^(file://.*)/([^/]+/[^/]+/[^/]+/[^/]+)$') as parts
    from ops.source_file
    where landing_url like 'file://%'
),

folder as (
    select parts[1] as url from place where parts is not null order by last_received_at desc, source_file_key limit 1
)

update ops.source_file as file
set landing_url = place.parts[2]
from place inner join folder on place.parts[1] = folder.url
where file.source_file_key = place.source_file_key;

comment on column ops.source_file.landing_url is
'存放位置：在文件夹中为相对于落地存储的路径，在对象存储中为其 URL / where the bytes are kept: in a folder the path below the landing store, '
'in an object store their URL';
