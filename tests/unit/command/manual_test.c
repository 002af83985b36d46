/* authctl(8) against the table of commands: what stands between `.\" begin NAME` and `.\" end NAME`
 * is made from the table.  UPDATE_MANUAL=1 writes it anew instead of comparing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "command/command.h"

#define PAGE_MAX (256 * 1024)

static void path_of_page(char path[512])
{
    (void)snprintf(path, 512, "%s/docs/man/authctl.8", getenv("SOURCE_DIR"));
}

static char *page_read(void)
{
    char path[512];
    path_of_page(path);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *text = calloc(1, PAGE_MAX);
    assert_non_null(text);
    assert_true(fread(text, 1, PAGE_MAX - 1, file) > 0);
    fclose(file);
    return text;
}

static size_t cut(const char *text, size_t n)
{
    size_t end = n;
    while (end && text[end] != ' ') {
        end--;
    }
    return end ? end : n;
}

/* One sentence a line, lines of at most 80; no line begins with what mdoc takes for a request. */
static void put_text(FILE *to, const char *text)
{
    while (*text) {
        size_t n = strlen(text);
        for (size_t i = 0; i + 1 < n; i++) {
            if ((text[i] == '.' || text[i] == '?') && text[i + 1] == ' ') {
                n = i + 1;
            }
        }
        n = n > 80 ? cut(text, 80) : n;
        fprintf(to, "%s%.*s\n", text[0] == '.' || text[0] == '\'' ? "\\&" : "", (int)n, text);
        text += n;
        text += strspn(text, " ");
    }
}

static void put_option_usage(FILE *to, const struct command_option *o, bool in_line)
{
    if (in_line && !o->required) {
        fprintf(to, " Oo");
    }
    fprintf(to, " Fl Fl %s", o->name);
    if (o->value) {
        fprintf(to, " Ar %s", o->value);
    }
    if (in_line && !o->required) {
        fprintf(to, " Oc");
    }
}

static bool is_operand(const struct command *c, const struct command_option *o)
{
    return c->operand && !strcmp(c->operand, o->name);
}

static void put_command(FILE *to, const struct command *c)
{
    fprintf(to, ".It Ic %s", c->words);
    if (c->operand) {
        fprintf(to, c->operand_optional ? " Oo Ar %s Oc" : " Ar %s", c->operand);
    }
    for (const struct command_option *o = c->options; o->name; o++) {
        if (o->type != COMMAND_SECRET && o->type != COMMAND_ROWS && !is_operand(c, o)) {
            put_option_usage(to, o, true);
        }
    }
    fputc('\n', to);
    put_text(to, c->help);
    if (c->danger) {
        fprintf(to, "Asks first");
        if (c->danger_option) {
            fprintf(to, " with\n.Fl Fl %s", c->danger_option);
        }
        fprintf(to, ":\n");
        put_text(to, c->danger);
    }
    if (!c->options->name) {
        return;
    }
    fprintf(to, ".Bl -tag -width indent\n");
    for (const struct command_option *o = c->options; o->name; o++) {
        if (o->type == COMMAND_ROWS) {
            continue;
        }
        fprintf(to, ".It");
        if (o->type == COMMAND_SECRET) {
            fprintf(to, " (standard input)");
        } else {
            put_option_usage(to, o, false);
        }
        fputc('\n', to);
        char text[512];
        (void)snprintf(text, sizeof text, "%s.", o->help);
        put_text(to, text);
    }
    fprintf(to, ".El\n");
}

static void put_commands(FILE *to)
{
    for (const struct command_group *const *g = COMMAND_GROUPS; *g; g++) {
        fprintf(to, ".Ss %s\n.Bl -tag -width Ds\n", (*g)->title);
        for (size_t i = 0; i < (*g)->n; i++) {
            put_command(to, &(*g)->commands[i]);
        }
        fprintf(to, ".El\n");
    }
}

static void put_exits(FILE *to)
{
    fprintf(to, ".Bl -tag -width Ds -compact\n");
    for (size_t i = 0; i < command_exit_count(); i++) {
        fprintf(to, ".It %zu\n", i);
        put_text(to, COMMAND_EXITS[i]);
    }
    fprintf(to, ".El\n");
}

static void put_examples(FILE *to)
{
    fprintf(to, ".Bd -literal\n");
    for (size_t i = 0; i < command_count(); i++) {
        fprintf(to, "%s$ ", i ? "\n" : "");
        for (const char *c = command_at(i)->examples; *c; c++) {
            if (*c == '\n') {
                fprintf(to, "\n$ ");
            } else if (*c == '-' || *c == '\\') {
                fprintf(to, *c == '-' ? "\\-" : "\\e");
            } else {
                fputc(*c, to);
            }
        }
    }
    fprintf(to, "\n.Ed\n");
}

static const struct {
    const char *name;
    void (*put)(FILE *to);
} PARTS[] = {{"commands", put_commands}, {"exits", put_exits}, {"examples", put_examples}};
#define N_PARTS (sizeof PARTS / sizeof PARTS[0])

/* The page with every generated part made anew. */
static char *page_made(const char *page)
{
    char *made = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&made, &n);
    assert_non_null(to);
    for (size_t i = 0; i < N_PARTS; i++) {
        char begin[64], end[64];
        (void)snprintf(begin, sizeof begin, ".\\\" begin %s\n", PARTS[i].name);
        (void)snprintf(end, sizeof end, ".\\\" end %s\n", PARTS[i].name);
        const char *from = strstr(page, begin);
        const char *until = strstr(page, end);
        if (!from || !until || until < from) {
            print_error("authctl.8 has no lines '%s' and '%s' in this order\n", begin, end);
            assert_true(false);
        }
        from += strlen(begin);
        fwrite(page, 1, (size_t)(from - page), to);
        PARTS[i].put(to);
        page = until;
    }
    fputs(page, to);
    fclose(to);
    return made;
}

static void the_generated_parts_say_what_the_table_says(void **state)
{
    (void)state;
    char *page = page_read();
    char *made = page_made(page);
    if (strcmp(page, made) != 0 && getenv("UPDATE_MANUAL")) {
        char path[512];
        path_of_page(path);
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        assert_true(fputs(made, file) >= 0);
        assert_int_equal(fclose(file), 0);
    } else if (strcmp(page, made) != 0) {
        size_t at = 0;
        while (page[at] == made[at]) {
            at++;
        }
        while (at && page[at - 1] != '\n') {
            at--;
        }
        print_error("authctl.8 differs from the table of commands: it has\n  %.*s\nnot\n  %.*s\n"
                    "UPDATE_MANUAL=1 with this test writes it anew\n",
                    (int)strcspn(page + at, "\n"), page + at, (int)strcspn(made + at, "\n"),
                    made + at);
        assert_true(false);
    }
    free(page);
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generated_parts_say_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
