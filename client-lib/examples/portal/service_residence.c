/* Household registration: permanent and temporary residence, at the police of the commune. */
#include "service.h"

static const struct choice kinds[] = {
    {"permanent", {"Đăng ký thường trú", "Permanent residence"}},
    {"temporary", {"Đăng ký tạm trú", "Temporary residence"}},
};

static const struct choice homes[] = {
    {"own", {"Nhà của tôi", "I own it"}},
    {"family", {"Ở cùng gia đình", "I live with family"}},
    {"rented", {"Thuê, mượn hoặc ở nhờ", "Rented, borrowed or as a guest"}},
};

static const struct field fields[] = {
    {.name = "address",
     .label = {"Địa chỉ đăng ký cư trú", "Address of residence"},
     .hint = {"Số nhà, đường, phường hoặc xã, tỉnh hoặc thành phố",
              "House number, street, ward or commune, province or city"},
     .claim = "address",
     .complete = "street-address",
     .max = 160},
    {.name = "kind",
     .label = {"Loại đăng ký", "Kind of registration"},
     .choices = kinds,
     .n_choices = sizeof(kinds) / sizeof(kinds[0])},
    {.name = "home",
     .label = {"Chỗ ở hợp pháp", "The home"},
     .choices = homes,
     .n_choices = sizeof(homes) / sizeof(homes[0])},
    {.name = "householder",
     .label = {"Họ và tên chủ hộ", "Name of the head of household"},
     .hint = {"Ghi tên bạn nếu bạn là chủ hộ", "Your own name if it is you"},
     .claim = "name",
     .max = 80},
    {.name = "phone",
     .label = {"Số điện thoại liên hệ", "Telephone"},
     .hint = {"Để cán bộ gọi khi hồ sơ thiếu", "For the officer, if something is missing"},
     .claim = "phone_number",
     .complete = "tel",
     .max = 20,
     .digits = true},
};

const struct service service_residence = {
    .name = "residence",
    .title = {"Cổng đăng ký cư trú", "Residence registration"},
    .agency = {"Công an phường (mẫu)", "Ward police (sample)"},
    .lead = {"Đăng ký thường trú, tạm trú tại nhà. Thông tin đã có thì không phải khai lại.",
             "Register where you live, from home. What is already known you need not type again."},
    .procedure = {"Đăng ký thường trú, tạm trú", "Register a residence"},
    .duration = {"7 ngày làm việc", "7 working days"},
    .fee = {"10.000 đồng khi nhận kết quả", "10,000 đồng when you get the result"},
    .needs = {{"Tài khoản định danh điện tử mức độ 2", "An identity account of level 2"},
              {"Địa chỉ nơi bạn ở", "The address where you live"},
              {"Khoảng 5 phút", "About five minutes"}},
    .why_confirm = {"Hồ sơ cư trú làm thay đổi dữ liệu dân cư của bạn.",
                    "This application changes your entry in the population register."},
    .icon = "M7 19.5 20 8l13 11.5V33H23.5v-8h-7v8H7z",
    .colour = "#a3171f",
    .fields = fields,
    .n_fields = sizeof(fields) / sizeof(fields[0]),
};
