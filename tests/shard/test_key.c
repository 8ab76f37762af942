#include "support/cmocka_all.h"

#include <covet/core/alloc.h>
#include <covet/shard/key.h>

#include "core/macros.h"
#include "core/types.h"
#include "shard/key_wire.h"

/*
 * Hashes are of xxHash's own command line (xxhsum -H3, 0.8.1) over the encodings that
 * key.h defines; the encodings of dates and moments are what PostgreSQL 15 sends. All
 * are frozen: a change here is a cluster that no longer finds its rows.
 */

static void same(uint64_t hash, uint64_t expected, const char *what)
{
    if (hash != expected)
        fail_msg("%s: hash %016llx, not %016llx", what, (unsigned long long)hash,
                 (unsigned long long)expected);
}

static uint64_t of_text(uint32_t oid, const char *text, size_t length)
{
    covet_error err;
    uint64_t hash = 0;
    assert_ok(covet__key_hash_text(oid, text, length, &hash, &err), &err);
    return hash;
}

static uint64_t of_wire(uint32_t oid, const void *bytes, size_t length)
{
    covet_error err;
    uint64_t hash = 0;
    assert_ok(covet__key_hash_wire(oid, bytes, length, &hash, &err), &err);
    return hash;
}

static void check_refusal(covet_status status, const covet_error *err, uint64_t hash,
                          const char *sqlstate, const char *what)
{
    const covet_status expected = strcmp(sqlstate, "0A000") == 0 ? COVET_EUNSUPPORTED : COVET_ETYPE;
    if (status != expected || strcmp(err->sqlstate, sqlstate) != 0)
        fail_msg("'%s': %s %s, not %s", what, covet_status_name(status), err->sqlstate, sqlstate);
    assert_true(hash == 77);
}

static void refuses_text(uint32_t oid, const char *text, size_t length, const char *sqlstate)
{
    covet_error err = {0};
    uint64_t hash = 77;
    const covet_status status = covet__key_hash_text(oid, text, length, &hash, &err);
    check_refusal(status, &err, hash, sqlstate, text);
    assert_int_equal(covet__key_hash_text(oid, text, length, &hash, NULL), status);
}

static void refuses(uint32_t oid, const char *text, const char *sqlstate)
{
    refuses_text(oid, text, strlen(text), sqlstate);
}

static void refuses_wire(uint32_t oid, const void *bytes, size_t length, const char *sqlstate)
{
    covet_error err = {0};
    uint64_t hash = 77;
    const covet_status status = covet__key_hash_wire(oid, bytes, length, &hash, &err);
    check_refusal(status, &err, hash, sqlstate, "binary");
}

static void the_hashes_of_integers_are_frozen(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        uint64_t hash;
    } known[] = {
        {0, UINT64_C(0xc77b3abb6f87acd9)},         {1, UINT64_C(0xf36b4a1a44f78bf3)},
        {-1, UINT64_C(0x5111c7e47d784413)},        {-2, UINT64_C(0x2fb629da9b5c362f)},
        {INT16_MAX, UINT64_C(0x9310dcf273674ee0)}, {INT16_MIN, UINT64_C(0x5aba1d362b94f231)},
        {INT32_MAX, UINT64_C(0x5a075c1b7e1d7bf6)}, {INT32_MIN, UINT64_C(0xc134ba12b2e089d1)},
        {INT64_MAX, UINT64_C(0xf832fc1d899fe591)}, {INT64_MIN, UINT64_C(0xb7aa1c28d234f8d6)},
    };
    for (size_t i = 0; i < COVET_COUNT(known); i++) {
        char text[32];
        const int length = snprintf(text, sizeof text, "%lld", (long long)known[i].value);
        same(covet_key_hash_int(known[i].value), known[i].hash, text);
        same(of_text(COVET__INT8, text, (size_t)length), known[i].hash, text);
    }
}

static void the_hashes_of_other_types_are_frozen(void **state)
{
    (void)state;
    static const uint8_t uuid[] = {0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8,
                                   0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11};
    static const uint8_t nothing[16];
    same(covet_key_hash_text(NULL, 0), UINT64_C(0x2d06800538d394c2), "''");
    same(covet_key_hash_text("a", 1), UINT64_C(0xe6c632b61e964e1f), "a");
    same(covet_key_hash_text("\xc3\xa9"
                             "1",
                             3),
         UINT64_C(0x8b6b7fee9e4652f9), "e1");
    same(covet_key_hash_text("alice@example.com", 17), UINT64_C(0x76eb895512bf35ff), "alice");
    same(covet_key_hash_text("\xf0\x9f\x99\x82", 4), UINT64_C(0xfc36efd00b5d95a7), "smile");
    char long_text[300];
    memset(long_text, 'a', sizeof long_text);
    same(covet_key_hash_text(long_text, sizeof long_text), UINT64_C(0xc1d17581d8eb7e21), "300 a");
    same(covet_key_hash_uuid(uuid), UINT64_C(0x55df69482c6d3767), "uuid");
    same(covet_key_hash_uuid(nothing), UINT64_C(0xd0a66a65c7528968), "nil uuid");
    same(covet_key_hash_date(0), UINT64_C(0x48b2c92616fc193d), "2000-01-01");
    same(covet_key_hash_date(1), UINT64_C(0x0da1a8141638550f), "2000-01-02");
    same(covet_key_hash_date(-1), UINT64_C(0xcd6b1c920d3f662c), "1999-12-31");
    same(covet_key_hash_date(INT32_MAX), UINT64_C(0xa8137115c71ada49), "infinity");
    same(covet_key_hash_date(INT32_MIN), UINT64_C(0x56a2bf6524a2a6d9), "-infinity");
    same(covet_key_hash_timestamptz(0), UINT64_C(0xc77b3abb6f87acd9), "2000-01-01 00:00+00");
    same(covet_key_hash_timestamptz(-1), UINT64_C(0x5111c7e47d784413), "a microsecond before");
    same(covet_key_hash_timestamptz(INT64_MAX), UINT64_C(0xf832fc1d899fe591), "infinity");
    same(covet_key_hash_bytea(NULL, 0), UINT64_C(0x2d06800538d394c2), "no bytes");
    same(covet_key_hash_bytea("", 1), UINT64_C(0xc44bdff4074eecdb), "one zero byte");
    same(covet_key_hash_bytea("\xde\xad\xbe\xef", 4), UINT64_C(0xc5a6ab5effcd7451), "deadbeef");
}

static void the_numbers_and_names_of_types_are_frozen(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "int",         "text", "uuid",
                                        "date", "timestamptz", "bytea"};
    static const uint32_t oids[][4] = {{1042, 1700, 701, 1114},  {21, 23, 20, 20},
                                       {25, 1043, 25, 25},       {2950, 2950, 2950, 2950},
                                       {1082, 1082, 1082, 1082}, {1184, 1184, 1184, 1184},
                                       {17, 17, 17, 17}};
    for (int type = 0; type < (int)COVET_COUNT(names); type++) {
        assert_string_equal(covet_key_type_name((covet_key_type)type), names[type]);
        for (int i = 0; i < 4; i++)
            assert_int_equal(covet__key_type_of(oids[type][i]), type);
    }
    assert_string_equal(covet_key_type_name((covet_key_type)7), "none");
    assert_int_equal(covet__key_type_of(0), COVET_KEY_NONE);
    assert_int_equal(covet__key_type_of(16385), COVET_KEY_NONE);
    refuses(COVET__BPCHAR, "abc", "0A000");
    refuses_wire(COVET__TIMESTAMP, "\0\0\0\0\0\0\0\0", 8, "0A000");
}

static void equal_integers_hash_alike_in_every_width(void **state)
{
    (void)state;
    const uint64_t minus_two = covet_key_hash_int(-2);
    same(of_wire(COVET__INT2, "\xff\xfe", 2), minus_two, "int2");
    same(of_wire(COVET__INT4, "\xff\xff\xff\xfe", 4), minus_two, "int4");
    same(of_wire(COVET__INT8, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8), minus_two, "int8");
    same(of_wire(COVET__INT2, "\x7f\xff", 2), covet_key_hash_int(INT16_MAX), "int2");
    same(of_wire(COVET__INT4, "\x80\0\0\0", 4), covet_key_hash_int(INT32_MIN), "int4");
    same(of_text(COVET__INT2, "-2", 2), minus_two, "int2");
    same(of_text(COVET__INT4, "-2", 2), minus_two, "int4");
    same(of_text(COVET__INT8, "-2", 2), minus_two, "int8");
}

static void binary_values_are_hashed_by_their_own_encoding(void **state)
{
    (void)state;
    const uint8_t uuid[16] = "0123456789abcdef";
    same(of_wire(COVET__UUID, uuid, 16), covet_key_hash_uuid(uuid), "uuid");
    same(of_wire(COVET__DATE, "\xff\xff\xd5\x33", 4), covet_key_hash_date(-10957), "date");
    same(of_wire(COVET__TIMESTAMPTZ, "\xff\xfc\xa2\xfe\xc4\xc8\x20\x00", 8),
         covet_key_hash_timestamptz(-INT64_C(946684800000000)), "timestamptz");
    same(of_wire(COVET__BYTEA, "\0\xff", 2), covet_key_hash_bytea("\0\xff", 2), "bytea");
    same(of_wire(COVET__VARCHAR, "abc ", 4), covet_key_hash_text("abc ", 4), "varchar");
    same(of_wire(COVET__TEXT, NULL, 0), covet_key_hash_text("", 0), "text");
}

static void a_binary_value_of_the_wrong_length_is_refused(void **state)
{
    (void)state;
    static const uint32_t oids[] = {COVET__INT2, COVET__INT4,        COVET__INT8,
                                    COVET__DATE, COVET__TIMESTAMPTZ, COVET__UUID};
    static const size_t widths[] = {2, 4, 8, 4, 8, 16};
    const char bytes[20] = {0};
    for (size_t i = 0; i < COVET_COUNT(oids); i++)
        for (size_t length = 0; length <= sizeof bytes; length++)
            if (length != widths[i])
                refuses_wire(oids[i], bytes, length, "22P03");
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"\x80",         "a\xc0\xaf",        "\xe2\x82",
                                         "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"};
    for (size_t i = 0; i < COVET_COUNT(broken); i++) {
        refuses(COVET__TEXT, broken[i], "22021");
        refuses(COVET__UUID, broken[i], "22021");
        refuses_wire(COVET__VARCHAR, broken[i], strlen(broken[i]), "22021");
    }
    refuses_text(COVET__TEXT, "a\0b", 3, "22021");
    refuses_text(COVET__INT4, "1\0", 2, "22021");
    refuses_text(COVET__BYTEA, "\\x00\0", 5, "22021");
    refuses_wire(COVET__TEXT, "a\0b", 3, "22021");
}

static void integers_are_read_as_postgresql_reads_them(void **state)
{
    (void)state;
    static const char *const sevens[] = {
        "7", "+7", " 7", "7 ", "\t\n\v\f\r 7\r\n", "0000000000007"};
    for (size_t i = 0; i < COVET_COUNT(sevens); i++)
        same(of_text(COVET__INT2, sevens[i], strlen(sevens[i])), covet_key_hash_int(7), sevens[i]);
    same(of_text(COVET__INT4, "-0", 2), covet_key_hash_int(0), "-0");

    static const char *const broken[] = {"",    " ",  "+",   "-",   "+-7",         "- 7", "7.0",
                                         "7e1", "x7", "7 7", "0x7", "2147483648x", "1_0", "7;"};
    for (size_t i = 0; i < COVET_COUNT(broken); i++)
        refuses(COVET__INT4, broken[i], "22P02");

    same(of_text(COVET__INT2, "-32768", 6), covet_key_hash_int(INT16_MIN), "-32768");
    refuses(COVET__INT2, "32768", "22003");
    refuses(COVET__INT2, "-32769", "22003");
    refuses(COVET__INT4, "2147483648", "22003");
    refuses(COVET__INT4, "-2147483649", "22003");
    refuses(COVET__INT4, "2147483649x", "22003");
    refuses(COVET__INT8, "9223372036854775808", "22003");
    refuses(COVET__INT8, "-9223372036854775809", "22003");
    refuses(COVET__INT8, "99999999999999999999999", "22003");
}

static void a_uuid_has_one_hash_in_all_its_spellings(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",    "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",  "a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
        "{A0eEbC999c0B4ef8-bb6D6bb9bd380a11}",
    };
    for (size_t i = 0; i < COVET_COUNT(spellings); i++)
        same(of_text(COVET__UUID, spellings[i], strlen(spellings[i])), UINT64_C(0x55df69482c6d3767),
             spellings[i]);
    static const char *const broken[] = {
        "",
        "{}",
        "a0eebc999c0b4ef8bb6d6bb9bd380a1",
        "a0eebc999c0b4ef8bb6d6bb9bd380a1g",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
        "a0eebc999c0b4ef8bb6d6bb9bd380a1100",
        "a0-eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0ee--bc999c0b4ef8bb6d6bb9bd380a11",
        "-a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11}",
        " a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11 ",
    };
    for (size_t i = 0; i < COVET_COUNT(broken); i++)
        refuses(COVET__UUID, broken[i], "22P02");
}

static void bytea_is_read_in_hex_and_in_escapes(void **state)
{
    (void)state;
    static const char *const deadbeef[] = {"\\xdeadbeef", "\\xDEAD beef", "\\x de\tad\nbe\ref ",
                                           "\\336\\255\\276\\357"};
    for (size_t i = 0; i < COVET_COUNT(deadbeef); i++)
        same(of_text(COVET__BYTEA, deadbeef[i], strlen(deadbeef[i])), UINT64_C(0xc5a6ab5effcd7451),
             deadbeef[i]);
    same(of_text(COVET__BYTEA, "", 0), covet_key_hash_bytea("", 0), "nothing");
    same(of_text(COVET__BYTEA, "\\x", 2), covet_key_hash_bytea("", 0), "nothing in hex");
    same(of_text(COVET__BYTEA, "a\\\\b\\000 '", 10), covet_key_hash_bytea("a\\b\0 '", 6),
         "escapes");
    refuses(COVET__BYTEA, "\\xd", "22023");
    refuses(COVET__BYTEA, "\\xd e", "22023");
    refuses(COVET__BYTEA, "\\xdg", "22023");
    refuses(COVET__BYTEA, "\\Xde", "22P02");
    refuses(COVET__BYTEA, "\\", "22P02");
    refuses(COVET__BYTEA, "\\01", "22P02");
    refuses(COVET__BYTEA, "\\400", "22P02");
    refuses(COVET__BYTEA, "\\018", "22P02");
    refuses(COVET__BYTEA, "caf\xc3\xa9", "0A000");
}

static void *no_memory(size_t size)
{
    (void)size;
    return NULL;
}

static void a_long_bytea_needs_memory_and_says_so(void **state)
{
    (void)state;
    static const covet_allocator empty = {no_memory, realloc, free};
    char bytes[1000], hex[2 + 2 * sizeof bytes + 1] = "\\x";
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(i * 7);
        snprintf(hex + 2 + 2 * i, 3, "%02x", (unsigned)(i * 7) & 0xFF);
    }
    same(of_text(COVET__BYTEA, hex, strlen(hex)), covet_key_hash_bytea(bytes, sizeof bytes), "hex");
    uint64_t hash = 77;
    assert_int_equal(covet_set_allocator(&empty), COVET_OK);
    assert_int_equal(covet__key_hash_text(COVET__BYTEA, hex, strlen(hex), &hash, NULL),
                     COVET_ENOMEM);
    assert_int_equal(covet_set_allocator(NULL), COVET_OK);
    assert_true(hash == 77);
}

static void dates_are_read_in_iso_form_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t days;
    } known[] = {
        {"0001-01-01", -730119}, {"1582-10-15", -152384}, {"1900-02-28", -36466},
        {"1900-03-01", -36465},  {"1970-01-01", -10957},  {"1999-12-31", -1},
        {"2000-01-01", 0},       {"2000-02-29", 59},      {"2024-02-29", 8825},
        {"2024-12-31", 9131},    {"9999-12-31", 2921939},
    };
    for (size_t i = 0; i < COVET_COUNT(known); i++)
        same(of_text(COVET__DATE, known[i].text, 10), covet_key_hash_date(known[i].days),
             known[i].text);
    static const char *const no_day[] = {"0000-01-01", "2024-00-01", "2024-13-01", "2024-01-00",
                                         "2024-01-32", "2023-02-29", "1900-02-29", "2024-04-31"};
    for (size_t i = 0; i < COVET_COUNT(no_day); i++)
        refuses(COVET__DATE, no_day[i], "22008");
    static const char *const others[] = {
        "",         "today",      "infinity",  "-infinity",     "20240101",    "01/02/2024",
        "2024-1-1", "24-01-01",   "2024-01-1", " 2024-01-01",   "2024-01-01 ", "10000-01-01",
        "J2451187", "2024/01/01", "2024-001",  "2024-01-01 BC", "-2024-01-01", "2024-01-01 00:00",
    };
    for (size_t i = 0; i < COVET_COUNT(others); i++)
        refuses(COVET__DATE, others[i], "0A000");
}

static void moments_are_read_with_a_zone_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t usec; /* as PostgreSQL sends it */
    } known[] = {
        {"0001-01-01 00:00:00+00", UINT64_C(0xff1fe2ffc59c6000)},
        {"1970-01-01T00:00:00Z", UINT64_C(0xfffca2fec4c82000)},
        {"1970-01-01 05:30:00+05:30", UINT64_C(0xfffca2fec4c82000)},
        {"1969-12-31 23:59:58-00:00:02", UINT64_C(0xfffca2fec4c82000)},
        {"2024-02-29 23:59:59.999999+05:30", UINT64_C(0x0002b5883737b9ff)},
        {"9999-12-31 23:59:59.999999-15:59:59", UINT64_C(0x0380e718fa667dbf)},
        {"2000-01-01 00:00:00.5+00", UINT64_C(0x000000000007a120)},
        {"2000-01-01T00:00:00.500000-00", UINT64_C(0x000000000007a120)},
    };
    for (size_t i = 0; i < COVET_COUNT(known); i++)
        same(of_text(COVET__TIMESTAMPTZ, known[i].text, strlen(known[i].text)),
             covet_key_hash_timestamptz((int64_t)known[i].usec), known[i].text);
    refuses(COVET__TIMESTAMPTZ, "2024-02-30 00:00:00+00", "22008");
    refuses(COVET__TIMESTAMPTZ, "2024-01-01 25:00:00+00", "22008");
    refuses(COVET__TIMESTAMPTZ, "2024-01-01 00:60:00+00", "22008");
    refuses(COVET__TIMESTAMPTZ, "2024-01-01 00:00:61+00", "22008");
    refuses(COVET__TIMESTAMPTZ, "2024-01-01 00:00:00+16", "22009");
    refuses(COVET__TIMESTAMPTZ, "2024-01-01 00:00:00-00:60", "22009");
    static const char *const others[] = {
        "",
        "now",
        "infinity",
        "2024-01-01",
        "2024-01-01 00:00:00",
        "2024-01-01 00:00+00",
        "2024-01-01 24:00:00+00",
        "2024-01-01 23:59:60+00",
        "2024-01-01 00:00:00.+00",
        "2024-01-01 00:00:00.1234567+00",
        "2024-01-01 00:00:00 +00",
        "2024-01-01 00:00:00+0",
        "2024-01-01 00:00:00+0530",
        "2024-01-01 00:00:00+05:",
        "2024-01-01 00:00:00+05:30:",
        "2024-01-01 00:00:00z",
        "2024-01-01 00:00:00 UTC",
        "2024-01-01 00:00:00 Europe/Berlin",
        "2024-01-01t00:00:00Z",
        "2024-01-01  00:00:00Z",
        "2024-01-01 00:00:00Z ",
        "2024-01-01 00:00:00+00 BC",
    };
    for (size_t i = 0; i < COVET_COUNT(others); i++)
        refuses(COVET__TIMESTAMPTZ, others[i], "0A000");
}

static void a_refusal_names_the_type_and_shows_a_long_value_cut(void **state)
{
    (void)state;
    char text[500];
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    covet_error err;
    uint64_t hash;
    assert_int_equal(covet__key_hash_text(COVET__INT4, text, 400, &hash, &err), COVET_ETYPE);
    assert_contains(err.message, "invalid input syntax for type integer: \"\xc3\xa9");
    assert_contains(err.message, "\xc3\xa9...\"");
    assert_true(strlen(err.message) < 160);
    assert_int_equal(covet__key_hash_text(COVET__DATE, "today", 5, &hash, &err),
                     COVET_EUNSUPPORTED);
    assert_contains(err.message, "pass a typed value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hashes_of_integers_are_frozen),
        cmocka_unit_test(the_hashes_of_other_types_are_frozen),
        cmocka_unit_test(the_numbers_and_names_of_types_are_frozen),
        cmocka_unit_test(equal_integers_hash_alike_in_every_width),
        cmocka_unit_test(binary_values_are_hashed_by_their_own_encoding),
        cmocka_unit_test(a_binary_value_of_the_wrong_length_is_refused),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(integers_are_read_as_postgresql_reads_them),
        cmocka_unit_test(a_uuid_has_one_hash_in_all_its_spellings),
        cmocka_unit_test(bytea_is_read_in_hex_and_in_escapes),
        cmocka_unit_test(a_long_bytea_needs_memory_and_says_so),
        cmocka_unit_test(dates_are_read_in_iso_form_only),
        cmocka_unit_test(moments_are_read_with_a_zone_only),
        cmocka_unit_test(a_refusal_names_the_type_and_shows_a_long_value_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
