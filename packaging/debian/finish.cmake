# Run by cpack before it closes the packages: what Debian's policy wants of each (chapter 12): its copyright, its
# changelog, manual pages compressed.  `cmake --install` leaves manual pages as they are.
set(package_of_libeid libeid1)
file(GLOB roots LIST_DIRECTORIES true ${CPACK_TEMPORARY_DIRECTORY}/*)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # or SOURCE_DATE_EPOCH
foreach(root IN LISTS roots)
    get_filename_component(package ${root} NAME)
    if(NOT IS_DIRECTORY ${root}/usr)
        continue()
    elseif(DEFINED package_of_${package})
        set(package ${package_of_${package}})
    endif()
    set(doc ${root}/usr/share/doc/${package})
    file(COPY ${CMAKE_CURRENT_LIST_DIR}/copyright DESTINATION ${doc})
    file(WRITE ${doc}/changelog "authd (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium\n\n"
        "  * What is new is told in CHANGELOG.md of the source.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
    file(GLOB pages ${root}/usr/share/man/man*/*)
    execute_process(COMMAND gzip -9n ${doc}/changelog ${pages} COMMAND_ERROR_IS_FATAL ANY)
    file(GLOB_RECURSE plain ${doc}/*.gz ${doc}/copyright ${root}/usr/share/man/*.gz)
    file(CHMOD ${plain} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endforeach()
