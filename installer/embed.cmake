# Puts manifests/ into the program: the files of that folder are read here and nowhere else, and none is needed at run time.
set(embedded_include ${PROJECT_BINARY_DIR}/generated)

foreach(file browsers.json extensions.json chromium.json.in gecko.json.in)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/manifests/${file})
endforeach()
file(READ manifests/browsers.json browsers_json)
file(READ manifests/extensions.json extensions_json)
file(READ manifests/chromium.json.in chromium_template)
file(READ manifests/gecko.json.in gecko_template)

# The ids become plain arrays: they are needed at every start by a browser, where nothing should have to be parsed.
function(embed_ids flavour result)
    string(JSON count LENGTH "${extensions_json}" ${flavour})
    math(EXPR last "${count} - 1")
    set(ids "")
    foreach(index RANGE ${last})
        string(JSON id GET "${extensions_json}" ${flavour} ${index})
        string(APPEND ids "\"${id}\", ")
    endforeach()
    set(${result} "${ids}" PARENT_SCOPE)
endfunction()

embed_ids(chromium chromium_ids)
embed_ids(gecko gecko_ids)
string(JSON host_name GET "${extensions_json}" host)
configure_file(installer/embedded.h.in ${embedded_include}/embedded/manifests.h @ONLY)
