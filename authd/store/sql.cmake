# Turns authd/store/*.sql and migrations/*.sql into C tables, and defines the rooms that hold them.
#
# A statement is a block:   -- name: code_redeem
#                           -- roles: web admin
#                           -- kind: read | write-sync | write-async
#                           -- batch: no            (optional: scalar parameters, one request at a time)
#                           -- sandbox: only        (optional: prepared in a sandbox's database only)
#                           SQL text
# Inside the text `:audit(x)` stands for the CTE that writes the audit entries (parameters $1..$15) of the
# requests whose ordinals x holds; a statement that has it gets those parameters from write_audit().
# `:shut(x)` stands for the CTEs that follow a new password of the people in x (bucket, identity_id, keep, shut, reason,
# generation): where shut, their sessions but `keep` end, the grants given in those are revoked, offline ones too, and
# portals are told.  The sessions that go on are of the new generation; one that is being written meanwhile is not.
# `:logout(x)` stands for the CTEs that follow the end of the sessions in x: their grants that are not offline
# are revoked, and every client that got a grant in them and wants to hear of it gets a delivery.
cmake_policy(SET CMP0007 NEW)

# C string literals, one a line.
function(c_text text out)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
    set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

set(AUDIT_CTE [[
audited AS (
    INSERT INTO audit (bucket, id, event, outcome, subject_id, actor_id, mandate_id, client_id,
                       session_id, grant_id, operator, ground, detail, address_sealed, request_id)
    SELECT ($1::smallint[])[n], ($2::uuid[])[n], ($3::text[])[n], ($4::text[])[n], ($5::uuid[])[n],
           ($6::uuid[])[n], ($7::uuid[])[n], ($8::text[])[n], ($9::uuid[])[n], ($10::uuid[])[n],
           ($11::text[])[n], ($12::text[])[n], ($13::text[])[n], ($14::bytea[])[n], ($15::uuid[])[n]
    FROM \1 AS acted
    WHERE ($3::text[])[n] IS NOT NULL
)]])

set(LOGOUT_CTES [[
followers AS MATERIALIZED (
    SELECT g.bucket, g.id, x.reason
    FROM \1 AS x
    JOIN "grant" g ON g.bucket = x.bucket AND g.session_id = x.id
    WHERE g.revoked_at IS NULL AND NOT g.offline
    ORDER BY g.bucket, g.id
    FOR UPDATE OF g
), followed AS (
    UPDATE "grant" g SET revoked_at = now(), revoke_reason = f.reason
    FROM followers f
    WHERE g.bucket = f.bucket AND g.id = f.id
), told AS (
    INSERT INTO outbox (bucket, recipient, kind, subject_id, actor_id, mandate_id, session_id, payload)
    SELECT DISTINCT x.bucket, g.client_id, 'backchannel_logout', x.subject_id, x.actor_id, x.mandate_id,
           x.id, jsonb_build_object('reason', x.reason)
    FROM \1 AS x
    JOIN "grant" g ON g.bucket = x.bucket AND g.session_id = x.id
    JOIN client c ON c.id = g.client_id
    WHERE c.metadata ->> 'backchannel_logout_uri' <> ''
)]])

set(SHUT_CTES [[
sessions AS MATERIALIZED (
    SELECT x.reason, x.generation, x.shut AND s.id IS DISTINCT FROM x.keep AS over, s.bucket, s.id
    FROM \1 AS x
    JOIN session s ON s.bucket = x.bucket AND s.subject_id = x.identity_id
    WHERE CASE WHEN x.shut AND s.id IS DISTINCT FROM x.keep THEN s.ended_at IS NULL
               ELSE s.generation IS NULL OR s.generation = x.generation - 1 END
    ORDER BY s.bucket, s.id
    FOR UPDATE OF s
), ended AS (
    UPDATE session s SET ended_at = now(), end_reason = x.reason
    FROM sessions x
    WHERE x.over AND s.bucket = x.bucket AND s.id = x.id
    RETURNING s.bucket, s.id, x.reason
), kept AS (
    UPDATE session s SET generation = x.generation
    FROM sessions x
    WHERE NOT x.over AND s.bucket = x.bucket AND s.id = x.id
), grants AS MATERIALIZED (
    SELECT x.reason, g.bucket, g.id
    FROM \1 AS x
    JOIN "grant" g ON g.bucket = x.bucket AND g.subject_id = x.identity_id
    WHERE x.shut AND g.revoked_at IS NULL AND g.session_id IS DISTINCT FROM x.keep
      AND (SELECT count(*) FROM ended) >= 0 -- sessions first
    ORDER BY g.bucket, g.id
    FOR UPDATE OF g
), revoked AS (
    UPDATE "grant" g SET revoked_at = now(), revoke_reason = x.reason
    FROM grants x
    WHERE g.bucket = x.bucket AND g.id = x.id
    RETURNING g.bucket, g.client_id, g.session_id, g.subject_id, g.actor_id, g.mandate_id, x.reason
), concerned AS (
    SELECT bucket, client_id, session_id, subject_id, actor_id, mandate_id, reason FROM revoked
    UNION
    SELECT g.bucket, g.client_id, g.session_id, g.subject_id, g.actor_id, g.mandate_id, e.reason
    FROM ended e
    JOIN "grant" g ON g.bucket = e.bucket AND g.session_id = e.id
), told AS (
    INSERT INTO outbox (bucket, recipient, kind, subject_id, actor_id, mandate_id, session_id, payload)
    SELECT DISTINCT ON (x.bucket, x.session_id, x.client_id)
           x.bucket, x.client_id, 'backchannel_logout', x.subject_id, x.actor_id, x.mandate_id,
           x.session_id, jsonb_build_object('reason', x.reason)
    FROM concerned x
    JOIN client c ON c.id = x.client_id
    WHERE c.metadata ->> 'backchannel_logout_uri' <> ''
    ORDER BY x.bucket, x.session_id, x.client_id
)]])

function(statements_generate folder out)
    string(ASCII 1 semicolon)
    string(ASCII 2 open)
    string(ASCII 3 close)
    file(GLOB files ${folder}/*.sql)
    list(SORT files)
    set(names "")
    set(rows "")
    foreach(file IN LISTS files)
        file(READ ${file} text)
        string(REGEX REPLACE ":audit\\(([a-z_]+)\\)" "${AUDIT_CTE}" text "${text}")
        string(REGEX REPLACE ":logout\\(([a-z_]+)\\)" "${LOGOUT_CTES}" text "${text}")
        string(REGEX REPLACE ":shut\\(([a-z_]+)\\)" "${SHUT_CTES}" text "${text}")
        string(REPLACE ";" "${semicolon}" text "${text}")
        string(REPLACE "[" "${open}" text "${text}")
        string(REPLACE "]" "${close}" text "${text}")
        string(REGEX REPLACE "(^|\n)-- name: " ";" blocks "${text}")
        list(POP_FRONT blocks) # the opening comment
        foreach(block IN LISTS blocks)
            if(NOT block MATCHES "^([a-z_]+)\n-- roles: ([a-z ]+)\n-- kind: (read|write-sync|write-async)\n(-- batch: no\n)?(-- sandbox: only\n)?(.*)$")
                message(FATAL_ERROR "${file}: cannot read the block '${block}'")
            endif()
            set(name ${CMAKE_MATCH_1})
            set(roles ${CMAKE_MATCH_2})
            set(kind ${CMAKE_MATCH_3})
            set(alone ${CMAKE_MATCH_4})
            set(sandboxed ${CMAKE_MATCH_5})
            string(REGEX REPLACE "(\n--[^\n]*)+\n*$" "" body "${CMAKE_MATCH_6}") # comment of the next block
            string(STRIP "${body}" body)
            string(REPLACE "${semicolon}" "" body "${body}")
            string(REPLACE "${open}" "[" body "${body}")
            string(REPLACE "${close}" "]" body "${body}")
            string(TOUPPER "SQL_${name}" enumerator)
            string(TOUPPER "ROLE_BIT_${roles}" roles)
            string(REPLACE " " " | ROLE_BIT_" roles "${roles}")
            string(TOUPPER "SQL_${kind}" kind)
            string(REPLACE "-" "_" kind "${kind}")
            string(FIND "${body}" "audited AS (" audited)
            c_text("${body}" body)
            string(APPEND names "    ${enumerator},\n")
            string(APPEND rows "    [${enumerator}] = {\"${name}\", \"pg: ${name}\", ${roles}, ${kind}, "
                "$<IF:x>${body}},\n")
            set(batched true)
            if(alone)
                set(batched false)
            endif()
            set(has_audit false)
            if(audited GREATER -1)
                set(has_audit true)
            endif()
            set(sandbox false)
            if(sandboxed)
                set(sandbox true)
            endif()
            string(REPLACE "$<IF:x>" "${batched}, ${has_audit}, ${sandbox},\n    " rows "${rows}")
        endforeach()
    endforeach()
    file(CONFIGURE OUTPUT ${out}/statements.h CONTENT [[/* Made from the .sql files of authd/store by sql.cmake. */
#ifndef SQL_STATEMENTS_H
#define SQL_STATEMENTS_H
#include <stdbool.h>

enum sql_role {
    ROLE_BIT_WEB = 1, ROLE_BIT_VERIFIER = 2, ROLE_BIT_CLERK = 4, ROLE_BIT_COURIER = 8, ROLE_BIT_ADMIN = 16
};
enum sql_kind { SQL_READ, SQL_WRITE_SYNC, SQL_WRITE_ASYNC };
enum sql_name {
@names@    SQL_COUNT
};
struct sql_statement {
    const char *name, *doing; /* "code_redeem", "pg: code_redeem" */
    unsigned roles;
    enum sql_kind kind;
    bool batched;             /* array parameters, one element a request */
    bool audited;             /* begins with the 15 columns of an audit entry */
    bool sandbox;             /* of a sandbox only */
    const char *text;
};
extern const struct sql_statement sql_statements[SQL_COUNT];
#endif
]] @ONLY)
    file(WRITE ${out}/statements.c "/* Made from the .sql files of authd/store by sql.cmake. */\n"
        "#include \"sql/statements.h\"\n\nconst struct sql_statement sql_statements[SQL_COUNT] = {\n${rows}};\n")
endfunction()

function(migrations_generate folder out)
    file(GLOB files ${folder}/[0-9][0-9][0-9][0-9]_*.sql)
    list(SORT files)
    set(rows "")
    foreach(file IN LISTS files)
        cmake_path(GET file STEM name)
        string(REGEX MATCH "^0*([0-9]+)_" number "${name}")
        set(number ${CMAKE_MATCH_1})
        file(READ ${file} text)
        file(SHA256 ${file} sum)
        c_text("${text}" text)
        string(APPEND rows "    {${number}, \"${name}\", \"${sum}\",\n    ${text}},\n")
    endforeach()
    file(READ ${folder}/sandbox.sql sandbox)
    c_text("${sandbox}" sandbox)
    file(WRITE ${out}/migrations.h "/* Made from the files of migrations by sql.cmake. */\n#ifndef SQL_MIGRATIONS_H\n"
        "#define SQL_MIGRATIONS_H\n#include <stddef.h>\n\nstruct migration {\n    int version;\n"
        "    const char *name, *sha256, *text;\n};\nextern const struct migration migrations[];\n"
        "extern const size_t migrations_count;\nextern const char migrations_sandbox[];\n#endif\n")
    file(WRITE ${out}/migrations.c "/* Made from the files of migrations by sql.cmake. */\n"
        "#include \"sql/migrations.h\"\n\nconst struct migration migrations[] = {\n${rows}};\n"
        "const size_t migrations_count = sizeof migrations / sizeof migrations[0];\n\n"
        "const char migrations_sandbox[] =\n    ${sandbox};\n")
endfunction()

# The list of rights as one text, for authctl doctor.
function(rights_generate folder out)
    file(READ ${folder}/rights.list text)
    c_text("${text}" text)
    file(WRITE ${out}/rights.h "/* Made from migrations/rights.list by sql.cmake. */\n#ifndef SQL_RIGHTS_H\n"
        "#define SQL_RIGHTS_H\nextern const char sql_rights[];\n#endif\n")
    file(WRITE ${out}/rights.c "/* Made from migrations/rights.list by sql.cmake. */\n#include \"sql/rights.h\"\n\n"
        "const char sql_rights[] =\n    ${text};\n")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE) # cmake -DWHAT=statements|migrations|rights -DFOLDER=… -DOUT=… -P sql.cmake
    cmake_language(CALL ${WHAT}_generate ${FOLDER} ${OUT})
    return()
endif()

set(sql_out ${CMAKE_BINARY_DIR}/generated/sql)
file(GLOB store_sql CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/authd/store/*.sql)
file(GLOB migration_sql CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/*.sql)
foreach(what IN ITEMS statements migrations rights)
    set(from ${CMAKE_SOURCE_DIR}/authd/store)
    set(needs ${store_sql})
    if(what STREQUAL migrations)
        set(from ${CMAKE_SOURCE_DIR}/migrations)
        set(needs ${migration_sql})
    elseif(what STREQUAL rights)
        set(from ${CMAKE_SOURCE_DIR}/migrations)
        set(needs ${from}/rights.list)
    endif()
    add_custom_command(OUTPUT ${sql_out}/${what}.c ${sql_out}/${what}.h
        COMMAND ${CMAKE_COMMAND} -DWHAT=${what} -DFOLDER=${from} -DOUT=${sql_out}
            -P ${CMAKE_CURRENT_LIST_DIR}/sql.cmake
        DEPENDS ${needs} ${CMAKE_CURRENT_LIST_DIR}/sql.cmake)
endforeach()

room(store FOLDER authd/store SEES base log task config proc signer LINKS PkgConfig::PQ)
target_sources(store_room PRIVATE ${sql_out}/statements.c ${sql_out}/statements.h)
target_include_directories(store_room PRIVATE ${CMAKE_BINARY_DIR}/generated)
room(migrate FOLDER authd/migrate SEES base log config store LINKS PkgConfig::PQ)
target_sources(migrate_room PRIVATE ${sql_out}/migrations.c ${sql_out}/migrations.h ${sql_out}/rights.c
    ${sql_out}/rights.h)
target_include_directories(migrate_room PRIVATE ${CMAKE_BINARY_DIR}/generated)
