# SPDX-License-Identifier: Apache-2.0
# Functions that turn schema files into C in the build tree: DIR/proto/<stem>.gen.h and .gen.c.
#
# The folders' listing is the list of schemas; a new file is picked up by itself. Paths are given to the generator from the
# root of the checkout, so that a mistake is reported as proto/person.toml:12.

set(PERSONKORT_PYTHON /usr/bin/python3) # 3.11 has tomllib; another one on PATH may lack Debian's modules
set(PERSONKORT_GENERATE ${PERSONKORT_PYTHON} proto/generate)
set(PERSONKORT_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)
file(GLOB PERSONKORT_GENERATOR_SOURCES CONFIGURE_DEPENDS proto/generate proto/generator/*.py)
file(GLOB PERSONKORT_SCHEMAS RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS proto/*.toml services/*/rows.toml)

# Everything that is written by the generator; what reads sources without compiling them (tests/lint) needs it first.
add_custom_target(generated)

# Stem of a schema file, as the generator has it: services/person/rows.toml is person_rows.
function(schema_stem file out_stem)
    get_filename_component(stem ${file} NAME_WE)
    if(stem STREQUAL "rows")
        get_filename_component(folder ${file} DIRECTORY)
        get_filename_component(folder ${folder} NAME)
        set(stem ${folder}_rows)
    endif()
    set(${out_stem} ${stem} PARENT_SCOPE)
endfunction()

# Adds a library of the structs and tables of schema files, written under `dir`.
function(add_messages name dir)
    set(sources)
    set(headers)
    foreach(file IN LISTS ARGN)
        schema_stem(${file} stem)
        list(APPEND sources ${dir}/proto/${stem}.gen.c)
        list(APPEND headers ${dir}/proto/${stem}.gen.h)
    endforeach()
    list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE paths)
    add_custom_command(
        OUTPUT ${sources} ${headers}
        COMMAND ${PERSONKORT_GENERATE} c --out ${dir} ${ARGN}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
        DEPENDS ${paths} ${PERSONKORT_GENERATOR_SOURCES}
        COMMENT "Generating ${name}"
        VERBATIM
    )
    add_custom_target(${name}_files DEPENDS ${sources} ${headers})
    add_dependencies(generated ${name}_files)
    add_library(${name} STATIC ${sources})
    add_dependencies(${name} ${name}_files)
    target_include_directories(${name} PUBLIC ${dir})
    target_link_libraries(${name} PUBLIC personkort_flags)
endfunction()

# Adds the dispatch tables of a service to the sources of a target; their handlers must be in it, or it does not link.
function(target_dispatch target service)
    set(stem ${PERSONKORT_GENERATED_DIR}/proto/${service}_dispatch.gen)
    list(TRANSFORM PERSONKORT_SCHEMAS PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE paths)
    add_custom_command(
        OUTPUT ${stem}.c ${stem}.h
        COMMAND ${PERSONKORT_GENERATE} dispatch --service ${service} --out ${PERSONKORT_GENERATED_DIR}
                ${PERSONKORT_SCHEMAS}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
        DEPENDS ${paths} ${PERSONKORT_GENERATOR_SOURCES}
        COMMENT "Generating the dispatch of ${service}"
        VERBATIM
    )
    add_custom_target(${service}_dispatch_files DEPENDS ${stem}.c ${stem}.h)
    add_dependencies(generated ${service}_dispatch_files)
    add_dependencies(${target} ${service}_dispatch_files)
    target_sources(${target} PRIVATE ${stem}.c)
endfunction()
