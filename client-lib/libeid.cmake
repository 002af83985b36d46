# The library others link: shared with a version script, static with everything of ours hidden, and what
# finds them (pkg-config eid, find_package(eid)).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(eid_objects $<TARGET_OBJECTS:libeid_room> $<TARGET_OBJECTS:jose_room> $<TARGET_OBJECTS:base_room>)
set(eid_needs PkgConfig::CURL PkgConfig::CRYPTO PkgConfig::JANSSON Threads::Threads)

add_library(eid SHARED ${eid_objects})
set_target_properties(eid PROPERTIES LINKER_LANGUAGE C VERSION 1.0.0 SOVERSION 1
    LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/exports.map)
target_include_directories(eid INTERFACE
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
target_link_libraries(eid PRIVATE ${eid_needs})
target_link_options(eid PRIVATE -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/exports.map)

# One object whose hidden symbols are made local, so that a program may have a base or jose of its own, and of machine
# code only: what the daemon's own optimisation goes by is for one version of one compiler.
set(eid_object ${CMAKE_CURRENT_BINARY_DIR}/eid_static.o)
add_custom_command(OUTPUT ${eid_object}
    COMMAND ${CMAKE_LINKER} -r -o ${eid_object} ${eid_objects}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden --wildcard --remove-section=.gnu.lto_*
        --remove-section=.gnu.debuglto_* ${eid_object}
    DEPENDS libeid_room jose_room base_room ${eid_objects}
    COMMAND_EXPAND_LISTS VERBATIM)
add_library(eid_static STATIC ${eid_object})
set_target_properties(eid_static PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME eid)
target_include_directories(eid_static INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/include)
target_link_libraries(eid_static INTERFACE ${eid_needs})

# Relative, so that `cmake --install --prefix` elsewhere is found as well.
file(RELATIVE_PATH eid_pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" eid_pc_up "${eid_pc_up}")
configure_file(eid.pc.in ${CMAKE_CURRENT_BINARY_DIR}/eid.pc @ONLY)
configure_file(eid-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/eid-config.cmake @ONLY)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/eid-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(TARGETS eid eid_static
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libeid NAMELINK_COMPONENT libeid-dev
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libeid-dev)
install(DIRECTORY include/eid DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT libeid-dev
    FILES_MATCHING PATTERN "*.h")
file(GLOB eid_manual CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/eid*.3)
install(FILES ${eid_manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 COMPONENT libeid-dev)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/eid.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT libeid-dev)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/eid-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/eid-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/eid COMPONENT libeid-dev)
