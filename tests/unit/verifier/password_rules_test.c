/* Rules for new passwords: a table of refusals first, then what must be accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "identity/normal.h"
#include "verifier/obvious_words.h"
#include "verifier/opaque.h"
#include "verifier/password_rules.h"

static const struct password_owner AN = {
    .name = {"Nguyễn Thị Thuỳ Dương", sizeof("Nguyễn Thị Thuỳ Dương") - 1},
    .birthdate = {"1987-11-23", 10},
    .personal_number = {"079187654321", 12},
    .phone = {"+84912345098", 12},
    .email = {"thuyduong.ketoan@congty.example", sizeof("thuyduong.ketoan@congty.example") - 1},
};

static enum password_fault judge_with(size_t length_min, const struct blocklist *listed,
                                      const struct password_owner *owner, const char *typed)
{
    struct arena *a = arena_new(0);
    struct password_rules rules = {
        .length_min = length_min, .host = STR("dangnhap.tinhkhanhhoa.example"), .listed = listed};
    struct str password;
    assert_int_equal(password_normalise(a, str_from(typed), &password), OK);
    enum password_fault fault = password_judge(a, &rules, owner, password);
    assert_true(str_is(password_fault_text(a, fault, length_min)));
    arena_free(a);
    return fault;
}

static enum password_fault judge(const char *typed)
{
    return judge_with(15, NULL, &AN, typed);
}

/* spec: NIST SP 800-63B §3.1.1.2:length, §3.1.1.2:codepoint, §3.1.1.2:blocklist, §3.1.1.2:reason */
static void refuses_what_is_guessed_first(void **state)
{
    (void)state;
    size_t wrong = 0;
    static const struct {
        enum password_fault fault;
        const char *typed;
    } all[] = {
        {PASSWORD_SHORT, "a"},
        {PASSWORD_SHORT, "x7#kQ!vB2&mZp9"},                 /* 14, whatever they are */
        {PASSWORD_SHORT, "ữữữữữữữữữữữữữữ"},                 /* 14 code points, 42 bytes */
        {PASSWORD_SHORT, "u\xcc\x9b\xcc\x83 bảy tám chín"}, /* 16 typed, 14 counted */
        {PASSWORD_COMMON, "aaaaaaaaaaaaaaaaaaaa"},
        {PASSWORD_COMMON, "               "},
        {PASSWORD_COMMON, "cá cá cá cá cá cá cá cá"},
        {PASSWORD_COMMON, "abababababababababab"},
        {PASSWORD_COMMON, "123456789012345"},
        {PASSWORD_COMMON, "9876543210987654"},
        {PASSWORD_COMMON, "abcdefghijklmnopqrst"},
        {PASSWORD_COMMON, "qwertyuiopasdfghjkl"},
        {PASSWORD_COMMON, "1qaz2wsx3edc4rfv"},
        {PASSWORD_COMMON, "zxcvbnm,zxcvbnm,"},
        {PASSWORD_COMMON, "passwordpassword"},
        {PASSWORD_COMMON, "Password12345678"},
        {PASSWORD_COMMON, "P@ssw0rd P@ssw0rd"},
        {PASSWORD_COMMON, "p.a.s.s.w.o.r.d.1.2.3"},
        {PASSWORD_COMMON, "5ecur1ty!5ecur1ty!"},
        {PASSWORD_COMMON, "Summer2026!Winter2027!"},
        {PASSWORD_COMMON, "ILoveYouForever!!!!!"},
        {PASSWORD_COMMON, "30041975 30041975 30041975"},
        {PASSWORD_COMMON, "mậtkhẩu123456789"},
        {PASSWORD_COMMON, "Mật khẩu của tôi 2026"},
        {PASSWORD_COMMON, "ANHYEUEMANHYEUEM"},
        {PASSWORD_COMMON, "yêu em mãi mãi 1999"},
        {PASSWORD_COMMON, "Việt Nam vô địch 2026!"},
        {PASSWORD_COMMON, "hànội hànội hànội"},
        {PASSWORD_COMMON, "vneid.vneid.vneid.vneid"},
        {PASSWORD_COMMON, "DinhDanhDienTu2026"},
        {PASSWORD_COMMON, "taikhoan@dichvucong1"},
        {PASSWORD_OWN, "Nguyễn Thị Thuỳ Dương"},
        {PASSWORD_OWN, "nguyenthithuyduong1987"},
        {PASSWORD_COMMON, "DuongThuyThiNguyen!!"},
        {PASSWORD_COMMON, "Du0ngThuyN9uyen1987"},
        {PASSWORD_OWN, "thuyduong23111987"},
        {PASSWORD_COMMON, "19871123 Duong 19871123"},
        {PASSWORD_OWN, "079187654321079187"},
        {PASSWORD_OWN, "thuỳ dương 187654321"},
        {PASSWORD_OWN, "0912345098 0912345098"},
        {PASSWORD_OWN, "+84912345098 duong"},
        {PASSWORD_OWN, "thuyduong.ketoan1987"},
        {PASSWORD_OWN, "tinhkhanhhoa.example"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        enum password_fault fault = judge(all[i].typed);
        if (fault != all[i].fault) {
            print_error("%s: %d instead of %d\n", all[i].typed, (int)fault, (int)all[i].fault);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void refuses_common_passwords_whatever_the_length_asked_for(void **state)
{
    (void)state;
    size_t wrong = 0;
    static const char *const all[] = {"password",    "12345678",   "qwerty123",
                                      "iloveyou",    "matkhau123", "Passw0rd!",
                                      "vietnam1975", "abc12345",   "1q2w3e4r"};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (judge_with(8, NULL, NULL, all[i]) != PASSWORD_COMMON) {
            print_error("%s\n", all[i]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void refuses_what_stands_on_the_operators_list_however_it_is_written(void **state)
{
    (void)state;
    struct blocklist *list;
    assert_int_equal(
        blocklist_parse(STR("cà phê muối vỉa hè\r\n\n\xff\xfe\ntrâu đen gặm cỏ khuya"), &list), OK);
    assert_int_equal(blocklist_count(list), 2);
    assert_int_equal(judge_with(15, list, NULL, "cà phê muối vỉa hè"), PASSWORD_LISTED);
    assert_int_equal(judge_with(15, list, NULL, "CaPheMuoi-ViaHe"), PASSWORD_LISTED);
    assert_int_equal(judge_with(15, list, NULL, "trau den gam co khuya!"), PASSWORD_LISTED);
    assert_int_equal(judge_with(15, list, NULL, "cà phê muối vỉa hè kia"), PASSWORD_FINE);
    blocklist_free(&list);
    assert_int_equal(judge_with(15, NULL, NULL, "cà phê muối vỉa hè"), PASSWORD_FINE);
}

static void refuses_a_list_that_can_not_be_read(void **state)
{
    (void)state;
    struct blocklist *list = NULL;
    assert_int_equal(blocklist_read("/nonexistent/blocklist", &list), ERR_INPUT);
    assert_int_equal(blocklist_read("/", &list), ERR_INPUT);
    assert_null(list);
    assert_int_equal(blocklist_read("", &list), OK);
    assert_null(list);
}

/* spec: NIST SP 800-63B §3.1.1.2:maximum, §3.1.1.2:unicode, §3.1.1.2:composition, §3.1.1.2:periodic
 */
static void takes_whatever_is_long_and_odd_enough(void **state)
{
    (void)state;
    size_t wrong = 0;
    static const char *const all[] = {
        "correct horse battery staple",
        "con trâu đi qua cầu khỉ",
        "ốc luộc lá chanh vỉa hè",
        "xe lam chở sầu riêng lên dốc",
        "kwzmrtbhqxvlpno", /* 15 letters: no other kinds are asked for */
        "482915067384926", /* digits alone */
        "ữữạốặệỷộằảđẹỗẻỉ",
        "пятнадцать букв кириллицы",
        "七転八起して九死に一生を得たと思った猫",
        "  leading and trailing gaps  ",
        "x7#kQ!vB2&mZp9*",
        "%&#*!?~^$@+=<>{",
        "Thuỳ Dương thích ăn ốc luộc lá chanh", /* one's name in a long phrase may stay */
        "ba con mèo gặm 1987 bánh xèo nguội",
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        enum password_fault fault = judge(all[i]);
        if (fault != PASSWORD_FINE) {
            print_error("%s: %d\n", all[i], (int)fault);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    char many[PASSWORD_LENGTH_MAX + 1];
    for (size_t i = 0; i < PASSWORD_LENGTH_MAX; i++) {
        many[i] = "kwzmrtbhqxvlpno9"[(i * i + i / 7) % 16];
    }
    many[PASSWORD_LENGTH_MAX] = '\0';
    assert_int_equal(judge(many), PASSWORD_FINE);
    for (size_t i = 0; i < PASSWORD_LENGTH_MAX; i++) { /* however often it is said */
        many[i] = "qweasd1!Zx"[i % 10];
    }
    assert_int_equal(judge(many), PASSWORD_COMMON);
    for (size_t i = 0; i < PASSWORD_LENGTH_MAX; i++) {
        many[i] = "kwzmrtbhqxvlpno9"[(i * i + i / 7) % 16];
    }
    many[64] = '\0';
    assert_int_equal(judge(many), PASSWORD_FINE);
}

static void a_stranger_may_use_the_name_of_another(void **state)
{
    (void)state;
    struct password_owner other = {.name = STR("Lê Văn Bảy"), .birthdate = STR("1960")};
    assert_int_equal(judge("duong thuy ketoan 23/11"), PASSWORD_OWN);
    assert_int_equal(judge_with(15, NULL, &other, "duong thuy ketoan 23/11"), PASSWORD_FINE);
}

static void the_words_are_plain_sorted_and_single(void **state)
{
    (void)state;
    assert_true(obvious_word_count() > 700);
    for (size_t i = 0; i < obvious_word_count(); i++) {
        struct str w = obvious_word_at(i);
        assert_true(w.n >= 3 && w.n <= OBVIOUS_WORD_MAX);
        for (size_t k = 0; k < w.n; k++) {
            assert_true(w.p[k] >= 'a' && w.p[k] <= 'z');
        }
        assert_true(obvious_word(w));
        assert_false(i > 0 && str_eq(w, obvious_word_at(i - 1)));
    }
    assert_false(obvious_word(STR("")));
    assert_false(obvious_word(STR("zzzz")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_guessed_first),
        cmocka_unit_test(refuses_common_passwords_whatever_the_length_asked_for),
        cmocka_unit_test(refuses_what_stands_on_the_operators_list_however_it_is_written),
        cmocka_unit_test(refuses_a_list_that_can_not_be_read),
        cmocka_unit_test(takes_whatever_is_long_and_odd_enough),
        cmocka_unit_test(a_stranger_may_use_the_name_of_another),
        cmocka_unit_test(the_words_are_plain_sorted_and_single),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
