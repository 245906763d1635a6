# assay_room(NAME SOURCES ... [ADX ...] [SHANI ...] [DEPS ...])
#
# One static library assay_<NAME> for the folder it is called in. DEPS are the only rooms it may include from and link to.
# Files under ADX are compiled with -mbmi2 -madx into the inline namespace assay::adx (see cpp/base/isa.h), those under SHANI with
# -msha -msse4.1; every other file is built for the baseline of the architecture.
function(assay_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ADX;SHANI;DEPS" ${ARGN})
  set(sources ${ROOM_SOURCES})
  if(ASSAY_X86)
    list(APPEND sources ${ROOM_ADX} ${ROOM_SHANI})
    if(ROOM_ADX)
      set_source_files_properties(${ROOM_ADX} PROPERTIES COMPILE_OPTIONS "-mbmi2;-madx" COMPILE_DEFINITIONS
                                                                                        "ASSAY_ISA=adx;ASSAY_ISA_ADX=1")
    endif()
    if(ROOM_SHANI)
      set_source_files_properties(${ROOM_SHANI} PROPERTIES COMPILE_OPTIONS "-msha;-msse4.1")
    endif()
  endif()
  list(TRANSFORM ROOM_DEPS PREPEND "assay_")
  if(sources)
    add_library(assay_${name} STATIC ${sources})
    target_include_directories(assay_${name} PUBLIC ${PROJECT_SOURCE_DIR}/cpp)
    target_link_libraries(assay_${name} PUBLIC ${ROOM_DEPS})
  else()
    add_library(assay_${name} INTERFACE)
    target_include_directories(assay_${name} INTERFACE ${PROJECT_SOURCE_DIR}/cpp)
    target_link_libraries(assay_${name} INTERFACE ${ROOM_DEPS})
  endif()
endfunction()
