/* The cheapest way to write a password down: known parts count one each, other characters one each.
 * What costs less than PASSWORD_LEFT_MIN is guessed early.  Must not demand kinds of characters. */
#include "verifier/password_rules.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "identity/normal.h"
#include "verifier/obvious_words.h"
#include "verifier/fold.h"

#define OWN_MAX 48
#define NUMBERS_MAX 4
#define OWN_WORD_MIN 2
#define NUMBER_PART_MIN 4
#define PART_MAX 40 /* longer than any known word */
#define RUN_MIN 3
#define BLOCK_MIN 3

/* Words and numbers that others can know. */
struct known {
    struct str words[OWN_MAX]; /* folded ASCII */
    size_t n_words;
    struct str numbers[NUMBERS_MAX]; /* digits; any part of them is known */
    size_t n_numbers;
};

static void know_word(struct known *k, struct str word)
{
    if (word.n >= OWN_WORD_MIN && k->n_words < OWN_MAX) {
        k->words[k->n_words++] = word;
    }
}

/* Every word of a text, and all of them together. */
static void know_text(struct arena *a, struct known *k, struct str text)
{
    struct str plain = fold_ascii(a, fold_text(a, text));
    char *together = arena_alloc(a, plain.n + 1);
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= plain.n; i++) {
        bool inside = i < plain.n && ((plain.p[i] >= 'a' && plain.p[i] <= 'z') ||
                                      (plain.p[i] >= '0' && plain.p[i] <= '9'));
        if (inside) {
            together[n++] = plain.p[i];
            continue;
        }
        know_word(k, str_of(plain.p + from, i - from));
        from = i + 1;
    }
    know_word(k, str_of(together, n));
}

static void know_number(struct arena *a, struct known *k, struct str number)
{
    char *digits = arena_alloc(a, number.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < number.n; i++) {
        if (number.p[i] >= '0' && number.p[i] <= '9') {
            digits[n++] = number.p[i];
        }
    }
    if (n >= NUMBER_PART_MIN && k->n_numbers < NUMBERS_MAX) {
        k->numbers[k->n_numbers++] = str_of(digits, n);
    }
}

/* 1990-04-30 in the orders people write it. */
static void know_birthdate(struct arena *a, struct known *k, struct str date)
{
    struct str y = str_of(date.p, date.n >= 4 ? 4 : 0);
    struct str m = date.n >= 7 ? str_of(date.p + 5, 2) : STR("");
    struct str d = date.n >= 10 ? str_of(date.p + 8, 2) : STR("");
    if (y.n == 0) {
        return;
    }
    struct str yy = str_of(y.p + 2, 2);
    const struct str orders[][3] = {
        {y, m, d},       {d, m, y},      {m, d, y},       {yy, m, d},
        {d, m, yy},      {m, d, yy},     {m, y, STR("")}, {y, STR(""), STR("")},
        {d, m, STR("")}, {m, d, STR("")}};
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        know_word(k, str_fmt(a, "%.*s%.*s%.*s", STR_FMT(orders[i][0]), STR_FMT(orders[i][1]),
                             STR_FMT(orders[i][2])));
    }
}

static void know_owner(struct arena *a, const struct password_rules *rules,
                       const struct password_owner *who, struct known *k)
{
    know_text(a, k, rules->host);
    if (who == NULL) {
        return;
    }
    know_text(a, k, who->name);
    know_text(a, k, str_of(who->email.p, str_find(who->email, '@')));
    know_birthdate(a, k, who->birthdate);
    know_number(a, k, who->personal_number);
    know_number(a, k, who->phone);
    if (str_starts(who->phone, STR("+84"))) { /* at home it is written with 0 */
        know_number(a, k, str_fmt(a, "0%.*s", (int)who->phone.n - 3, who->phone.p + 3));
    }
}

/* The ASCII text of a part; false when it has anything else. */
static bool part_ascii(const int32_t *c, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        if (c[i] <= 0 || c[i] > 127) {
            return false;
        }
        out[i] = (char)c[i];
    }
    return true;
}

static bool is_beside(int32_t from, int32_t to, int step)
{
    /* rows, and the columns and zigzags as they are typed */
    static const char *const rows[] = {"1234567890",
                                       "qwertyuiop",
                                       "asdfghjkl",
                                       "zxcvbnm",
                                       "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
                                       "1q2w3e4r5t6y7u8i9o0p"};
    bool letters = from >= 'a' && from <= 'z' && to >= 'a' && to <= 'z';
    bool digits = from >= '0' && from <= '9' && to >= '0' && to <= '9';
    if ((letters || digits) && to - from == step) {
        return true;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *at = from > 0 && from < 128 ? strchr(rows[i], (char)from) : NULL;
        const char *next = to > 0 && to < 128 ? strchr(rows[i], (char)to) : NULL;
        if (at != NULL && next != NULL && next - at == step) {
            return true;
        }
    }
    return false;
}

/* One character again and again, or a walk along the keyboard, the alphabet or the digits. */
static bool is_run(const int32_t *c, size_t n)
{
    bool same = n >= RUN_MIN, up = same, down = same;
    for (size_t i = 1; i < n && (same || up || down); i++) {
        same = same && c[i] == c[i - 1];
        up = up && is_beside(c[i - 1], c[i], 1);
        down = down && is_beside(c[i - 1], c[i], -1);
    }
    return same || up || down;
}

static bool in_range(const char *digits, size_t n, int low, int high)
{
    int v = 0;
    for (size_t i = 0; i < n; i++) {
        v = v * 10 + (digits[i] - '0');
    }
    return v >= low && v <= high;
}

/* A year of ours, or a whole date in any order. */
static bool is_date(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
    }
#define DAY(at) in_range(s + (at), 2, 1, 31)
#define MONTH(at) in_range(s + (at), 2, 1, 12)
#define CENTURY(at) in_range(s + (at), 4, 1900, 2099)
    switch (n) {
    case 4:
        return CENTURY(0);
    case 6:
        return (DAY(0) && MONTH(2)) || (MONTH(2) && DAY(4)) || (MONTH(0) && CENTURY(2)) ||
               (CENTURY(0) && MONTH(4));
    case 8:
        return (DAY(0) && MONTH(2) && CENTURY(4)) || (MONTH(0) && DAY(2) && CENTURY(4)) ||
               (CENTURY(0) && MONTH(4) && DAY(6));
    default:
        return false;
    }
#undef DAY
#undef MONTH
#undef CENTURY
}

static bool is_known(const struct known *k, struct str part)
{
    for (size_t i = 0; i < k->n_words; i++) {
        if (str_eq(k->words[i], part)) {
            return true;
        }
    }
    for (size_t i = 0; i < k->n_numbers && part.n >= NUMBER_PART_MIN; i++) {
        if (part.n <= k->numbers[i].n &&
            memmem(k->numbers[i].p, k->numbers[i].n, part.p, part.n) != NULL) {
            return true;
        }
    }
    return false;
}

static bool is_one_part(const struct known *k, const int32_t *c, size_t n)
{
    char text[PART_MAX];
    if (is_run(c, n)) {
        return true;
    }
    if (n > sizeof(text) || !part_ascii(c, n, text)) {
        return false;
    }
    return (n <= OBVIOUS_WORD_MAX && obvious_word(str_of(text, n))) || is_date(text, n) ||
           is_known(k, str_of(text, n));
}

/* The fewest parts a text is made of.  cost[i]: of its first i characters. */
static size_t parts_of(struct arena *a, const struct known *k, struct folded text)
{
    size_t *cost = arena_array(a, text.n + 1, sizeof(*cost));
    for (size_t end = 1; end <= text.n; end++) {
        cost[end] = cost[end - 1] + 1;
        for (size_t n = 2; n <= end; n++) {
            size_t from = end - n;
            bool again = n >= BLOCK_MIN && from >= n && cost[from] < cost[end] &&
                         memcmp(text.c + from - n, text.c + from, n * sizeof(*text.c)) == 0;
            if (again) {
                cost[end] = cost[from]; /* saying it twice adds nothing */
            } else if (cost[from] + 1 < cost[end] && is_one_part(k, text.c + from, n)) {
                cost[end] = cost[from] + 1;
            }
        }
    }
    return cost[text.n];
}

/* In all disguises: as it is, with p@55w0rd read as letters, and without what stands between. */
static size_t left_of(struct arena *a, const struct known *k, struct str password)
{
    struct folded text = fold_text(a, password);
    struct folded forms[3] = {text, fold_leet(a, text, 'i'), fold_leet(a, text, 'l')};
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < 3; i++) {
        size_t dropped;
        size_t whole = parts_of(a, k, forms[i]);
        struct folded bare = fold_bare(a, forms[i], &dropped);
        size_t without = parts_of(a, k, bare) + dropped;
        whole = without < whole ? without : whole;
        least = whole < least ? whole : least;
    }
    return least;
}

/* spec: NIST SP 800-63B §3.1.1.2:length, §3.1.1.2:codepoint, §3.1.1.2:blocklist SHALL;
 * §3.1.1.2:composition and §3.1.1.2:periodic SHALL NOT */
enum password_fault password_judge(struct arena *a, const struct password_rules *rules,
                                   const struct password_owner *owner, struct str password)
{
    struct known common = {.n_words = 0}, own = {.n_words = 0};
    if (text_length(password) < rules->length_min) {
        return PASSWORD_SHORT;
    }
    if (blocklist_has(a, rules->listed, password)) {
        return PASSWORD_LISTED;
    }
    know_owner(a, rules, owner, &own);
    size_t unknown = left_of(a, &own, password);
    if (unknown >= PASSWORD_LEFT_MIN) {
        return PASSWORD_FINE;
    }
    size_t left = left_of(a, &common, password); /* never less */
    return unknown < left ? PASSWORD_OWN : PASSWORD_COMMON;
}

/* spec: NIST SP 800-63B §3.1.1.2:reason SHALL provide the reason for rejection */
struct str password_fault_text(struct arena *a, enum password_fault fault, size_t length_min)
{
    switch (fault) {
    case PASSWORD_FINE:
        return STR("the password may be set");
    case PASSWORD_SHORT:
        return str_fmt(a, "it has fewer than %zu characters; join several words, spaces count",
                       length_min);
    case PASSWORD_LONG:
        return STR("it has more than 256 characters; take a shorter one");
    case PASSWORD_CHARACTERS:
        return STR("it has control, invisible or unknown characters; leave them out");
    case PASSWORD_LISTED:
        return STR("it stands on the list of passwords not to be used; choose another");
    case PASSWORD_COMMON:
        return STR("it is little more than common words, repetitions, keyboard runs or dates; add "
                   "words that do not belong together");
    case PASSWORD_OWN:
        return STR("it is little more than the person's name, birth date, numbers or the "
                   "service's name; add words that have nothing to do with the person");
    case PASSWORD_SAME:
        return STR("it is the present password; choose another");
    }
    bug("password fault %d", (int)fault);
}
