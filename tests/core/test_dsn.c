#include "support/cmocka_all.h"

#include "core/dsn.h"

static covet__dsn *parsed(const char *text)
{
    covet__dsn *dsn = NULL;
    covet_error err;
    assert_ok(covet__dsn_parse(text, &dsn, &err), &err);
    return dsn;
}

static void hosts_are_taken_apart_with_their_ports(void **state)
{
    (void)state;
    COVET_AUTO(covet__dsn) dsn = parsed("host=a,b port=1,2 dbname=x");
    assert_int_equal(covet__dsn_hosts(dsn), 2);
    assert_string_equal(covet__dsn_host(dsn, 1), "b");
    assert_string_equal(covet__dsn_port(dsn, 1), "2");
    COVET_AUTO(covet__dsn) same = parsed("postgresql://h1,h2:77/x?application_name=me");
    assert_string_equal(covet__dsn_host(same, 1), "h2");
    assert_string_equal(covet__dsn_get(same, "application_name"), "me");
    COVET_AUTO(covet__dsn) one_port = parsed("host=a,b port=7");
    assert_string_equal(covet__dsn_port(one_port, 1), "7");
}

static void a_printed_dsn_has_no_password(void **state)
{
    (void)state;
    COVET_AUTO(covet__dsn) dsn = parsed("host=h user=u password='it\\'s secret' dbname=d");
    covet__str text = {0};
    covet__dsn_print(dsn, &text);
    assert_null(strstr(covet__str_text(&text), "secret"));
    assert_contains(covet__str_text(&text), "host='h'");
    covet__str_free(&text);
    covet__dsn_describe(dsn, 0, &text);
    assert_string_equal(covet__str_text(&text), "h:5432/d");
    covet__str_free(&text);
}

static void bad_syntax_is_told_without_a_password(void **state)
{
    (void)state;
    static const char *const bad[] = {"host=a password='s3cret", "s3cret", "password=s3cret s3cret",
                                      "postgresql://u:s3cret@[h", "postgresql://u:s3cret%zz@h"};
    for (size_t i = 0; i < COVET_COUNT(bad); i++) {
        covet__dsn *dsn = NULL;
        covet_error err;
        assert_int_equal(covet__dsn_parse(bad[i], &dsn, &err), COVET_EINVAL);
        assert_null(dsn);
        assert_null(strstr(err.message, "s3cret"));
        assert_contains(err.message, "connection string: ");
    }
}

static void the_environment_fills_what_is_missing(void **state)
{
    (void)state;
    setenv("PGHOST", "from.env", 1);
    setenv("PGAPPNAME", "env app", 1);
    COVET_AUTO(covet__dsn) dsn = parsed("dbname=d");
    unsetenv("PGHOST");
    unsetenv("PGAPPNAME");
    assert_string_equal(covet__dsn_host(dsn, 0), "from.env");
    assert_string_equal(covet__dsn_get(dsn, "application_name"), "env app");
    covet__str text = {0};
    covet__dsn_print(dsn, &text);
    assert_string_equal(covet__str_text(&text), "dbname='d'");
    covet__str_free(&text);
}

static void a_service_is_followed(void **state)
{
    (void)state;
    char path[] = "/tmp/covet-service-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    fputs("[blog]\nhost=svc.example\nport=777\npassword=s3cret\n", file);
    fclose(file);
    setenv("PGSERVICEFILE", path, 1);
    COVET_AUTO(covet__dsn) dsn = parsed("service=blog dbname=mine");
    covet__dsn *none = NULL;
    covet_error err;
    assert_int_equal(covet__dsn_parse("service=nowhere", &none, &err), COVET_EINVAL);
    unsetenv("PGSERVICEFILE");
    remove(path);
    assert_contains(err.message, "nowhere");
    assert_string_equal(covet__dsn_host(dsn, 0), "svc.example");
    assert_string_equal(covet__dsn_port(dsn, 0), "777");
    assert_string_equal(covet__dsn_get(dsn, "dbname"), "mine");
    assert_string_equal(covet__dsn_get(dsn, "password"), "s3cret");
}

static void credentials_are_inherited_and_places_are_not(void **state)
{
    (void)state;
    COVET_AUTO(covet__dsn)
    from = parsed("host=home port=1 user=u password=p dbname=a sslmode=require");
    COVET_AUTO(covet__dsn) dsn = parsed("host=member port=2 dbname=b");
    assert_int_equal(covet__dsn_inherit(dsn, from), COVET_OK);
    assert_string_equal(covet__dsn_host(dsn, 0), "member");
    assert_string_equal(covet__dsn_get(dsn, "dbname"), "b");
    assert_string_equal(covet__dsn_get(dsn, "user"), "u");
    assert_string_equal(covet__dsn_get(dsn, "password"), "p");
    assert_string_equal(covet__dsn_get(dsn, "sslmode"), "require");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_taken_apart_with_their_ports),
        cmocka_unit_test(a_printed_dsn_has_no_password),
        cmocka_unit_test(bad_syntax_is_told_without_a_password),
        cmocka_unit_test(the_environment_fills_what_is_missing),
        cmocka_unit_test(a_service_is_followed),
        cmocka_unit_test(credentials_are_inherited_and_places_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
