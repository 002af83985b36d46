/* authd.conf(5) against the table of options: names, texts and defaults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "config/config.h"

#define PAGE_MAX (256 * 1024)

/* The page with line breaks as spaces, because sentences are broken where the lines end. */
static char *page(void)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/docs/man/authd.conf.5", getenv("SOURCE_DIR"));
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *text = calloc(1, PAGE_MAX);
    assert_non_null(text);
    assert_true(fread(text, 1, PAGE_MAX - 1, file) > 0);
    fclose(file);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\n' ? ' ' : *c;
    }
    return text;
}

static void every_option_stands_in_the_manual_with_its_default(void **state)
{
    (void)state;
    char *text = page();
    size_t n;
    const struct config_option *options = config_options(&n);
    size_t missing = 0;
    for (size_t i = 0; i < n; i++) {
        char entry[1024];
        (void)snprintf(entry, sizeof entry, ".It Cm %s %s. Type %s", options[i].name,
                       options[i].help, options[i].type);
        const char *at = strstr(text, entry);
        if (at == NULL) {
            print_error("authd.conf.5 lacks '%s'\n", entry);
            missing++;
            continue;
        }
        const char *value = options[i].default_text;
        (void)snprintf(entry, sizeof entry, "; default .Ql %s .", value != NULL ? value : "");
        const char *expected = value == NULL      ? "; must be given."
                               : value[0] == '\0' ? "; empty by default."
                                                  : entry;
        const char *told = strchr(at, ';');
        while (told != NULL && strncmp(told, expected, strlen(expected)) != 0 &&
               strncmp(told, "; default", 9) != 0) {
            told = strchr(told + 1, ';');
        }
        if (told == NULL || strncmp(told, expected, strlen(expected)) != 0) {
            print_error("authd.conf.5: %s: expected '%s'\n", options[i].name, expected);
            missing++;
        }
    }
    free(text);
    assert_int_equal(missing, 0);
}

static void the_manual_has_no_option_that_does_not_exist(void **state)
{
    (void)state;
    char *text = page();
    size_t n, named = 0;
    config_options(&n);
    for (const char *at = text; (at = strstr(at, ".It Cm ")) != NULL; at++) {
        named++;
    }
    free(text);
    assert_int_equal(named, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_stands_in_the_manual_with_its_default),
        cmocka_unit_test(the_manual_has_no_option_that_does_not_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
