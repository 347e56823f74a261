#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include "system/library.h"

namespace auricle {

Library::Library(const char* name)
    : name_(name), handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
    if (!handle_) throw std::runtime_error(std::string("a library is missing: ") + ::dlerror());
}

void* Library::find(const char* symbol) const {
    void* found = ::dlsym(handle_, symbol);
    if (!found) throw std::runtime_error(std::string(name_) + " has no " + symbol);
    return found;
}

}  // namespace auricle
